"""Issuing many cards in several processes: one interpreter computes on one processor only.

Each process opens the installation for itself and makes a share of the cards, chunk by chunk; the
database keeps them apart, as it does with any other two processes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Self, TypeAlias, cast

from cryptography.hazmat.primitives.serialization import load_der_public_key

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey, spki_der
from issuance.bulk import CHUNK, BulkReport, CardToMake, issue_many
from web.bootstrap import Installation, open_installation
from web.settings import Settings

_Sent: TypeAlias = tuple[str, CardGuid, dict[KeySlot, bytes]]
"""A card as it goes to another process: keys as SubjectPublicKeyInfo."""
_here: list[tuple[Installation, Barrier]] = []
_START_SECONDS = 120


class BulkProcesses:
    """Processes that stand ready to issue; close them, or use them in a ``with``.

    Args:
        settings: of the installation; it exists.
        count: how many work at once.
    """

    def __init__(self, settings: Settings, count: int) -> None:
        self._count = count
        spawned = get_context("spawn")
        self._pool = ProcessPoolExecutor(
            count, spawned, initializer=_open, initargs=(settings, spawned.Barrier(count))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let them finish what they have begun, and end them."""
        self._pool.shutdown(cancel_futures=True)

    def wait_until_ready(self) -> None:
        """Return when every process has opened the installation.

        Raises:
            BrokenProcessPool: one could not open it.
        """
        for one in [self._pool.submit(_meet) for _ in range(self._count)]:
            one.result()

    def issue(self, cards: Sequence[CardToMake], *, operator: str) -> Iterator[BulkReport]:
        """Make many cards; yield a report of each chunk as it is done.

        Args:
            cards: what to make; each application and each GUID once.
            operator: who answers for it.

        Raises:
            CardsvcError: as ``issue_many``; chunks that are done stand.
            BrokenProcessPool: a process ended, or could not open the installation.
        """
        sent: list[_Sent] = [
            (one.application_id, one.guid, {slot: spki_der(key) for slot, key in one.keys.items()})
            for one in cards
        ]
        # small lists are shared, too; large ones go by the chunk
        size = min(CHUNK, -(-len(sent) // self._count)) or 1
        shares = [sent[start : start + size] for start in range(0, len(sent), size)]
        submitted = [self._pool.submit(_issue, share, operator) for share in shares]
        for done in as_completed(submitted):
            yield done.result()


def _open(settings: Settings, all_ready: Barrier) -> None:
    _here.append((open_installation(settings), all_ready))
    # what stands open for good need not be searched for garbage with every chunk's records
    gc.collect()
    gc.freeze()


def _meet() -> None:
    """Wait for the other processes: each takes one of these and no more."""
    ((_, all_ready),) = _here
    all_ready.wait(_START_SECONDS)


def _issue(share: Sequence[_Sent], operator: str) -> BulkReport:
    ((installation, _),) = _here
    cards = [
        CardToMake(application_id, guid, {slot: _key(der) for slot, der in keys.items()})
        for application_id, guid, keys in share
    ]
    *_, report = issue_many(installation.bulk, cards, operator=operator, now=installation.clock.now)
    return report


def _key(der: bytes) -> CardPublicKey:
    return cast("CardPublicKey", load_der_public_key(der))  # it was one when it was sent

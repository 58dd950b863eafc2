"""Issuing many cards in several processes: one interpreter computes on one processor only.

Each process opens the installation for itself and makes a share of the cards, chunk by chunk; the
database keeps them apart, as it does with any other two processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeAlias, cast

from cryptography.hazmat.primitives.serialization import load_der_public_key

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey, spki_der
from issuance.bulk import CHUNK, BulkReport, CardToMake, issue_many
from web.bootstrap import Installation, open_installation
from web.settings import Settings

_Sent: TypeAlias = tuple[str, CardGuid, dict[KeySlot, bytes]]
"""A card as it goes to another process: keys as SubjectPublicKeyInfo."""
_here: list[Installation] = []


def issue_in_processes(
    settings: Settings, cards: Sequence[CardToMake], *, operator: str, processes: int
) -> Iterator[BulkReport]:
    """Make many cards; yield a report of each chunk as it is done.

    Args:
        settings: of the installation; it exists.
        cards: what to make; each application and each GUID once.
        operator: who answers for it.
        processes: how many work at once.

    Raises:
        CardsvcError: as ``issue_many``; chunks that are done stand.
    """
    sent: list[_Sent] = [
        (card.application_id, card.guid, {slot: spki_der(key) for slot, key in card.keys.items()})
        for card in cards
    ]
    shares = [sent[start : start + CHUNK] for start in range(0, len(sent), CHUNK)]
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_open, initargs=(settings,)
    ) as pool:
        for done in as_completed([pool.submit(_issue, share, operator) for share in shares]):
            yield done.result()


def _open(settings: Settings) -> None:
    _here.append(open_installation(settings))


def _issue(share: Sequence[_Sent], operator: str) -> BulkReport:
    (installation,) = _here
    cards = [
        CardToMake(application_id, guid, {slot: _key(der) for slot, der in keys.items()})
        for application_id, guid, keys in share
    ]
    *_, report = issue_many(installation.bulk, cards, operator=operator, now=installation.clock.now)
    return report


def _key(der: bytes) -> CardPublicKey:
    return cast("CardPublicKey", load_der_public_key(der))  # it was one when it was sent

"""Deciding offline among 100,000 cards: what a bundle costs the service, the line and the agent."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import Table, insert, select

from bench.measure import Measurement, median, p95
from bench.parts import issue_cards
from bench.stage import RELYING_PARTY, SERVICE, IssuedCard, Stage
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.clock import SystemClock
from cardsvc.lifecycle import CardState
from cardsvc.store.schema import CardKeyRow, CardRow
from cardsvc.terms import AssuranceLevel
from issuance import lifecycle
from reader_agent.client import ServiceClient
from reader_agent.offline.config import OfflineConfig
from reader_agent.offline.judge import OfflineJudge
from reader_agent.offline.keeper import BundleKeeper
from reader_agent.offline.shelf import Shelf
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.tap import tap_card
from reader_agent.virtual.connection import connect_in_process
from web.app import create_app
from web.loopback import on_loopback

CROWD = 100_000
TAPS = 300
_ROWS = 5_000


@dataclass
class CountedService:
    """A client that counts what comes over the line."""

    client: ServiceClient
    octets: int = 0
    asked: int = 0

    def bundle_manifest(self, relying_party: str) -> str:
        token = self.client.bundle_manifest(relying_party)
        self._count(len(token))
        return token

    def bundle_part(self, sha256: bytes) -> bytes:
        octets = self.client.bundle_part(sha256)
        self._count(len(octets))
        return octets

    def bundle_keys(self) -> dict[str, object]:
        return self.client.bundle_keys()

    def take(self) -> tuple[int, int]:
        """Return octets and requests since the last time."""
        found = self.octets, self.asked
        self.octets = self.asked = 0
        return found

    def _count(self, octets: int) -> None:
        self.octets += octets
        self.asked += 1


def crowd(stage: Stage, like: CardGuid, count: int) -> None:
    """Put many cards beside the ones that were issued: rows without certificates."""
    database = stage.installation.database
    cards, keys = cast("Table", CardRow.__table__), cast("Table", CardKeyRow.__table__)
    with database.writing() as session:
        one = session.execute(select(cards).where(cards.c.guid == like)).mappings().one()
        at: datetime = one["expires_at"]
        for first in range(0, count, _ROWS):
            guids = [CardGuid(os.urandom(16)) for _ in range(min(_ROWS, count - first))]
            session.execute(
                insert(cards),
                [
                    {**one, "guid": guid, "ordinal": 1000 + first + n, "state": CardState.ACTIVE}
                    for n, guid in enumerate(guids)
                ],
            )
            session.execute(insert(keys), [row for guid in guids for row in _keys(guid, at)])


def _keys(guid: CardGuid, at: datetime) -> Iterator[dict[str, object]]:
    for ordinal, slot in enumerate((KeySlot.AUTHENTICATION, KeySlot.CARD_AUTHENTICATION)):
        yield {
            "guid": guid, "slot": int(slot), "ordinal": ordinal, "algorithm": Algorithm.ECC_P256,
            "spki_sha256": hashlib.sha256(guid.octets + bytes((slot,))).digest(),
            "issuer_key_id": bytes(20), "serial": int.from_bytes(os.urandom(15), "big"),
            "certificate_der": b"", "not_after": at,
        }  # fmt: skip


@contextmanager
def _agent(service: CountedService) -> Iterator[tuple[BundleKeeper, OfflineJudge]]:
    with tempfile.TemporaryDirectory(prefix="cardsvc-agent-") as name:
        folder, clock, config = Path(name), SystemClock(), OfflineConfig()
        outbox = Outbox(folder, OutboxConfig(), clock)
        keeper = BundleKeeper(
            RELYING_PARTY, service=service, shelf=Shelf(folder / "bundle"), config=config,
            machine=clock, monotonic=time.monotonic,
        )  # fmt: skip
        judge = OfflineJudge(
            keeper, config, outbox, random_octets=os.urandom, new_id=lambda: str(uuid.uuid4())
        )
        try:
            yield keeper, judge
        finally:
            outbox.close()


def _tap(judge: OfflineJudge, issued: IssuedCard) -> None:
    challenge = judge.open_challenge(RELYING_PARTY, SERVICE, AssuranceLevel.X1)
    connection = connect_in_process(issued.card)
    tapped = tap_card(
        connection, message=challenge.message, nonce=challenge.nonce, agent="",
        level=AssuranceLevel.X1,
    )  # fmt: skip
    connection.close()
    if not judge.present(tapped.presentation).granted:
        msg = "refused offline"
        raise RuntimeError(msg)


def _timed(once: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    once()
    return (time.perf_counter_ns() - start) / 1e6


def measure_offline(stage: Stage, cards: int = CROWD, taps: int = TAPS) -> list[Measurement]:
    """Measure bundles and offline decisions among many cards."""
    (issued, other), _ = issue_cards(stage, range(90_000, 90_002))
    crowd(stage, issued.guid, cards)
    installation = stage.installation
    with on_loopback(create_app(installation.services)) as url:
        service = CountedService(ServiceClient(url, stage.agent_token))
        with _agent(service) as (keeper, judge):
            first_ms = _timed(keeper.refresh)
            first_octets, first_asked = service.take()
            at = installation.clock.now()
            lifecycle.suspend(installation.store, other.guid, operator="lan", at=at)
            change_ms = _timed(keeper.refresh)
            change_octets, change_asked = service.take()
            same_ms = _timed(keeper.refresh)
            times = [_timed(lambda: _tap(judge, issued)) for _ in range(taps)]
    among = f"{cards:,} cards"
    return [
        Measurement(
            f"bundle of {among}, first fetch", first_ms, "ms", None,
            f"made, {first_asked} requests, {first_octets / 1e6:.1f} MB, written",
        ),
        Measurement(
            "bundle, one card changed", change_ms, "ms", None,
            f"{change_asked} requests, {change_octets / 1000:.1f} kB",
        ),
        Measurement("bundle, nothing changed", same_ms, "ms"),
        Measurement("tap offline in process, p50", median(times), "ms", None, among),
        Measurement("tap offline in process, p95", p95(times), "ms", 30.0, "bare: the aim"),
    ]  # fmt: skip

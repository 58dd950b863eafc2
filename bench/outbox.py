"""Three days without network, simulated: every event reaches the service once and in order.

An agent with eight doors decides through 72 simulated hours; it is cut off all the time, and its
program dies again and again. Then the network comes back, badly: answers are lost on the way.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bench.measure import Measurement
from cardsvc.clock import SettableClock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.event_chain import ChainHead
from cardsvc.offline_records import DECIDED_OFFLINE, OfflineDecision
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.engine import Database
from cardsvc.store.migrate import migrate
from cardsvc.wire.event_batch import EventBatchMessage
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.sender import OutboxSender
from verification.reconcile import Finding
from web.wiring.offline_report import offline_decisions

AGENT = "cua-1"
HOURS = 72
DOORS = 8
LIVES = 24
LOST_ANSWER_IN = 5


@dataclass
class FlakyService:
    """The service's event store, with a network that loses one answer in five."""

    store: SqlAgentEvents
    clock: SettableClock
    chance: random.Random
    lost: int = 0

    def send_events(self, batch: EventBatchMessage) -> ChainHead:
        parsed = EventBatchMessage.parse(batch.encode())
        head = self.store.take(AGENT, parsed.chain, parsed.received(), self.clock.now())
        if self.chance.randrange(LOST_ANSWER_IN) == 0:
            self.lost += 1
            raise CardsvcError(ReasonCode.NETWORK_FAILED)
        return head

    def chain_head(self, chain: bytes) -> ChainHead:
        return self.store.head(AGENT, chain)


@dataclass(frozen=True)
class Outcome:
    """What became of the events.

    Args:
        appended: events that the outbox said were durable.
        arrived: events at the service.
        in_order: whether they are one whole chain.
        twice: events that arrived more than once.
        missing: events that did not arrive.
        lost_answers: answers that the network lost.
        findings: of the reconciliation, by kind.
        append_seconds: for all appends.
        send_seconds: for all sending.
    """

    appended: int
    arrived: int
    in_order: bool
    twice: int
    missing: int
    lost_answers: int
    findings: dict[Finding, int]
    append_seconds: float
    send_seconds: float


@contextmanager
def _database() -> Iterator[tuple[Path, Database]]:
    with tempfile.TemporaryDirectory(prefix="cardsvc-outbox-") as name:
        folder = Path(name)
        database = Database.open(f"sqlite:///{folder / 'service.db'}")
        migrate(database.engine)
        try:
            yield folder, database
        finally:
            database.dispose()


def simulate(events: int, start: datetime) -> Outcome:
    """Live through three days offline, then send everything."""
    chance = random.Random(72)
    with _database() as (folder, database):
        SqlAccessStore(database).enrol_agent(AGENT, "Cửa", operator="admin", at=start)
        clock = SettableClock(start)
        began = time.perf_counter()
        names = _live(folder, clock, events, chance)
        append_seconds = time.perf_counter() - began
        service = FlakyService(SqlAgentEvents(database), clock, chance)
        began = time.perf_counter()
        _send(folder, clock, service)
        send_seconds = time.perf_counter() - began
        arrived = [one.event for one in service.store.events(agent=AGENT)]
        told = [str(one.facts["decision"]) for one in arrived]
        findings = dict.fromkeys(Finding, 0)
        for one in offline_decisions(database, start, clock.now() + timedelta(days=1)):
            findings[one.finding] += 1
        return Outcome(
            appended=len(names),
            arrived=len(arrived),
            in_order=[one.seq for one in arrived] == list(range(1, len(arrived) + 1)),
            twice=len(told) - len(set(told)),
            missing=len(names - set(told)),
            lost_answers=service.lost,
            findings={finding: count for finding, count in findings.items() if count},
            append_seconds=append_seconds,
            send_seconds=send_seconds,
        )


def _live(folder: Path, clock: SettableClock, events: int, chance: random.Random) -> set[str]:
    """Append events through several lives of the program; return what was said to be durable."""
    names: set[str] = set()
    step = timedelta(hours=HOURS) / max(1, events // DOORS)
    for life in range(LIVES):
        # a program that dies closes nothing: the next life finds the file as it is
        outbox = Outbox(folder, OutboxConfig(), clock)
        share = events // LIVES + (events % LIVES if life == 0 else 0)
        with ThreadPoolExecutor(DOORS) as doors:
            for first in range(0, share, DOORS):
                ids = [f"{life}-{first + n}" for n in range(min(DOORS, share - first))]
                at = clock.now()
                for name, place in doors.map(partial(_decide, outbox, at), ids):
                    if place:
                        names.add(name)
                clock.advance(step * chance.uniform(0.5, 1.5))
    return names


def _decide(outbox: Outbox, at: datetime, name: str) -> tuple[str, int]:
    decision = OfflineDecision(
        name, at, "ubnd", "cua", granted=False, level="X1", reasons=("status_stale",), guid=None,
        policy_version=1, rule="all", bundle_seq=1, bundle_at=at, time_certain=True,
    )  # fmt: skip
    return name, outbox.append(DECIDED_OFFLINE, decision.facts(), at)


def _send(folder: Path, clock: SettableClock, service: FlakyService) -> None:
    outbox = Outbox(folder, OutboxConfig(), clock)
    sender = OutboxSender(outbox, service, clock, OutboxConfig())
    while sender.step() is not None:
        pass


def measure_outbox(start: datetime, events: int = 100_000) -> tuple[Outcome, list[Measurement]]:
    """Return what became of the events, and the rows of the table."""
    found = simulate(events, start)
    per_append = found.append_seconds * 1e6 / max(1, found.appended)
    return found, [
        Measurement("outbox: events appended", found.appended, "", None, f"{HOURS} hours"),
        Measurement("outbox: events at the service", found.arrived, "", None, "one whole chain"),
        Measurement("outbox: missing", found.missing, ""),
        Measurement("outbox: twice", found.twice, ""),
        Measurement(
            "outbox: append", per_append, "us", None,
            f"{DOORS} doors at once, {LIVES} lives, synchronous=FULL",
        ),
        Measurement(
            "outbox: sending", found.arrived / found.send_seconds, "1/s", None,
            f"{found.lost_answers} answers lost on the way",
        ),
    ]  # fmt: skip

"""Whole decisions, audit durable, beside their bare signature operations, all in one run.

Bare: the card's signature and its certificate's verified, the receipt signed, in one thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import TypeVar

from bench.core import Question, bare_operations
from bench.measure import Measurement, best_of, median
from bench.stage import IssuedCard, Stage, answer
from cardsvc.terms import AssuranceLevel
from issuance import lifecycle
from reader_agent.client import ServiceClient
from verification.decide import Asked
from verification.verdict import Granted
from web.decision_id import decision_id

Work = TypeVar("Work")
CALLERS = 32
BATCH = 100


@dataclass(frozen=True)
class Counter:
    """Questions of one stage, answered by its cards, none of them decided yet."""

    stage: Stage
    cards: Sequence[IssuedCard]

    def questions(self, count: int) -> list[Question]:
        """Return challenges as they go out, each with a card's answer."""
        found = []
        for number in range(count):
            challenge = self.stage.question()
            card = self.cards[number % len(self.cards)].card
            tap = answer(card, challenge, AssuranceLevel.X1)
            found.append(Question(challenge, tap.presentation))
        return found

    def asked(self, count: int) -> list[Asked]:
        """Return presentations to be decided now."""
        at = self.stage.installation.clock.now()
        return [
            Asked(one.presentation, decision_id(at, os.urandom), at)
            for one in self.questions(count)
        ]

    def bare_us(self, rounds: int) -> float:
        """Return what the bare operations of one decision take, in microseconds."""
        return best_of(rounds, bare_operations(self.stage, self.questions(len(self.cards))))[0]


def measure_decisions(
    stage: Stage, cards: Sequence[IssuedCard], *, each: int = 40, rounds: int = 5
) -> list[Measurement]:
    """Measure decisions of one caller, of 32 callers at once, and of a batch of 100."""
    counter, desk = Counter(stage, cards), stage.installation.services.counter
    (first,) = desk.decide_batch(counter.asked(1))
    assert isinstance(first.decision, Granted), first.decision
    alone, together, batch = [], [], []
    bare = counter.bare_us(20)
    for _ in range(rounds):
        asked = counter.asked(each)
        alone.append(_at_once([asked], desk.decide) / each)
        shares = [counter.asked(each) for _ in range(CALLERS)]
        together.append(_at_once(shares, desk.decide) / (CALLERS * each))
        asked = counter.asked(BATCH)
        batch.append(_at_once([[asked]], desk.decide_batch) / BATCH)
        bare = min(bare, counter.bare_us(5))
    detail = "policy, card and status read, audit and receipt committed; SQLite; per decision"
    return [
        Measurement("decision in process, one caller", min(alone) * 1e6, "us", bare, detail),
        Measurement(
            f"decision in process, {CALLERS} callers", min(together) * 1e6, "us", bare, detail
        ),
        Measurement(f"decision in a batch of {BATCH}", min(batch) * 1e6, "us", bare, detail),
    ]


def _at_once(shares: Sequence[Sequence[Work]], call: Callable[[Work], object]) -> float:
    """Return how long it takes until every thread has called for each of its share."""
    ready = Barrier(len(shares) + 1)

    def run(share: Sequence[Work]) -> None:
        ready.wait()
        for one in share:
            call(one)

    threads = [Thread(target=run, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def measure_revocation(
    stage: Stage, issued: IssuedCard, urls: Sequence[str], *, rounds: int = 50
) -> Measurement:
    """Measure from the order to lock a card, in this process, to the refusal in another one."""
    installation = stage.installation
    clients = [ServiceClient(url, stage.agent_token) for url in urls]
    times = []
    for number in range(rounds):
        given = answer(issued.card, stage.question(), AssuranceLevel.X1).presentation
        later = [
            answer(issued.card, stage.question(), AssuranceLevel.X1).presentation for _ in range(20)
        ]
        client = clients[number % len(clients)]
        assert client.present(given).granted
        start = time.perf_counter_ns()
        lifecycle.suspend(
            installation.store, issued.guid, operator="lan", at=installation.clock.now()
        )
        refused = next(one for one in later if not client.present(one).granted)
        assert refused is later[0], "a tap after the lock was granted"
        times.append((time.perf_counter_ns() - start) / 1e6)
        lifecycle.resume(
            installation.store, issued.guid, operator="lan", at=installation.clock.now()
        )
    for client in clients:
        client.close()
    p99 = sorted(times)[-(-len(times) * 99 // 100) - 1]
    detail = f"p50 {median(times):.1f} ms; {rounds} locks, each refused at the next tap"
    return Measurement("lock to refusal in another process, p99", p99, "ms", 2000.0, detail)

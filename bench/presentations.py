"""Presentations over HTTP by many callers at once: how long each takes, what the service computes.

The second is less at the mercy of whatever else the machine does, and leaves the callers out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from bench.callers import Errand, run_errand
from bench.decisions import CALLERS, Counter
from bench.measure import Measurement, processor_seconds_of
from bench.stage import IssuedCard, Stage
from cardsvc.wire.tap import PresentationMessage


def measure_presentations(
    stage: Stage,
    cards: Sequence[IssuedCard],
    url: str,
    server: str,
    *,
    count: int = 1600,
    callers: int = CALLERS,
    rounds: int = 3,
) -> list[Measurement]:
    """Measure requests that bring an answer, sent by many callers at once; the best round.

    Args:
        stage: the service.
        cards: give the answers in turn.
        url: the service's, from processes that this one has started, or from this one.
        server: what serves it, by name.
        count: requests of a round.
        callers: at once.
        rounds: how many.
    """
    counter = Counter(stage, cards)
    address, token = f"{url}/agent/v1/presentations", stage.agent_token
    run_errand(Errand(address, token, _bodies(counter, callers), callers))
    taken, computed = [], []
    for _ in range(rounds):
        errand = Errand(address, token, _bodies(counter, count), callers)
        before = _processor_seconds()
        taken.append(run_errand(errand) / count)
        computed.append((_processor_seconds() - before) / count)
    bare = counter.bare_us(20)
    detail = f"{callers} callers in a process of their own, one worker, audit durable"
    name = f"presentation over HTTP, {server}"
    return [
        Measurement(f"{name}, per request", min(taken) * 1e6, "us", bare, detail),
        Measurement(
            f"{name}, processor time a request", min(computed) * 1e6, "us", bare,
            f"{detail}; of the serving process, its kernel time in it",
        ),
    ]  # fmt: skip


def _bodies(counter: Counter, count: int) -> list[bytes]:
    return [
        PresentationMessage(
            one.presentation.nonce, one.presentation.objects, one.presentation.proofs
        ).encode()
        for one in counter.questions(count)
    ]


def _processor_seconds() -> float:
    """Return what this process and those that it started have computed, ended ones left out."""
    return time.process_time() + sum(processor_seconds_of(pid) for pid in _started_by(os.getpid()))


def _started_by(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread may end meanwhile
            for child in (task / "children").read_text("ascii").split():
                yield int(child)
                yield from _started_by(int(child))

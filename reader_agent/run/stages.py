"""How long taps take, split by stage; what the heartbeat tells of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from reader_agent.service_http import Exchange

TAPS_LOOKED_AT = 200
_TAP_PATHS = frozenset({"/agent/v1/challenges", "/agent/v1/presentations"})


@unique
class Stage(StrEnum):
    """A part of a tap's time."""

    CARD = "card"
    NETWORK = "network"
    SERVER = "server"
    TAP = "tap"
    """The whole of it, without the time in which the holder types the PIN."""


@dataclass(frozen=True, slots=True)
class StageSummary:
    """The latest times of a stage.

    Args:
        stage: which.
        count: how many were looked at.
        p50_seconds: half of them took no longer.
        p95_seconds: 95 % of them took no longer.
    """

    stage: Stage
    count: int
    p50_seconds: float
    p95_seconds: float


class StageTimes:
    """Remembers the latest times of each stage. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[Stage, deque[float]] = {
            stage: deque(maxlen=TAPS_LOOKED_AT) for stage in Stage
        }

    def note(self, stage: Stage, seconds: float) -> None:
        """Take one time."""
        with self._lock:
            self._seconds[stage].append(seconds)

    def note_exchange(self, exchange: Exchange) -> None:
        """Take how long the service took, where it was about a tap."""
        if exchange.path not in _TAP_PATHS:
            return
        server = min(exchange.server_seconds or 0.0, exchange.seconds)
        self.note(Stage.NETWORK, exchange.seconds - server)
        if exchange.server_seconds is not None:
            self.note(Stage.SERVER, server)

    def summaries(self) -> tuple[StageSummary, ...]:
        """Return the stages of which there are times."""
        with self._lock:
            known = {stage: sorted(times) for stage, times in self._seconds.items() if times}
        return tuple(
            StageSummary(stage, len(times), _at(times, 0.50), _at(times, 0.95))
            for stage, times in known.items()
        )


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

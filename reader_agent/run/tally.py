"""Counts how taps ended, for the heartbeat."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from cardsvc.errors import ReasonCode
from reader_agent.run.happenings import TapDecided, TapFailed


@dataclass(frozen=True, slots=True)
class TallySheet:
    """How taps have ended since the agent was started.

    Args:
        granted: how many were.
        denied: how many were.
        offline: how many of both were decided here.
        failures: how often there was no decision, by reason.
        last_success_at: the last decision.
    """

    granted: int
    denied: int
    offline: int
    failures: tuple[tuple[ReasonCode, int], ...]
    last_success_at: datetime | None


class Tally:
    """Counts. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decided: Counter[bool] = Counter()
        self._offline = 0
        self._failures: Counter[ReasonCode] = Counter()
        self._last_success_at: datetime | None = None

    def count(self, ended: TapDecided | TapFailed) -> None:
        """Count one end of a tap."""
        with self._lock:
            match ended:
                case TapDecided():
                    self._decided[ended.decision.granted] += 1
                    self._offline += ended.offline
                    self._last_success_at = ended.at
                case TapFailed():
                    self._failures[ended.reason] += 1

    def sheet(self) -> TallySheet:
        """Return the counts, the most frequent failures first."""
        with self._lock:
            return TallySheet(
                self._decided[True],
                self._decided[False],
                self._offline,
                tuple(self._failures.most_common()),
                self._last_success_at,
            )

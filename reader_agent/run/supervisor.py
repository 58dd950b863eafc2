"""Keeps the parts of an agent running: each in a thread, restarted with growing pauses."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cardsvc.errors import CardsvcError
from reader_agent.run.part import Part, PartHealth, PartState

PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before the first, second, … restart of a part in a row."""
STEADY_SECONDS = 60.0
"""A part that ran this long has recovered: its next failure counts as the first."""
STOP_SECONDS = 1.8
"""How long all parts together may take to end; who is later is left behind."""

_FRAMES = 4
_LOG = logging.getLogger(__name__)


class Supervisor:
    """Runs parts until it is told to stop.

    Args:
        parts: what to run; their names differ.
        pauses_seconds: before the first, second, … restart of a part in a row.

    Raises:
        ValueError: two parts have one name.
    """

    def __init__(
        self, parts: Sequence[Part], pauses_seconds: Sequence[float] = PAUSES_SECONDS
    ) -> None:
        if len({part.name for part in parts}) != len(parts):
            msg = "two parts of one name"
            raise ValueError(msg)
        self._parts = tuple(parts)
        self._pauses = tuple(pauses_seconds)
        self._lock = threading.Lock()
        self._health = {part.name: PartHealth(part.name, PartState.STOPPED) for part in self._parts}

    def health(self) -> tuple[PartHealth, ...]:
        """Return how each part stands, in the order they were given."""
        with self._lock:
            return tuple(self._health.values())

    def run(
        self,
        stop: threading.Event,
        *,
        tick: Callable[[], None] = lambda: None,
        tick_seconds: float = 1.0,
    ) -> bool:
        """Run all parts until ``stop`` is set.

        Args:
            stop: ends it.
            tick: called every now and then while all threads live (a watchdog's sign of life).
            tick_seconds: how often.

        Returns:
            True where every part has ended in time.
        """
        threads = [
            threading.Thread(target=self._keep, args=(part, stop), name=part.name, daemon=True)
            for part in self._parts
        ]
        for thread in threads:
            thread.start()
        while not stop.wait(tick_seconds):
            if all(thread.is_alive() for thread in threads):
                tick()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in threads if thread.is_alive()]
        if late:
            _LOG.warning("left behind: %s", ", ".join(late))
        return not late

    def _keep(self, part: Part, stop: threading.Event) -> None:
        in_a_row = 0
        while not stop.is_set():
            started = time.monotonic()
            self._note(part, PartState.RUNNING)
            try:
                part.run(stop)
                why = "ended"
            except CardsvcError as error:
                why = error.reason.value
            except Exception as error:  # noqa: BLE001 - any fault of a part is that part's alone
                why = type(error).__name__
                _LOG.error("%s: %s at %s", part.name, why, _place(error))
            if stop.is_set():
                break
            in_a_row = 1 if time.monotonic() - started > STEADY_SECONDS else in_a_row + 1
            pause = self._pauses[min(in_a_row, len(self._pauses)) - 1]
            _LOG.warning("%s: %s; again in %g s", part.name, why, pause)
            self._note(part, PartState.WAITING, why)
            stop.wait(pause)
        self._note(part, PartState.STOPPED)

    def _note(self, part: Part, state: PartState, failure: str | None = None) -> None:
        with self._lock:
            health = replace(self._health[part.name], state=state)
            if failure is not None:
                health = replace(health, failures=health.failures + 1, last_failure=failure)
            self._health[part.name] = health


def _place(error: Exception) -> str:
    """Return where an error came from; its text may hold what belongs in no log."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))

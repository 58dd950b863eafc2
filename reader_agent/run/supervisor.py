"""Keeps the parts of an agent running: each in a thread, restarted with growing pauses."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """A part with the thread that runs it.

    Args:
        part: the part.
        stop: ends this part.
        thread: None until the supervisor runs.
    """

    part: Part
    stop: threading.Event
    thread: threading.Thread | None = None


class Supervisor:
    """Runs parts until it is told to stop; parts may come and go meanwhile.

    Args:
        parts: what to run; their names differ.
        pauses_seconds: before the first, second, … restart of a part in a row.

    Raises:
        ValueError: two parts have one name.
    """

    def __init__(
        self, parts: Sequence[Part], pauses_seconds: Sequence[float] = PAUSES_SECONDS
    ) -> None:
        self._pauses = tuple(pauses_seconds)
        self._lock = threading.Lock()
        self._runs = False
        self._kept: dict[str, _Kept] = {}
        self._health: dict[str, PartHealth] = {}
        self.add(parts)

    def add(self, parts: Sequence[Part]) -> None:
        """Take parts in; where the others run, these begin to.

        Raises:
            ValueError: two parts have one name; none is taken in.
        """
        with self._lock:
            names = {part.name for part in parts}
            if len(names) != len(parts) or names & self._kept.keys():
                msg = "two parts of one name"
                raise ValueError(msg)
            for part in parts:
                self._kept[part.name] = _Kept(part, threading.Event())
                self._health[part.name] = PartHealth(part.name, PartState.STOPPED)
                if self._runs:
                    self._start(part.name)

    def remove(self, names: Collection[str]) -> bool:
        """End some parts and forget them; return whether all of them have ended in time."""
        with self._lock:
            leaving = [self._kept.pop(name) for name in names]
            for name in names:
                del self._health[name]
        return _ended(leaving)

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
        with self._lock:
            self._runs = True
            for name in self._kept:
                self._start(name)
        while not stop.wait(tick_seconds):
            with self._lock:
                threads = [one.thread for one in self._kept.values()]
            if all(thread is not None and thread.is_alive() for thread in threads):
                tick()
        with self._lock:
            self._runs = False
            kept = tuple(self._kept.values())
        return _ended(kept)

    def _start(self, name: str) -> None:
        """Start a part's thread; the caller holds the lock."""
        part, stop = self._kept[name].part, self._kept[name].stop
        thread = threading.Thread(target=self._keep, args=(part, stop), name=name, daemon=True)
        self._kept[name] = _Kept(part, stop, thread)
        thread.start()

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
            kept = self._kept.get(part.name)
            if kept is None or kept.part is not part:
                return  # it was left behind, or another has its place
            health = replace(self._health[part.name], state=state)
            if failure is not None:
                health = replace(health, failures=health.failures + 1, last_failure=failure)
            self._health[part.name] = health


def _ended(kept: Sequence[_Kept]) -> bool:
    """Tell parts to end; return whether all of them did in time."""
    for one in kept:
        one.stop.set()
    deadline = time.monotonic() + STOP_SECONDS
    late = []
    for one in kept:
        if one.thread is not None:
            one.thread.join(max(0.0, deadline - time.monotonic()))
            if one.thread.is_alive():
                late.append(one.part.name)
    if late:
        _LOG.warning("left behind: %s", ", ".join(late))
    return not late


def _place(error: Exception) -> str:
    """Return where an error came from; its text may hold what belongs in no log."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))

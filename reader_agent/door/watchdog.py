"""Rests a bolt whose loop hangs: a relay that nobody minds any more must not stay unlocked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    """Waits for a sign of life in a thread of its own.

    Args:
        seconds: how long the loop may be silent.
        rest: what to do then; once for each silence.
        monotonic: seconds that no clock change moves.
    """

    def __init__(
        self,
        seconds: float,
        rest: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._rest = rest
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._alive_at = monotonic()
        self._has_rested = False

    def alive(self) -> bool:
        """Give a sign of life; tell whether the bolt was rested since the last one."""
        with self._lock:
            self._alive_at = self._monotonic()
            rested, self._has_rested = self._has_rested, False
            return rested

    def look(self) -> None:
        """Rest the bolt where the loop has been silent for too long."""
        with self._lock:
            if self._has_rested or self._monotonic() - self._alive_at < self._seconds:
                return
            self._has_rested = True
            self._rest()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again while the block runs."""
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(self._seconds / 4):
                self.look()

        thread = threading.Thread(target=look, name="door watchdog", daemon=True)
        self.alive()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

"""Agents that wait for a job: a bounded number of them, for a bounded time.

The server has few threads (``web.server``), and a waiting agent keeps one. Whoever finds all
seats taken is told to ask again soon instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

SEATS = 3
"""Threads that may wait at once; the rest of the server's stay for taps and screens."""
AGAIN_SECONDS = 2
"""After how long an agent without a seat asks again."""
_LOOK_SECONDS = 0.4
"""How often a waiting agent's jobs are looked at; another process may have placed one."""

_Found = TypeVar("_Found")


class JobWaiting:
    """Lets agents wait.

    Args:
        seats: how many at once.
        sleep: how time passes.
    """

    def __init__(self, seats: int = SEATS, sleep: Callable[[float], None] = time.sleep) -> None:
        self._seats = threading.BoundedSemaphore(seats)
        self._sleep = sleep

    def wait(
        self, look: Callable[[], _Found | None], wait_seconds: float
    ) -> tuple[_Found | None, int]:
        """Look until there is something, or the time is over.

        Args:
            look: returns what is waited for, or None.
            wait_seconds: how long at most; 0 looks once.

        Returns:
            What was found, and after how many seconds to ask again where nothing was.
        """
        found = look()
        if found is not None or wait_seconds <= 0:
            return found, AGAIN_SECONDS if found is None else 0
        if not self._seats.acquire(blocking=False):
            return None, AGAIN_SECONDS
        try:
            deadline = time.monotonic() + wait_seconds
            while found is None and time.monotonic() < deadline:
                self._sleep(_LOOK_SECONDS)
                found = look()
        finally:
            self._seats.release()
        return found, 0

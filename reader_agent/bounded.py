"""A thread of its own for calls that may block for ever, so that their caller never does.

A driver, or another program that keeps a card, can hold a PC/SC call without end, and nothing
can cancel it. All calls on one handle are made in one thread; who waits for a call waits for a
bounded time and then walks away. The thread that is left behind undoes its work as soon as the
call returns, and until then nobody starts a second one under the same name.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from typing import TypeVar

from cardsvc.errors import CardError, ReasonCode

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0
"""How long a caller waits for the undoing of what it has finished with."""

_lock = threading.Lock()
_left_behind: dict[str, list[threading.Event]] = {}


def leftover_count() -> int:
    """Return how many threads hang in calls that their callers have given up."""
    with _lock:
        return sum(map(len, _left_behind.values()))


def _wait_for_leftovers(name: str, seconds: float, late: ReasonCode) -> None:
    deadline = time.monotonic() + seconds
    with _lock:
        waiting = list(_left_behind.get(name, ()))
    for ended in waiting:
        if not ended.wait(max(0.0, deadline - time.monotonic())):
            raise CardError(late, f"{name}: an earlier call has not returned")


class BoundedThread:
    """Makes calls one after the other in a daemon thread, each with a bound.

    Args:
        name: what it works on; a thread left behind keeps others of that name from starting.
        seconds: how long to wait for such a one.
        late: the reason to raise where it does not end in that time.

    Raises:
        CardError: a thread of that name is still held by a call.
    """

    def __init__(self, name: str, seconds: float, late: ReasonCode) -> None:
        _wait_for_leftovers(name, seconds, late)
        self._name = name
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self.undo = ExitStack()
        """Calls that give back what was got, run last first, in the thread, at its end."""
        self._thread = threading.Thread(target=self._run, name=f"pcsc {name}", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """True once nobody waits for this thread any more."""
        return self._closed.is_set()

    def call(self, function: Callable[[], _T], seconds: float, late: ReasonCode) -> _T:
        """Return what ``function`` returns, or raise what it raises.

        Args:
            function: runs in the thread, after what was called before.
            seconds: how long to wait for it.
            late: the reason to raise then; the thread is closed with it.

        Raises:
            CardError: the time is over, or the thread is closed already.
        """
        if self.closed:
            raise CardError(ReasonCode.CARD_REMOVED, f"{self._name}: closed")
        outcome: SimpleQueue[Callable[[], _T]] = SimpleQueue()
        self._jobs.put(lambda: outcome.put(_tried(function)))
        try:
            finished = outcome.get(timeout=seconds)
        except Empty:
            self._leave()
            raise CardError(late, f"{self._name}: no return in {seconds:g} s") from None
        return finished()

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Undo what was done and end the thread; where that hangs, leave it behind."""
        if not self.closed:
            self._leave()
            self._ended.wait(seconds)

    def _leave(self) -> None:
        self._closed.set()
        with _lock:
            _left_behind.setdefault(self._name, []).append(self._ended)
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        try:
            self.undo.close()
        except Exception:  # noqa: BLE001 - nobody waits for this thread who could be told
            _log.warning("%s: could not be given back", self._name, exc_info=True)
        finally:
            with _lock:
                _left_behind[self._name].remove(self._ended)
                if not _left_behind[self._name]:
                    del _left_behind[self._name]
            self._ended.set()


def _tried(function: Callable[[], _T]) -> Callable[[], _T]:
    """Call ``function``; return what hands its value or its exception to the caller."""
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
        failure = error

        def raise_it() -> _T:
            raise failure

        return raise_it
    return lambda: value

"""The agent's reader monitor in a thread, and other programs that keep a card to themselves."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from smartcard import scard

from reader_agent.events import ReaderEvent
from reader_agent.monitor import ReaderMonitor

_SECONDS = 60.0

_HOLDER = """\
import sys
from smartcard import scard
reader, mode, begins = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "begin"
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
result, card, _ = scard.SCardConnect(context, reader, mode, scard.SCARD_PROTOCOL_ANY)
if result == 0 and begins:
    result = scard.SCardBeginTransaction(card)
print(result, flush=True)
sys.stdin.readline()
"""


class Watch:
    """Collects what the monitor tells."""

    def __init__(self) -> None:
        self._events: queue.Queue[ReaderEvent] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for event in ReaderMonitor().events(self._stop):
            self._events.put(event)

    def until(self, last: ReaderEvent | type[ReaderEvent]) -> list[ReaderEvent]:
        """Return the events up to one that is, or is of the type of, ``last``."""
        told: list[ReaderEvent] = []
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {last}; only {told}") from None
            told.append(event)
            if event == last or (isinstance(last, type) and isinstance(event, last)):
                return told

    def left(self) -> list[ReaderEvent]:
        """Return what was told and not asked for yet."""
        told = []
        while not self._events.empty():
            told.append(self._events.get())
        return told

    def stop(self) -> float:
        """Stop the monitor; return how many seconds it took."""
        started = time.monotonic()
        self._stop.set()
        self._thread.join(_SECONDS)
        assert not self._thread.is_alive()
        return time.monotonic() - started

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Holder:
    """Another program that has connected to the card, exclusively or in a transaction."""

    def __init__(self, reader: str, *, exclusive: bool) -> None:
        mode = scard.SCARD_SHARE_EXCLUSIVE if exclusive else scard.SCARD_SHARE_SHARED
        arguments = [reader, str(mode), "just connect" if exclusive else "begin"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert int(self._process.stdout.readline()) == scard.SCARD_S_SUCCESS

    def let_go(self) -> None:
        self._process.communicate(b"\n", timeout=_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.let_go()

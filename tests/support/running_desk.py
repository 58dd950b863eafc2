"""An agent's desk loop in a thread, with a terminal that tests read and type at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from cardsvc.card.connection import CardConnection
from cardsvc.desk_advice import Advice
from reader_agent import events
from reader_agent.client import ServiceClient
from reader_agent.desk_loop import DeskLoop
from reader_agent.desk_pin import HolderPin
from reader_agent.desk_presence import Heartbeat
from reader_agent.desk_readers import WatchedReaders
from reader_agent.pin_rules import PinRules

PATIENCE_SECONDS = 60.0

Watch = Callable[[threading.Event], Iterable[events.ReaderEvent]]
Connect = Callable[[str], CardConnection]


class RecordingScreen:
    """Implements ``DeskScreen``: keeps what was said, answers what is asked."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.typed: list[str] = []
        self._changed = threading.Condition()

    def say(self, mark: str, said: Advice, detail: str = "") -> None:
        line = f"{mark} {said.vi} {said.en} {detail}"
        with self._changed:
            if not self.said or self.said[-1] != line:
                self.said.append(line)
                self._changed.notify_all()

    def ask(self, what: Advice, *, twice: bool = False) -> str:
        return self.typed.pop(0) if self.typed else ""

    def until(self, text: str, *, after: int = 0) -> int:
        """Wait until a line holds ``text``; return the number of lines up to it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while True:
                for number, line in enumerate(self.said[after:], start=after + 1):
                    if text in line:
                        return number
                left = deadline - time.monotonic()
                assert left > 0, f"nobody said {text!r}; only {self.said[after:]}"
                self._changed.wait(left)


class RunningDesk:
    """The loop of ``reader-agent desk``; use it as a context manager.

    Args:
        client: of the desk's agent.
        watch: the readers' events.
        connect: connects to the card in a reader.
        wanted: the reader's name, or part of it.
    """

    def __init__(
        self, client: ServiceClient, watch: Watch, connect: Connect, wanted: str = ""
    ) -> None:
        self.screen = RecordingScreen()
        self._stop = threading.Event()
        self._undo = ExitStack()
        self._parts = (client, watch, connect, wanted)
        self._failed: list[BaseException] = []

    def _run(self, loop: DeskLoop) -> None:
        try:
            loop.run()
        except BaseException as error:
            self._failed.append(error)
            raise

    def __enter__(self) -> Self:
        client, watch, connect, wanted = self._parts
        readers = WatchedReaders(watch, connect)
        self._undo.callback(readers.close)
        self._undo.callback(Heartbeat(client, readers).stop)
        holder = HolderPin(client, readers, self.screen, PinRules())
        loop = DeskLoop(client, readers, self.screen, holder, wanted=wanted, stop=self._stop)
        thread = threading.Thread(target=self._run, args=(loop,))
        thread.start()
        self._undo.callback(thread.join, PATIENCE_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._undo.close()
        assert not self._failed

"""The kiosk as a part of the agent: one thread leads the visit, others work with the card."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from reader_agent import events
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.card_work import KioskWork
from reader_agent.kiosk.config import KioskConfig
from reader_agent.kiosk.document import Document, screen_document
from reader_agent.kiosk.machine import KioskMachine
from reader_agent.kiosk.reader_watch import ReaderWatch
from reader_agent.kiosk.visit import OutOfService, Visit
from reader_agent.loopback.board import Board

_LOOK_SECONDS = 0.5
"""How often deadlines are looked at, and whether to stop."""

CallOfficer = Callable[[i.CallOfficer], None]
"""Tells the counter that somebody wants help."""


@dataclass(frozen=True, slots=True)
class _Message:
    """An input; of the page's or of work's where it answers to a step."""

    told: i.Input | events.ReaderEvent
    step: int | None = None


class Kiosk:
    """Leads visits. Implements ``Part``.

    Args:
        config: how it is set up.
        work: what can be done with a card.
        call_officer: told when somebody wants help.
        monotonic: seconds that only go forwards.
        machine: the rules; by default those of the configuration.
    """

    name = "kiosk"

    def __init__(
        self,
        config: KioskConfig,
        work: KioskWork,
        call_officer: CallOfficer,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        machine: KioskMachine | None = None,
    ) -> None:
        self.config = config
        self.board = Board(self.document)
        self._work = work
        self._call_officer = call_officer
        self._monotonic = monotonic
        self._machine = machine or KioskMachine(config)
        self._visit = Visit(screen=OutOfService(), reader=False)
        self._readers = ReaderWatch(config.reader)
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._one_at_a_time = threading.Lock()

    def tell(self, told: i.Input | events.ReaderEvent, step: int | None = None) -> None:
        """Tell the visit something; harmless at any time, from any thread.

        Args:
            told: what happened.
            step: the step that it answers to; where the visit is further, it is dropped.
        """
        self._inbox.put(_Message(told, step))

    def document(self) -> Document:
        """Return the screen as it stands."""
        return screen_document(self.config, self._visit, self._monotonic())

    def run(self, stop: threading.Event) -> None:
        """Lead visits until told to stop."""
        while not stop.is_set():
            try:
                message = self._inbox.get(timeout=_LOOK_SECONDS)
            except Empty:
                message = _Message(i.TimePassed())
            self._take(message)

    def _take(self, message: _Message) -> None:
        if message.step is not None and message.step != self._visit.step:
            return
        told = message.told
        if isinstance(told, events.ReaderEvent):
            for one in self._readers.take(told):
                self._next(one)
        else:
            self._next(told)

    def _next(self, told: i.Input) -> None:
        before = self._visit
        self._visit, wishes = self._machine.next(before, told, self._monotonic())
        for wish in wishes:
            if isinstance(wish, i.CallOfficer):
                self._call_officer(wish)
            else:
                self._begin(wish)
        if self._visit != before:
            self.board.changed()

    def _begin(self, work: i.Work) -> None:
        reader, step = self._readers.reader, self._visit.step

        def run() -> None:
            # work that the person has left behind ends first: it holds the card
            with self._one_at_a_time:
                came = self._work.run(work, reader, lambda at: self.tell(i.Progressed(at), step))
            self.tell(came, step)

        threading.Thread(target=run, name="kiosk work", daemon=True).start()

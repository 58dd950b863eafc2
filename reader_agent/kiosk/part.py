"""The kiosk as a part of the agent: one thread leads the visit, others work with the card."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from cardsvc.errors import CardsvcError
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.card_work import KioskWork, Meanwhile
from reader_agent.kiosk.config import KioskConfig
from reader_agent.kiosk.document import Document, screen_document, shown_portrait
from reader_agent.kiosk.happenings import HelpCalled
from reader_agent.kiosk.machine import KioskMachine
from reader_agent.kiosk.reader_watch import AT_READERS, KioskReaders
from reader_agent.kiosk.visit import AtWork, Menu, OutOfService, Task, Visit
from reader_agent.loopback.board import Board
from reader_agent.run.happenings import AtReader, Happening, NetworkBack, NetworkLost
from reader_agent.run.hub import Subscription
from reader_agent.run.reader_config import Role
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5
"""How often deadlines are looked at, and whether to stop."""


@dataclass(frozen=True, slots=True)
class _Message:
    """An input; of the page's or of work's where it answers to a step."""

    told: i.Input | AtReader
    step: int | None = None


class Kiosk:
    """Leads visits. Implements ``Part``.

    Args:
        config: how it is set up.
        tools: what the parts of the agent share.
        role: of its readers.
        tapper_for: what runs the tap of a task; the agent's own where nothing else is said.
        observe: is told of each change of the visit, before and after.
    """

    def __init__(
        self,
        config: KioskConfig,
        tools: AgentTools,
        *,
        role: Role = Role.KIOSK,
        tapper_for: Callable[[Task], Tapper] | None = None,
        observe: Callable[[Visit, Visit], None] = lambda _before, _after: None,
    ) -> None:
        self.config = config
        self.board = Board(self.document)
        self._tools = tools
        self._work = KioskWork(tools, tapper_for)
        self._machine = KioskMachine(config)
        self._observe = observe
        self._names = [one.name for one in tools.config.readers_for(role)]
        self._readers = KioskReaders({})
        self._visit = Visit(screen=OutOfService(), reader=False)
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._one_at_a_time = threading.Lock()

    @property
    def name(self) -> str:
        """The part's name."""
        return "holder's screen" if self.config.led else "kiosk"

    @property
    def visit(self) -> Visit:
        """The visit as it stands."""
        return self._visit

    @property
    def busy(self) -> bool:
        """Tell whether a card is being worked with."""
        return isinstance(self._visit.screen, AtWork)

    @property
    def in_use(self) -> bool:
        """Tell whether somebody is being served just now."""
        return not isinstance(self._visit.screen, Menu | OutOfService)

    def tell(self, told: i.Input | AtReader, step: int | None = None) -> None:
        """Tell the visit something; harmless at any time, from any thread.

        Args:
            told: what happened.
            step: the step that it answers to; where the visit is further, it is dropped.
        """
        self._inbox.put(_Message(told, step))

    def document(self) -> Document:
        """Return the screen as it stands."""
        return screen_document(self.config, self._visit, self._tools.monotonic())

    def portrait(self, step: int) -> bytes | None:
        """Fetch the photo that stands on the screen; it goes to the page and stays nowhere.

        Args:
            step: the screen that the page shows.

        Returns:
            A JPEG; None where that screen shows none, or the service hands it out no longer.
        """
        visit = self._visit
        name = shown_portrait(self.config, visit) if visit.step == step else None
        if name is None:
            return None
        try:
            return self._tools.client.portrait(name)
        except CardsvcError as error:
            self._tools.network.failed(error)
            _LOG.warning("no photo for the screen: %s", error.reason.value)
            return None

    def run(self, stop: threading.Event) -> None:
        """Lead visits until told to stop."""
        with self._tools.hub.subscribe(*AT_READERS, NetworkLost, NetworkBack) as heard:
            self._begin_anew()
            threading.Thread(
                target=self._listen, args=(heard,), name="kiosk hub", daemon=True
            ).start()
            while not stop.is_set():
                try:
                    message = self._inbox.get(timeout=_LOOK_SECONDS)
                except Empty:
                    message = _Message(i.TimePassed())
                self._take(message)

    def _begin_anew(self) -> None:
        """Forget a visit that a fault has ended, and look how it stands."""
        board = self._tools.readers
        self._readers = KioskReaders({name: board.state_of(name) for name in self._names})
        self._visit = Visit(
            screen=OutOfService(),
            reader=False,
            step=self._visit.step + 1,
            online=self._tools.network.reachable,
            offline=self._tools.offline is not None and self._tools.offline.judge is not None,
        )
        for told in self._readers.at_start():
            self._next(told)
        self.board.changed()

    def _listen(self, heard: Subscription) -> None:
        while (happening := heard.get()) is not None:
            self._hear(happening)

    def _hear(self, happening: Happening) -> None:
        match happening:
            case NetworkLost():
                self.tell(i.NetworkChanged(online=False))
            case NetworkBack():
                self.tell(i.NetworkChanged(online=True))
            case AtReader():
                self.tell(happening)
            case _:
                pass

    def _take(self, message: _Message) -> None:
        if message.step is not None and message.step != self._visit.step:
            return
        if isinstance(message.told, AtReader):
            for one in self._readers.take(message.told):
                self._next(one)
        else:
            self._next(message.told)

    def _next(self, told: i.Input) -> None:
        before = self._visit
        self._visit, wishes = self._machine.next(before, told, self._tools.monotonic())
        for wish in wishes:
            if isinstance(wish, i.CallOfficer):
                self._call_officer(wish)
            else:
                self._begin(wish)
        if self._visit != before:
            self.board.changed()
            self._observe(before, self._visit)

    def _begin(self, work: i.Work) -> None:
        reader, step = self._readers.reader, self._visit.step
        if not isinstance(work, i.ReportLoss) and self._readers.fault is not None:
            # what one card was looked at for, and typed for, must not go to another
            self.tell(i.Failed(self._readers.fault), step)
            return
        meanwhile = Meanwhile(
            tell=lambda came: self.tell(came, step), wanted=lambda: self._visit.step == step
        )

        def run() -> None:
            # work that the person has left behind ends first: it holds the card
            with self._one_at_a_time:
                if not meanwhile.wanted():
                    return  # by now it may be another's card
                came = self._work.run(work, reader, meanwhile)
            self.tell(came, step)

        threading.Thread(target=run, name="kiosk work", daemon=True).start()

    def _call_officer(self, wish: i.CallOfficer) -> None:
        at = self._tools.clock.now()
        kind = None if wish.task is None else wish.task.kind
        service = None if wish.task is None else wish.task.service
        about = service.service if service is not None else kind.value if kind else ""
        self._tools.hub.publish(HelpCalled(at, about, wish.reason))
        if self._tools.journal is not None:
            reason = None if wish.reason is None else wish.reason.value
            try:
                self._tools.journal.append("help.called", {"about": about, "reason": reason}, at)
            except CardsvcError as error:
                # the officer has been told; a full disk is no reason to leave the person alone
                _LOG.warning("a call for help is not on record: %s", error.reason.value)

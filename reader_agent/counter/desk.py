"""The counter's orders, and what it is told: taps are led over the holder's screen."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace

from cardsvc.errors import CardError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.counter.feed import Feed, Told
from reader_agent.counter.sessions import SessionJudge
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.card_work import awaits_photo
from reader_agent.kiosk.config import KioskConfig, KioskService
from reader_agent.kiosk.happenings import HelpCalled
from reader_agent.kiosk.part import Kiosk
from reader_agent.kiosk.troubles import trouble_text
from reader_agent.kiosk.visit import Kind, Task, Visit
from reader_agent.kiosk.words import Words
from reader_agent.portrait import released_portrait
from reader_agent.run import happenings as h
from reader_agent.run.reader_config import Role
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools

_LOOK_SECONDS = 0.5
_PLAIN: dict[type[h.Happening], str] = {
    h.CardIn: "card_in",
    h.CardUnreadable: "card_unreadable",
    h.CardRemoved: "card_removed",
    h.ReaderLost: "reader_lost",
    h.ReaderBack: "reader_back",
    h.NetworkLost: "network_lost",
    h.NetworkBack: "network_back",
}


@dataclass(slots=True)
class _Order:
    """The tap that the counter has asked for last.

    Args:
        tap: names it.
        service: what the card is asked for.
        level: to be reached.
        session: at X3.
        portrait: names the decision that lets the holder's photo be shown.
        awaits_photo: an officer is to match it.
        is_over: it has left the holder's screen.
    """

    tap: str
    service: str
    level: AssuranceLevel
    session: str | None = None
    portrait: str | None = None
    awaits_photo: bool = False
    is_over: bool = False


class CounterDesk:
    """Takes orders and tells what happens. Implements ``Part``.

    Args:
        display: how the holder's screen is set up.
        tools: what the parts of the agent share.
    """

    def __init__(self, display: KioskConfig, tools: AgentTools) -> None:
        self.feed = Feed(self.state)
        self.display = Kiosk(
            display,
            tools,
            role=Role.COUNTER,
            tapper_for=self._tapper_for,
            observe=self._observe,
        )
        self._tools = tools
        self._names = [one.name for one in tools.config.readers_for(Role.COUNTER)]
        self._lock = threading.Lock()
        self._order: _Order | None = None

    @property
    def name(self) -> str:
        """The part's name."""
        return "counter"

    def run(self, stop: threading.Event) -> None:
        """Tell the feed what happens until told to stop."""
        with self._tools.hub.subscribe() as heard:
            while not stop.is_set():
                happening = heard.get(_LOOK_SECONDS)
                if happening is not None:
                    self._hear(happening)

    def state(self) -> dict[str, Told]:
        """Return how it stands."""
        return {
            "card": self.display.visit.card,
            "reader": self.display.visit.reader,
            "online": self._tools.network.reachable,
            "busy": self.display.busy,
        }

    def verify(self, service: str, level: AssuranceLevel, title: Words) -> str:
        """Ask for a card to be verified; return what names this tap in events.

        Args:
            service: one of the agent's relying party.
            level: X1, X2, or X3 which ends with ``confirm``.
            title: what the holder's screen calls it.

        Raises:
            CardError: READER_BUSY; a card is being worked with just now.
        """
        if self.display.busy:
            raise CardError(ReasonCode.READER_BUSY, "a tap is under way")
        order = _Order(secrets.token_hex(8), service, level)
        with self._lock:
            self._order = order
        task = Task(Kind.SERVICE, KioskService(service, level, title), order.tap)
        self.display.tell(i.Chosen(task))
        return order.tap

    def cancel(self) -> None:
        """Take the order back; the holder is asked to take the card."""
        self.display.tell(i.StartOver())

    def portrait(self, tap: str) -> bytes:
        """Fetch the holder's photo for the officer: to be matched, or granted; it stays nowhere.

        Args:
            tap: of the last order, while its visit lasts.

        Raises:
            CardError: ILLEGAL_TRANSITION, there is no such tap; PORTRAIT_NOT_RELEASED.
            ServiceError: the service hands it out no longer, or is away.
        """
        with self._lock:
            order = self._order
            if order is None or order.tap != tap:
                raise CardError(ReasonCode.ILLEGAL_TRANSITION, "another order")
            name, session = order.portrait, order.session if order.awaits_photo else None
        if name is not None:
            return self._tools.client.portrait(name)
        if session is not None:
            return self._tools.client.session_portrait(session)
        raise CardError(ReasonCode.PORTRAIT_NOT_RELEASED, "no photo was released")

    def confirm(self, tap: str, officer: str, *, matches: bool) -> DecisionMessage | None:
        """Take an officer's word for whether the photo is of the person at the counter.

        Args:
            tap: of an order at X3 whose card and PIN were right.
            officer: who looked.
            matches: what was seen.

        Returns:
            The decision at X3; None where the photo does not match.

        Raises:
            CardError: ILLEGAL_TRANSITION; there is no such tap, or it is not so far.
            ServiceError: the service refused or is away.
        """
        with self._lock:
            order = self._order
        if order is None or order.tap != tap or order.session is None:
            raise CardError(ReasonCode.ILLEGAL_TRANSITION, "no photo to confirm")
        if matches:
            decision = self._tools.client.session_photo_match(order.session, officer)
            self._tell_decision(tap, order.service, decision, offline=False)
            return decision
        if self._tools.journal is not None:
            facts = {"officer": officer, "service": order.service}
            self._tools.journal.append("photo.mismatch", facts, self._tools.clock.now())
        session, order.session = order.session, None
        self._tools.client.close_session(session)
        self.feed.tell("photo_mismatch", tap=tap, service=order.service)
        return None

    def _tapper_for(self, task: Task) -> Tapper:
        """Return what runs the tap of a task: at X3 a session's, else everybody's."""
        tools = self._tools
        with self._lock:
            order = self._order
        if order is None or order.tap != task.order or order.level < AssuranceLevel.X3:
            return tools.tapper
        if order.session is None:
            relying_party = tools.config.relying_party
            order.session = tools.client.open_session(relying_party, order.service)
        return Tapper(
            tools.config.relying_party,
            open_reader=tools.readers.open,
            online=SessionJudge(tools.client, order.session),
            offline=None,
            network=tools.network,
            hub=tools.hub,
            clock=tools.clock,
            known=tools.known,
        )

    def _observe(self, before: Visit, after: Visit) -> None:
        """Tell that an order has left the holder's screen: done, given up, or out of time."""
        if before.task is None or (after.task and after.task.order == before.task.order):
            return
        if after.task is None:
            self.feed.forget()  # who comes next must not be told of who was here before
            self._end(before.task.order)
        self.feed.tell("ended", tap=before.task.order)

    def _hear(self, happening: h.Happening) -> None:
        if isinstance(happening, h.AtReader) and happening.reader not in self._names:
            return
        match happening:
            case h.TapDecided(_, _, service, decision, offline, tap):
                if self._is_over(tap):
                    # how it ended may be told, and of whom no more
                    decision = replace(decision, holder_name=None, released={})
                self._tell_decision(tap, service, decision, offline=offline)
            case h.TapFailed(_, reader, service, reason, tap):
                said = trouble_text(reason)
                self.feed.tell(
                    "failed", tap=tap, reader=reader, service=service,
                    reason=reason.value, part=said.part.value,
                    message_vi=said.title.vi, message_en=said.title.en,
                )  # fmt: skip
            case HelpCalled(_, about, reason):
                told = None if reason is None else reason.value
                self.feed.tell("help_wanted", about=about, reason=told)
            case h.AtReader() if type(happening) in _PLAIN:
                self.feed.tell(_PLAIN[type(happening)], reader=happening.reader)
            case h.NetworkLost() | h.NetworkBack():
                self.feed.tell(_PLAIN[type(happening)])
            case _:
                pass

    def _tell_decision(
        self, tap: str, service: str, decision: DecisionMessage, *, offline: bool
    ) -> None:
        """Tell of the order that was decided on; it may have been taken back meanwhile."""
        kind = "verified" if decision.granted else "refused"
        if self._in_session(tap) and awaits_photo(decision):
            kind = "photo_needed"
        portrait = None if offline else released_portrait(decision)
        self._release(tap, portrait, awaits_photo=kind == "photo_needed")
        self.feed.tell(
            kind, tap=tap, service=service, level=decision.level, code=decision.code,
            message_vi=decision.message_vi, message_en=decision.message_en,
            name=decision.holder_name, released=dict(decision.released),
            receipt=decision.receipt, offline=offline,
        )  # fmt: skip

    def _release(self, tap: str, portrait: str | None, *, awaits_photo: bool) -> None:
        with self._lock:
            if self._order is not None and self._order.tap == tap:
                self._order.portrait, self._order.awaits_photo = portrait, awaits_photo

    def _end(self, tap: str) -> None:
        self._release(tap, None, awaits_photo=False)
        with self._lock:
            if self._order is not None and self._order.tap == tap:
                self._order.is_over = True

    def _is_over(self, tap: str) -> bool:
        with self._lock:
            return self._order is None or self._order.tap != tap or self._order.is_over

    def _in_session(self, tap: str) -> bool:
        with self._lock:
            order = self._order
            return order is not None and order.tap == tap and order.session is not None

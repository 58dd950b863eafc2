"""What a kiosk does with a card: look, tap, change the PIN, activate; and a report of loss.

Each runs in a thread of its own and comes back with one answer, whatever happens. A PIN goes to
the card and is in no message, log or exception from here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cardsvc.card.commands import WrongPin, pin_status
from cardsvc.card.session import PivSession
from cardsvc.card.status import StatusWord
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import CardError, CardsvcError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.loss import LossReportMessage
from cardsvc.wire.own_checks import OwnCheck
from cardsvc.wire.tap import DecisionMessage
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceError
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.config import KioskService
from reader_agent.kiosk.document import PHOTO_NEEDED
from reader_agent.kiosk.texts import NEWEST_CHECKS, NO_CHECKS, REMEMBER_PIN, WAIT_FOR_OFFICER
from reader_agent.kiosk.visit import CheckLine, Consent, Stage, Task
from reader_agent.kiosk.words import Words
from reader_agent.other_application import refuse_other_application
from reader_agent.own_checks import ask_own_checks
from reader_agent.pin_entry import PinAtReader, PinEntry
from reader_agent.pin_pad import find_pin_pad
from reader_agent.portrait import released_portrait
from reader_agent.run.pin_asking import TapStep
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools

_log = logging.getLogger(__name__)

_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""
_LEVEL_TOO_LOW = "level_too_low"
_SAID_BY_SERVICE = frozenset({ReasonCode.ACCESS_DENIED, ReasonCode.TOO_MANY_REPORTS})
"""Refusals that the screen tells apart; any other fault of the service is the network's."""

_MOST_CHECKS = 5
"""As many as the screen has room for; the whole list is told at the issuing office."""
_WithCard = i.Look | i.Tap | i.ChangePin | i.Activate | i.AskOwnChecks


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """How work reaches the visit that it is done for, before it ends.

    Args:
        tell: tells it how far it is.
        wanted: whether the person still waits for it.
    """

    tell: Callable[[i.OfWork], None]
    wanted: Callable[[], bool]

    def pin_entry(self, pin: str | None) -> PinEntry:
        """Return where the PIN comes from: typed before, or at the reader where it is None."""
        return self.at_reader() if pin is None else lambda _tries: pin

    def at_reader(self) -> PinAtReader:
        """Return what has the PIN typed at the reader, and the visit told of it."""
        return PinAtReader(self._around)

    @contextmanager
    def _around(self, tries_left: int | None) -> Iterator[None]:
        self._require_wanted()  # a pad that asks nobody would take a try from whoever comes next
        self.tell(i.PinAwaited(tries_left))
        yield
        self._require_wanted()  # the person has left, and somebody typed nevertheless
        self.tell(i.Progressed(Stage.CHECK))

    def _require_wanted(self) -> None:
        if not self.wanted():
            raise CardError(ReasonCode.PIN_CANCELLED, "the visit is over")


class KioskWork:
    """Carries out what a visit wishes.

    Args:
        tools: what the parts of the agent share.
        tapper_for: what runs the tap of a task; the agent's own where nothing else is said.
    """

    def __init__(
        self, tools: AgentTools, tapper_for: Callable[[Task], Tapper] | None = None
    ) -> None:
        self._client = tools.client
        self._network = tools.network
        self._tapper_for = tapper_for or (lambda _: tools.tapper)
        self._relying_party = tools.config.relying_party
        self._open_card = tools.readers.open

    def run(self, work: i.Work, reader: str | None, meanwhile: Meanwhile) -> i.OfWork:
        """Do one thing; never raises.

        Args:
            work: what.
            reader: where the card is; None where there is none.
            meanwhile: is told how far it is.
        """
        try:
            if isinstance(work, i.ReportLoss):
                return self._report_loss(work)
            if reader is None:
                return i.Failed(ReasonCode.CARD_REMOVED)
            return self._with_card(work, reader, meanwhile)
        except WrongPin as error:
            return i.Failed(error.reason, error.tries_left)
        except CardsvcError as error:
            return i.Failed(self._reason_of(error))
        except Exception as error:  # noqa: BLE001 - a person waits: say so, log its kind alone
            _log.error("kiosk: %s failed: %s", type(work).__name__, type(error).__name__)
            return i.Failed(ReasonCode.UNEXPECTED_STATUS)

    def _with_card(self, work: _WithCard, reader: str, meanwhile: Meanwhile) -> i.OfWork:
        match work:
            case i.Look(task):
                tries_left, pin_pad = self._look(reader)
                return i.Looked(tries_left, self._consent(task), pin_pad)
            case i.Tap(task) if task.service is not None:
                return self._tap(reader, work, task.service, meanwhile)
            case i.ChangePin(old, new):
                self._set_pin(reader, old, new)
                return i.Done(good=True, text=REMEMBER_PIN)
            case i.AskOwnChecks(pin):
                return self._own_checks(reader, meanwhile.pin_entry(pin))
            case i.Activate(code, pin):
                return self._activate(reader, code, pin, meanwhile)
            case _:
                return i.Failed(ReasonCode.SERVICE_UNKNOWN)

    def _look(self, reader: str) -> tuple[int | None, bool]:
        connection = self._open_card(reader)
        try:
            session = PivSession(connection)
            session.select()
            status = session.send(pin_status()).status
            refuse_other_application(status, "VERIFY")
            blocked = status == StatusWord.AUTHENTICATION_BLOCKED
            tries_left = 0 if blocked else status.tries_left
            return tries_left, find_pin_pad(connection) is not None
        finally:
            connection.close()

    def _consent(self, task: Task) -> Consent | None:
        """Return what the service wants agreed to; the challenge that says so is left to expire."""
        if task.service is None:
            return None
        try:
            challenge = self._client.open_challenge(
                self._relying_party,
                task.service.service,
                min(task.service.level, AssuranceLevel.X2),
            )
        except CardsvcError as error:
            self._network.failed(error)
            return None  # who decides then asks for consent, or refuses
        self._network.answered()
        asked = challenge.consent
        return None if asked is None else Consent(asked.id, Words(asked.vi, asked.en))

    def _tap(
        self,
        reader: str,
        wish: i.Tap,
        service: KioskService,
        meanwhile: Meanwhile,
    ) -> i.OfWork:
        outcome = self._tapper_for(wish.task).tap(
            reader,
            service.service,
            min(service.level, AssuranceLevel.X2),
            ask_pin=meanwhile.pin_entry(wish.pin),
            consent=wish.consent,
            progress=lambda step: _tell_step(step, meanwhile),
            order=wish.task.order,
        )
        done = _done(outcome.decision, offline=outcome.offline)
        if service.level is AssuranceLevel.X3 and awaits_photo(outcome.decision):
            return replace(done, good=True, text=WAIT_FOR_OFFICER, code=PHOTO_NEEDED)
        return done

    def _set_pin(self, reader: str, old: str, new: str) -> None:
        connection = self._open_card(reader)
        try:
            set_holder_pin(connection, old, new)
        finally:
            connection.close()

    def _activate(
        self, reader: str, code: str | None, pin: str | None, meanwhile: Meanwhile
    ) -> i.OfWork:
        if code is not None and pin is not None:
            self._set_pin(reader, code, pin)
        # from here on the code is worth nothing, whatever becomes of the rest
        try:
            meanwhile.tell(i.Progressed(Stage.NETWORK))
            connection = self._open_card(reader)
            try:
                proof = meanwhile.at_reader() if pin is None else pin
                decision = activate_card(self._client, connection, agent=_BY_TOKEN, pin=proof)
            finally:
                connection.close()
        except WrongPin:
            raise
        except CardsvcError as error:
            return i.Failed(self._reason_of(error), pin_set=True)
        if not decision.granted:
            return _done(decision, offline=False)
        return i.Done(good=True, text=REMEMBER_PIN)

    def _own_checks(self, reader: str, ask_pin: PinEntry) -> i.OfWork:
        connection = self._open_card(reader)
        try:
            told = ask_own_checks(self._client, connection, ask_pin)
        finally:
            connection.close()
        if not told.decision.granted:
            return _done(told.decision, offline=False)
        lines = tuple(_check_line(one) for one in told.checks[:_MOST_CHECKS])
        return i.Done(good=True, text=NEWEST_CHECKS if lines else NO_CHECKS, checks=lines)

    def _report_loss(self, work: i.ReportLoss) -> i.OfWork:
        number = PersonalNumber.parse(work.personal_number)
        received = self._client.report_loss(LossReportMessage(number, work.birth_date))
        return i.Done(good=True, text=Words(received.message_vi, received.message_en))

    def _reason_of(self, error: CardsvcError) -> ReasonCode:
        """Return what failed, as the screen tells it; a broken service is no reader's fault."""
        if not isinstance(error, ServiceError):
            return error.reason
        self._network.failed(error)
        return error.reason if error.reason in _SAID_BY_SERVICE else ReasonCode.NETWORK_FAILED


def _tell_step(step: TapStep, meanwhile: Meanwhile) -> None:
    if step is TapStep.ASKING:
        meanwhile.tell(i.Progressed(Stage.NETWORK))


def _check_line(check: OwnCheck) -> CheckLine:
    return CheckLine(
        check.at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M"),
        check.partner,
        Words(check.service_vi, check.service_en),
        check.granted,
    )


def awaits_photo(decision: DecisionMessage) -> bool:
    """Tell whether card and PIN were right, and only the officer's look is missing."""
    reached = decision.level == AssuranceLevel.X2.name
    return reached and (decision.granted or decision.code == _LEVEL_TOO_LOW)


def _done(decision: DecisionMessage, *, offline: bool) -> i.Done:
    return i.Done(
        good=decision.granted,
        text=Words(decision.message_vi, decision.message_en),
        code=decision.code,
        name=decision.holder_name,
        offline=offline,
        portrait=None if offline else released_portrait(decision),
    )

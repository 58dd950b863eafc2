"""What a kiosk does with a card: look, tap, change the PIN, activate; and a report of loss.

Each runs in a thread of its own and comes back with one answer, whatever happens. A PIN goes to
the card and is in no message, log or exception from here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from cardsvc.card.commands import WrongPin
from cardsvc.card.connection import CardConnection
from cardsvc.card.session import PivSession
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.config import KioskService
from reader_agent.kiosk.texts import DONE_KINDS, REMEMBER_PIN
from reader_agent.kiosk.visit import Kind, Stage
from reader_agent.kiosk.words import Words
from reader_agent.tap import tap_card
from verification.presentation import UnverifiedPresentation

_log = logging.getLogger(__name__)

_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""
_SAID_BY_SERVICE = frozenset({ReasonCode.ACCESS_DENIED, ReasonCode.TOO_MANY_REPORTS})
"""Refusals that the screen tells apart; any other fault of the service is the network's."""

Progress = Callable[[Stage], None]


class Taps(Protocol):
    """Runs a tap to its decision, online or offline."""

    def tap(
        self, reader: str, service: KioskService, pin: str | None, progress: Progress
    ) -> tuple[DecisionMessage, bool]:
        """Return the decision, and whether it was made offline.

        Raises:
            CardsvcError: the card, the reader or the service failed.
        """
        ...


class OnlineTaps:
    """Implements ``Taps`` with the service alone.

    Args:
        client: the service.
        open_card: connects to the card in a reader.
    """

    def __init__(
        self, client: ServiceClient, open_card: Callable[[str], CardConnection]
    ) -> None:
        self._client = client
        self._open_card = open_card

    def tap(
        self, reader: str, service: KioskService, pin: str | None, progress: Progress
    ) -> tuple[DecisionMessage, bool]:
        """Ask the service for a question, the card for its answer, the service to decide."""
        level = AssuranceLevel.X1 if pin is None else AssuranceLevel.X2
        challenge = self._client.open_challenge(service.relying_party, service.service, level)
        presentation = self._answer(reader, challenge, level, pin)
        progress(Stage.NETWORK)
        return self._client.present(presentation), False

    def _answer(
        self, reader: str, challenge: ChallengeMessage, level: AssuranceLevel, pin: str | None
    ) -> UnverifiedPresentation:
        connection = self._open_card(reader)
        try:
            answered = tap_card(
                connection,
                message=challenge.message,
                nonce=challenge.nonce,
                agent=_BY_TOKEN,
                level=level,
                ask_pin=lambda _tries: pin or "",
            )
        finally:
            connection.close()
        return answered.presentation


class KioskWork:
    """Carries out what a visit wishes.

    Args:
        client: the service.
        taps: runs taps.
        open_card: connects to the card in a reader.
    """

    def __init__(
        self,
        client: ServiceClient,
        taps: Taps,
        open_card: Callable[[str], CardConnection],
    ) -> None:
        self._client = client
        self._taps = taps
        self._open_card = open_card

    def run(self, work: i.Work, reader: str | None, progress: Progress) -> i.OfWork:
        """Do one thing; never raises.

        Args:
            work: what.
            reader: where the card is; None where there is none.
            progress: is told how far it is.
        """
        try:
            if isinstance(work, i.ReportLoss):
                return self._report_loss(work)
            if reader is None:
                return i.Failed(ReasonCode.CARD_REMOVED)
            return self._with_card(work, reader, progress)
        except WrongPin as error:
            return i.Failed(error.reason, error.tries_left)
        except CardsvcError as error:
            return i.Failed(reason_of(error))
        except Exception as error:  # noqa: BLE001 - a person waits: say so, log its kind alone
            _log.error("kiosk: %s failed: %s", type(work).__name__, type(error).__name__)  # noqa: TRY400 - the trace could hold what was typed
            return i.Failed(ReasonCode.UNEXPECTED_STATUS)

    def _with_card(
        self, work: i.Look | i.Tap | i.ChangePin | i.Activate, reader: str, progress: Progress
    ) -> i.OfWork:
        match work:
            case i.Look():
                return i.Looked(self._look(reader))
            case i.Tap(task, pin) if task.service is not None:
                return _done(*self._taps.tap(reader, task.service, pin, progress))
            case i.ChangePin(old, new):
                self._set_pin(reader, old, new)
                return i.Done(good=True, text=REMEMBER_PIN)
            case i.Activate(code, pin):
                return self._activate(reader, code, pin, progress)
            case _:
                return i.Failed(ReasonCode.SERVICE_UNKNOWN)

    def _look(self, reader: str) -> int | None:
        connection = self._open_card(reader)
        try:
            session = PivSession(connection)
            session.select()
            return session.pin_tries_left()
        finally:
            connection.close()

    def _set_pin(self, reader: str, old: str, new: str) -> None:
        connection = self._open_card(reader)
        try:
            set_holder_pin(connection, old, new)
        finally:
            connection.close()

    def _activate(
        self, reader: str, code: str | None, pin: str, progress: Progress
    ) -> i.OfWork:
        if code is not None:
            self._set_pin(reader, code, pin)
        # from here on the code is worth nothing, whatever becomes of the rest
        try:
            progress(Stage.NETWORK)
            connection = self._open_card(reader)
            try:
                decision = activate_card(self._client, connection, agent=_BY_TOKEN, pin=pin)
            finally:
                connection.close()
        except WrongPin:
            raise
        except CardsvcError as error:
            return i.Failed(reason_of(error), pin_set=True)
        if not decision.granted:
            return _done(decision, False)  # noqa: FBT003 - an answer of the service's own
        return i.Done(good=True, text=DONE_KINDS[Kind.ACTIVATE])

    def _report_loss(self, work: i.ReportLoss) -> i.OfWork:
        number = PersonalNumber.parse(work.personal_number)
        received: LossReceivedMessage = self._client.report_loss(
            LossReportMessage(number, work.birth_date)
        )
        return i.Done(good=True, text=Words(received.message_vi, received.message_en))


def reason_of(error: CardsvcError) -> ReasonCode:
    """Return what failed, as the screen tells it: a service out of order is no reader's fault."""
    if isinstance(error, ServiceError) and error.reason not in _SAID_BY_SERVICE:
        return ReasonCode.NETWORK_FAILED
    return error.reason


def _done(decision: DecisionMessage, offline: bool) -> i.Done:  # noqa: FBT001 - as Taps returns it
    return i.Done(
        good=decision.granted,
        text=Words(decision.message_vi, decision.message_en),
        code=decision.code,
        name=decision.holder_name,
        offline=offline,
    )

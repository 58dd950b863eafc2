"""The holder's part at a desk: the code is typed, a PIN is chosen, the card takes it.

Both go to the card and nowhere else. The card is looked at before anything is asked, so that no
try of a PIN is burnt on another one.
"""

from __future__ import annotations

from cardsvc.card.chuid import parse_chuid
from cardsvc.card.commands import WrongPin
from cardsvc.card.connection import CardConnection
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.desk_advice import Advice, advice_for
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import CardError, Malformed, ReasonCode
from cardsvc.wire.desk import DeskJob
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient
from reader_agent.desk import OPEN, JobOver
from reader_agent.desk_readers import DeskReaders
from reader_agent.desk_screen import DeskScreen
from reader_agent.pin_rules import PinRules, require_strong_pin

_CODE = Advice("Mã kích hoạt (bỏ trống nếu đã đặt PIN)", "code (empty if the PIN is set)")
_PIN = Advice("Mã PIN mới", "new PIN")
_OWN_PIN = Advice("Mã PIN của chủ thẻ", "the holder's PIN")
_NO_PIN = Advice("Chưa nhập mã. Việc này còn chờ.", "Nothing was typed. The job waits.")
_TRIES = Advice("Sai mã. Số lần thử còn lại:", "The code is wrong. Tries left:")
_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""


class NothingTyped(Exception):
    """The holder typed nothing: the job waits."""


class HolderPin:
    """Carries out jobs in which the holder types.

    Args:
        client: the service.
        readers: the desk's.
        screen: the desk's terminal.
        rules: which PINs may be chosen.
    """

    def __init__(
        self, client: ServiceClient, readers: DeskReaders, screen: DeskScreen, rules: PinRules
    ) -> None:
        self._client = client
        self._readers = readers
        self._screen = screen
        self._rules = rules
        self._changed: set[str] = set()

    def run(self, job: DeskJob, reader: str) -> ReasonCode | None:
        """Let the holder of the card in a reader choose a PIN; return why not, None for done.

        Raises:
            CardError: another card (WRONG_CARD), or it is gone.
            ServiceError: the service can't be reached or refuses.
            JobOver: the service has ended the job in between.
        NothingTyped: the holder has not made up his mind.
        """
        self._look(job, reader)
        if self._client.report(job.id, JobStage.WAITING_PIN) != OPEN:
            raise JobOver
        code, pin = self._ask(may_have_code=job.id not in self._changed)
        connection = self._readers.open(reader)
        try:
            _require_card(connection, job.guid)
            if code:
                set_holder_pin(connection, code, pin, self._rules)
                # from here on the code is worth nothing, whatever becomes of the rest
                self._changed.add(job.id)
            elif job.kind is JobKind.SET_PIN:
                _verify(connection, pin)
            refusal = self._activate(connection, pin) if job.kind is JobKind.ACTIVATE else None
        except WrongPin as error:
            self._screen.say("✗", _TRIES, str(error.tries_left))
            raise
        finally:
            connection.close()
        if refusal is None:
            self._client.report(job.id, JobStage.DONE)
        return refusal

    def _look(self, job: DeskJob, reader: str) -> None:
        connection = self._readers.open(reader)
        try:
            _require_card(connection, job.guid)
        finally:
            connection.close()

    def _ask(self, *, may_have_code: bool) -> tuple[str, str]:
        code = self._screen.ask(_CODE) if may_have_code else ""
        while True:
            pin = self._screen.ask(_PIN if code else _OWN_PIN, twice=bool(code))
            if not pin:
                self._screen.say("…", _NO_PIN)
                raise NothingTyped
            if not code:
                return code, pin
            try:
                require_strong_pin(pin, self._rules, code=code)
            except CardError as error:
                self._screen.say("✗", advice_for(JobStage.WAITING_PIN, error.reason))
            else:
                return code, pin

    def _activate(self, connection: CardConnection, pin: str) -> ReasonCode | None:
        decision = activate_card(self._client, connection, agent=_BY_TOKEN, pin=pin)
        if decision.granted:
            return None
        self._screen.say("✗", Advice(decision.message_vi, decision.message_en))
        return ReasonCode.ILLEGAL_TRANSITION


def _verify(connection: CardConnection, pin: str) -> None:
    session = PivSession(connection)
    session.select()
    session.verify_pin(pin)


def _require_card(connection: CardConnection, guid: CardGuid | None) -> None:
    session = PivSession(connection)
    session.select()
    try:
        found = parse_chuid(session.read_object(ObjectTag.CHUID)).guid
    except Malformed:
        found = None
    if found is None or found != guid:
        raise CardError(ReasonCode.WRONG_CARD, "this is not the card of the job")

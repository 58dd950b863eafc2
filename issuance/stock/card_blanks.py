"""The blank of a card: taken for it, used up or spoiled with it, in the card's own transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.stock_records import Blank, BlankState, MovementKind
from issuance.ports import IssuanceTransaction
from issuance.stock.booking import Booking, book
from issuance.stock.keeping import find_blanks


@unique
class StockRule(StrEnum):
    """What becomes of a card whose blank is not in stock at its desk."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class BlankDesk:
    """Whose stock a job takes its blank from.

    Args:
        rule: how strict the books are.
        keeper: the desk's agent.
        operator: who sits there.
        at: now.
        job: what the movements refer to: the application.
    """

    rule: StockRule
    keeper: str
    operator: str
    at: datetime
    job: str

    def take(self, unit: IssuanceTransaction, serial: str | None, guid: CardGuid) -> None:
        """Reserve a blank for a card; one that was reserved for it before is put right.

        Raises:
            IssuanceError: with ENFORCE: none is named (BLANK_REQUIRED), it is in no book
                (BLANK_UNKNOWN), or not free in this desk's stock (BLANK_NOT_IN_STOCK).
        """
        if self.rule is StockRule.OFF:
            return
        held = _held(unit, guid)
        if held is not None and serial in (held.serial, _stands_in_for(unit, held)):
            return  # a torn card is done again
        try:
            blank = require_free(unit, serial, self.keeper)
        except IssuanceError as error:
            self._refuse(unit, error, guid)
            return
        if held is not None:
            self._let_go(unit, held, guid)
        book(unit, [blank], self._booking(MovementKind.RESERVE, guid))

    def take_over(self, unit: IssuanceTransaction, other: CardGuid, guid: CardGuid) -> None:
        """Book that the card in the reader is another record's plastic, not the one reserved.

        Raises:
            IssuanceError: with ENFORCE: that plastic is in no book (BLANK_UNKNOWN) or neither
                reserved nor spoiled at this desk (BLANK_NOT_IN_STOCK).
        """
        if self.rule is StockRule.OFF:
            return
        try:
            blank = self._reusable(unit, other, guid)
        except IssuanceError as error:
            self._refuse(unit, error, guid)
            return
        if blank.card == guid:
            return  # booked by a run that was torn before the card knew of it
        held = _held(unit, guid)
        booking = self._booking(MovementKind.REASSIGN, guid)
        if held is not None:
            self._let_go(unit, held, guid)
            booking = replace(booking, reason=held.serial)
        book(unit, [blank], booking)

    def mark(self, unit: IssuanceTransaction, guid: CardGuid) -> None:
        """Note that a card's blank bears its mark: from now on it can be told from others."""
        blank = _held(unit, guid)
        if blank is None or unit.was_recorded(AuditAction.STOCK_BLANK_MARKED, blank.serial):
            return
        facts: dict[str, str | int | bool | None] = {"card": str(guid)}
        self._record(unit, AuditAction.STOCK_BLANK_MARKED, blank.serial, facts)

    def require_marked(self, unit: IssuanceTransaction, guid: CardGuid) -> None:
        """Refuse a card without a mark where the reserved blank was marked: it is another one.

        Raises:
            IssuanceError: BLANK_MISMATCH, with ENFORCE.
        """
        blank = _held(unit, guid)
        if blank is None or not unit.was_recorded(AuditAction.STOCK_BLANK_MARKED, blank.serial):
            return
        message = f"the card in the reader is not blank {blank.serial}"
        self._refuse(unit, IssuanceError(ReasonCode.BLANK_MISMATCH, message), guid)

    def _reusable(self, unit: IssuanceTransaction, other: CardGuid, guid: CardGuid) -> Blank:
        blank = unit.stock.blank_of_card(other)
        if blank is None:
            raise IssuanceError(ReasonCode.BLANK_UNKNOWN, "this card's blank is in no book")
        states = (BlankState.RESERVED, BlankState.SPOILED)
        free = blank.state in states and blank.card in (None, other, guid)
        if not free or blank.keeper != self.keeper:
            raise IssuanceError(
                ReasonCode.BLANK_NOT_IN_STOCK,
                f"blank {blank.serial} is {blank.state.value} at {blank.keeper}",
            )
        return blank

    def _let_go(self, unit: IssuanceTransaction, blank: Blank, guid: CardGuid) -> None:
        """Put a blank back that was never touched; spoil one that bears a mark."""
        marked = unit.was_recorded(AuditAction.STOCK_BLANK_MARKED, blank.serial)
        kind = MovementKind.SPOIL if marked else MovementKind.FREE
        book(unit, [blank], self._booking(kind, guid))

    def _refuse(self, unit: IssuanceTransaction, error: IssuanceError, guid: CardGuid) -> None:
        if self.rule is StockRule.ENFORCE:
            raise error
        facts: dict[str, str | int | bool | None] = {
            "reason": error.reason.value,
            "keeper": self.keeper,
        }
        self._record(unit, AuditAction.STOCK_BYPASSED, str(guid), facts)

    def _booking(self, kind: MovementKind, guid: CardGuid) -> Booking:
        return Booking(kind, self.operator, self.at, reference=self.job, card=guid)

    def _record(
        self,
        unit: IssuanceTransaction,
        action: AuditAction,
        subject: str,
        facts: dict[str, str | int | bool | None],
    ) -> None:
        unit.record(AuditEvent(require_utc(self.at), self.operator, action, subject, facts))


def _held(unit: IssuanceTransaction, guid: CardGuid) -> Blank | None:
    """Return the blank that is reserved for a card."""
    blank = unit.stock.blank_of_card(guid)
    reserved = blank is not None and (blank.state, blank.card) == (BlankState.RESERVED, guid)
    return blank if reserved else None


def _stands_in_for(unit: IssuanceTransaction, held: Blank) -> str | None:
    """Return the blank that was ordered where another one turned out to be in the reader."""
    last = unit.stock.last_movement(held.serial)
    return last.reason if last.kind is MovementKind.REASSIGN else None


def require_free(unit: IssuanceTransaction, serial: str | None, keeper: str) -> Blank:
    """Return a blank that a desk may take.

    Raises:
        IssuanceError: none is named (BLANK_REQUIRED), it is in no book (BLANK_UNKNOWN), or not
            free in this keeper's stock (BLANK_NOT_IN_STOCK).
    """
    if serial is None:
        raise IssuanceError(ReasonCode.BLANK_REQUIRED, "no blank is named")
    (blank,) = find_blanks(unit, [serial])
    if blank.state is not BlankState.IN_STOCK or blank.keeper != keeper:
        raise IssuanceError(
            ReasonCode.BLANK_NOT_IN_STOCK,
            f"blank {serial} is {blank.state.value} at {blank.keeper}",
        )
    return blank


def require_blank(
    unit: IssuanceTransaction, serial: str | None, *, keeper: str, application_id: str
) -> None:
    """Accept a blank that a card may be ordered from: free, or this application's torn one's.

    Raises:
        IssuanceError: as ``require_free``.
    """
    cards = unit.cards_of_application(application_id)
    held = _held(unit, cards[-1].guid) if cards else None
    if held is None or held.serial != serial:
        require_free(unit, serial, keeper)


def use_blank(unit: IssuanceTransaction, guid: CardGuid, *, operator: str, at: datetime) -> None:
    """Book that a card was finished; nothing where its blank is in no book."""
    blank = _held(unit, guid)
    if blank is not None:
        book(unit, [blank], Booking(MovementKind.USE, operator, at, card=guid))


def spoil_blank(unit: IssuanceTransaction, guid: CardGuid, *, operator: str, at: datetime) -> None:
    """Book that a card was given up; its blank waits to be destroyed."""
    blank = unit.stock.blank_of_card(guid)
    if blank is not None and blank.card == guid:
        booking = Booking(MovementKind.SPOIL, operator, at, reason="card_spoiled", card=guid)
        book(unit, [blank], booking)

"""The one way into the books: which movement leads where, on which day, with one audit event."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.operator_key import is_same_operator
from cardsvc.stock_records import Blank, BlankState, Entry, Movement, MovementKind
from issuance.ports import IssuanceTransaction

_S, _K = BlankState, MovementKind
_SHELF = (_S.IN_STOCK, _S.HELD, _S.SPOILED)
TRANSITIONS: Mapping[tuple[BlankState, MovementKind], BlankState] = {
    (_S.IN_STOCK, _K.ISSUE): _S.IN_STOCK,
    (_S.SPOILED, _K.ISSUE): _S.SPOILED,
    (_S.IN_STOCK, _K.HOLD): _S.HELD,
    (_S.HELD, _K.RELEASE): _S.IN_STOCK,
    (_S.IN_STOCK, _K.RESERVE): _S.RESERVED,
    (_S.RESERVED, _K.FREE): _S.IN_STOCK,
    (_S.RESERVED, _K.REASSIGN): _S.RESERVED,
    (_S.SPOILED, _K.REASSIGN): _S.RESERVED,
    (_S.RESERVED, _K.USE): _S.USED,
    **{(state, _K.SPOIL): _S.SPOILED for state in (_S.IN_STOCK, _S.HELD, _S.RESERVED, _S.USED)},
    **{(state, _K.DESTROY): _S.DESTROYED for state in _SHELF},
    **{(state, _K.RETURN): _S.RETURNED for state in _SHELF},
    **{(state, _K.LOSE): _S.LOST for state in _SHELF},
    **{(state, _K.FIND): _S.HELD for state in (_S.LOST, _S.RETURNED, _S.DESTROYED)},
}
"""What is not here is refused. A blank that turns up again is held until somebody looked at it."""

WITNESSED = frozenset({_K.DESTROY, _K.LOSE, _K.FIND})
"""Movements that one person alone must not book: they are how a blank would be stolen."""

_OF_A_CARD = frozenset({_S.RESERVED, _S.USED})


@dataclass(frozen=True, slots=True)
class Booking:
    """What a batch of movements has in common.

    Args:
        kind: why the blanks move.
        operator: who books.
        at: now.
        to_keeper: who gets them; None where they stay.
        reference: delivery note, record of destruction, job.
        reason: a short code.
        witness: the second person.
        card: the card that they are reserved for.
    """

    kind: MovementKind
    operator: str
    at: datetime
    to_keeper: str | None = None
    reference: str = ""
    reason: str = ""
    witness: str | None = None
    card: CardGuid | None = None


def book(unit: IssuanceTransaction, blanks: Sequence[Blank], booking: Booking) -> tuple[Blank, ...]:
    """Move blanks, all or none; return them as they are then.

    Raises:
        IssuanceError: one is not in a state for it (BLANK_NOT_IN_STOCK), a keeper is unknown
            (STOCK_KEEPER_UNKNOWN), or the witness is missing or the operator (SAME_OPERATOR).
    """
    _require_witness(booking)
    moved = [_after(blank, booking) for blank in blanks]
    return _append(unit, [*zip(blanks, moved, strict=True)], booking)


def book_new(
    unit: IssuanceTransaction, blanks: Sequence[Blank], booking: Booking
) -> tuple[Blank, ...]:
    """Take blanks that come from outside into the books.

    Raises:
        IssuanceError: one is in the books already (BLANK_KNOWN), or the keeper is unknown.
    """
    if unit.stock.blanks([blank.serial for blank in blanks]):
        raise IssuanceError(ReasonCode.BLANK_KNOWN, "a serial is in the books already")
    return _append(unit, [(None, blank) for blank in blanks], booking)


def business_days(
    unit: IssuanceTransaction, keepers: Collection[str], at: datetime
) -> Mapping[str, date]:
    """Return the day on which something booked now counts with each keeper: never a closed one.

    Raises:
        IssuanceError: no such keeper (STOCK_KEEPER_UNKNOWN).
    """
    today = require_utc(at).astimezone(VIETNAM_TIME).date()
    days = {}
    for keeper in sorted(keepers):  # in one order, since each is locked
        closed = unit.stock.last_closed(keeper)
        days[keeper] = today if closed is None else max(today, closed + timedelta(days=1))
    return days


def serials_digest(serials: Collection[str]) -> bytes:
    """Return SHA-256 over the sorted serials, each with a line end: 32 octets."""
    return sha256("".join(f"{serial}\n" for serial in sorted(serials)).encode()).digest()


def _require_witness(booking: Booking) -> None:
    if booking.kind not in WITNESSED and booking.witness is None:
        return
    if not booking.witness or is_same_operator(booking.witness, booking.operator):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "two different people are needed")


def _after(blank: Blank, booking: Booking) -> Blank:
    state = TRANSITIONS.get((blank.state, booking.kind))
    if state is None:
        raise IssuanceError(
            ReasonCode.BLANK_NOT_IN_STOCK,
            f"blank {blank.serial} is {blank.state.value}: no {booking.kind.value}",
        )
    card = (booking.card or blank.card) if state in _OF_A_CARD else None
    keeper = booking.to_keeper or blank.keeper
    return replace(blank, state=state, keeper=keeper, moves=blank.moves + 1, card=card)


def _append(
    unit: IssuanceTransaction, moved: Sequence[tuple[Blank | None, Blank]], booking: Booking
) -> tuple[Blank, ...]:
    if not moved:
        raise IssuanceError(ReasonCode.BLANK_UNKNOWN, "no blank is named")
    at = require_utc(booking.at)
    document = f"{moved[0][1].serial}#{moved[0][1].moves}"  # its first line: no other has it
    keepers = {blank.keeper for pair in moved for blank in pair if blank is not None}
    days = business_days(unit, keepers, at)
    entries = [
        Entry(
            after,
            Movement(
                serial=after.serial,
                ordinal=after.moves,
                kind=booking.kind,
                at=at,
                from_day=days[before.keeper] if before else None,
                to_day=days[after.keeper],
                operator=booking.operator,
                from_state=before.state if before else None,
                from_keeper=before.keeper if before else None,
                to_state=after.state,
                to_keeper=after.keeper,
                document=document,
                reference=booking.reference,
                reason=booking.reason,
                witness=booking.witness,
                card=booking.card or (before.card if before else None),
            ),
        )
        for before, after in moved
    ]
    unit.stock.book(entries)
    unit.record(_event(entries, booking, document))
    return tuple(entry.blank for entry in entries)


def _event(entries: Sequence[Entry], booking: Booking, document: str) -> AuditEvent:
    """Return the one event of a batch; a single blank is its own subject."""
    serials = [entry.blank.serial for entry in entries]
    facts: AuditFacts = {
        "kind": booking.kind.value,
        "document": document,
        "blanks": len(serials),
        "serials_sha256": serials_digest(serials).hex(),
        "keeper": entries[0].blank.keeper,
        "reference": booking.reference or None,
        "reason": booking.reason or None,
        "witness": booking.witness,
        "card": None if booking.card is None else str(booking.card),
    }
    subject = serials[0] if len(serials) == 1 else document
    return AuditEvent(
        require_utc(booking.at), booking.operator, AuditAction.STOCK_MOVED, subject, facts
    )

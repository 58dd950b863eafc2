"""What a stock keeper does: receive, issue, hold, spoil, return, destroy, write off, find again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cardsvc.access_records import require_identifier
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.stock_records import Blank, BlankState, MovementKind, StockKeeper
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.stock.booking import Booking, book, book_new
from issuance.stock.serials import require_code

_OF_A_CARD = frozenset({BlankState.RESERVED, BlankState.USED})


def put_keeper(store: IssuanceStore, keeper: StockKeeper, *, operator: str, at: datetime) -> None:
    """Name who keeps blanks; a desk's keeper has its agent's identifier.

    Raises:
        Malformed: an identifier is not of its form.
    """
    require_identifier(keeper.id)
    require_code(keeper.site)
    with store.transaction() as unit:
        unit.stock.put_keeper(keeper)
        facts: dict[str, str | int | bool | None] = {"site": keeper.site}
        event = AuditAction.STOCK_KEEPER_PUT
        unit.record(AuditEvent(require_utc(at), operator, event, keeper.id, facts))


def receive(
    store: IssuanceStore,
    serials: Sequence[str],
    *,
    product: str,
    box: str,
    keeper: str,
    delivery_note: str,
    operator: str,
    at: datetime,
) -> tuple[Blank, ...]:
    """Take a delivery into the books.

    Raises:
        IssuanceError: a serial is in the books already (BLANK_KNOWN), no such keeper
            (STOCK_KEEPER_UNKNOWN).
        Malformed: product, box or delivery note is no code.
    """
    for code in (product, box, delivery_note):
        require_code(code)
    new = [Blank(one, product, box, keeper, BlankState.IN_STOCK, moves=1) for one in serials]
    booking = Booking(MovementKind.RECEIVE, operator, at, reference=delivery_note)
    with store.transaction() as unit:
        return book_new(unit, new, booking)


def move_blanks(
    store: IssuanceStore,
    serials: Sequence[str],
    kind: MovementKind,
    *,
    operator: str,
    at: datetime,
    to_keeper: str | None = None,
    reference: str = "",
    reason: str = "",
    witness: str | None = None,
) -> tuple[Blank, ...]:
    """Book a keeper's movement of blanks, all or none.

    Args:
        store: the records.
        serials: which.
        kind: ISSUE (to a keeper), HOLD, RELEASE, SPOIL, RETURN (to the supplier), DESTROY, LOSE
            (written off) or FIND; the last three by two people.
        operator: who books.
        at: now.
        to_keeper: who gets them; for ISSUE alone.
        reference: the record on paper, a code.
        reason: a code.
        witness: the second person.

    Raises:
        IssuanceError: a blank is unknown (BLANK_UNKNOWN), in no state for it, kept for a card or
            made into one (BLANK_NOT_IN_STOCK), or one person alone did it (SAME_OPERATOR).
        Malformed: reference or reason is no code.
        ValueError: the kind is not a keeper's to book, or needs or forbids ``to_keeper``.
    """
    if kind not in KEEPERS_KINDS or (kind is MovementKind.ISSUE) != (to_keeper is not None):
        msg = f"{kind.value} is not booked so"
        raise ValueError(msg)
    for code in filter(None, (reference, reason)):
        require_code(code)
    booking = Booking(kind, operator, at, to_keeper, reference, reason, witness)
    with store.transaction() as unit:
        blanks = find_blanks(unit, serials)
        for blank in blanks:
            if blank.state in _OF_A_CARD:
                # its card's record has to say so, too: the card is spoiled, and its blank with it
                raise IssuanceError(
                    ReasonCode.BLANK_NOT_IN_STOCK, f"blank {blank.serial} belongs to a card"
                )
        return book(unit, blanks, booking)


KEEPERS_KINDS = frozenset(
    {
        MovementKind.ISSUE,
        MovementKind.HOLD,
        MovementKind.RELEASE,
        MovementKind.SPOIL,
        MovementKind.RETURN,
        MovementKind.DESTROY,
        MovementKind.LOSE,
        MovementKind.FIND,
    }
)


def find_blanks(unit: IssuanceTransaction, serials: Sequence[str]) -> tuple[Blank, ...]:
    """Return blanks in the order in which they were named, each once.

    Raises:
        IssuanceError: one is in no book (BLANK_UNKNOWN).
    """
    known = unit.stock.blanks(serials)
    for serial in serials:
        if serial not in known:
            raise IssuanceError(ReasonCode.BLANK_UNKNOWN, f"blank {serial} is in no book")
    return tuple(known[serial] for serial in dict.fromkeys(serials))

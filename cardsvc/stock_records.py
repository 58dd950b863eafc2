"""Card blanks and what becomes of each, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique

from cardsvc.card.guid import CardGuid


@unique
class BlankState(StrEnum):
    """Where a blank stands."""

    IN_STOCK = "in_stock"
    HELD = "held"
    RESERVED = "reserved"
    USED = "used"
    SPOILED = "spoiled"
    DESTROYED = "destroyed"
    RETURNED = "returned"
    LOST = "lost"


USABLE = frozenset({BlankState.IN_STOCK, BlankState.HELD, BlankState.RESERVED})
"""What a day's balance counts."""
PRESENT = USABLE | {BlankState.SPOILED}
"""What lies in the keeper's safe, and is found there when it is counted."""


@unique
class MovementKind(StrEnum):
    """Why a blank moved."""

    RECEIVE = "receive"
    ISSUE = "issue"
    HOLD = "hold"
    RELEASE = "release"
    RESERVE = "reserve"
    REASSIGN = "reassign"
    FREE = "free"
    USE = "use"
    SPOIL = "spoil"
    DESTROY = "destroy"
    RETURN = "return"
    LOSE = "lose"
    FIND = "find"


@dataclass(frozen=True, slots=True)
class StockKeeper:
    """Who keeps blanks: a store room, or an issuing desk under its agent's identifier."""

    id: str
    name: str
    site: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A card blank as the books have it.

    Args:
        serial: as printed on it or its wrapping.
        product: which model of blank.
        box: the box it came in.
        keeper: who has it, or had it last.
        state: where it stands.
        moves: how many movements made it so.
        card: the card that it is kept for or was made into.
    """

    serial: str
    product: str
    box: str
    keeper: str
    state: BlankState
    moves: int
    card: CardGuid | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the books; from and to always chain.

    Args:
        serial: the blank.
        ordinal: the blank's how manieth movement, from 1.
        kind: why.
        at: when it was booked.
        from_day: on which business day it counts with whom it left.
        to_day: on which business day it counts with whom it came to.
        operator: who booked it.
        from_state: None where the blank came from outside.
        from_keeper: None where the blank came from outside.
        to_state: where it stands now.
        to_keeper: who has it now.
        document: what was booked together; the subject of the audit event.
        reference: the delivery note, the record of destruction, the job.
        reason: a short code.
        witness: the second person, where two are needed.
        card: the card it concerns.
    """

    serial: str
    ordinal: int
    kind: MovementKind
    at: datetime
    from_day: date | None
    to_day: date
    operator: str
    from_state: BlankState | None
    from_keeper: str | None
    to_state: BlankState
    to_keeper: str
    document: str
    reference: str = ""
    reason: str = ""
    witness: str | None = None
    card: CardGuid | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement, and the blank as it leaves it."""

    blank: Blank
    movement: Movement


@dataclass(frozen=True, slots=True)
class Flow:
    """How many blanks of a product moved the same way in a period."""

    product: str
    kind: MovementKind
    from_state: BlankState | None
    from_keeper: str | None
    to_state: BlankState
    to_keeper: str
    quantity: int


@unique
class DifferenceKind(StrEnum):
    """How count and books differ over a blank."""

    MISSING = "missing"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class StockCount:
    """A physical count of all that lies with a keeper.

    Args:
        id: its identifier.
        keeper: whose safe was counted.
        day: the business day that it may close.
        at: when it was typed in.
        operator: who counted.
        counted: how many blanks were there.
        serials_sha256: over the sorted serials, each with a line end.
        differences: serials over which count and books differed at that moment.
    """

    id: str
    keeper: str
    day: date
    at: datetime
    operator: str
    counted: int
    serials_sha256: bytes
    differences: Mapping[str, DifferenceKind]


@dataclass(frozen=True, slots=True)
class DayLine:
    """A closed day's balance of one product: usable blanks, and spoiled ones kept beside them."""

    product: str
    opening: int
    received: int
    brought: int
    found: int
    restored: int
    sent: int
    used: int
    spoiled: int
    destroyed: int
    returned: int
    lost: int
    closing: int
    spoiled_kept: int

    @property
    def balances(self) -> bool:
        """Tell whether opening, what came and what went make the closing."""
        came = self.received + self.brought + self.found + self.restored
        went = self.sent + self.used + self.spoiled + self.destroyed + self.returned + self.lost
        return self.opening + came - went == self.closing


@dataclass(frozen=True, slots=True)
class StockDay:
    """A keeper's closed day; it covers everything since the day that was closed before."""

    keeper: str
    day: date
    at: datetime
    operator: str
    count_id: str
    lines: tuple[DayLine, ...]

"""How one door works, as agent.toml says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.clock import VIETNAM_TIME
from verification.policy.schedule import EVERY_DAY, NO_OWN_DAYS, Calendar, Schedule, is_open


@unique
class PassbackMode(StrEnum):
    """What becomes of a card that enters an area in which it already is."""

    OFF = "off"
    SOFT = "soft"
    """It opens, and the record says so."""
    HARD = "hard"


OUTSIDE = "outside"
"""The area that is none."""


@dataclass(frozen=True, slots=True)
class DoorRules:
    """Everything that the controller goes by.

    Args:
        name: of the door.
        pulse_seconds: how long it stays unlocked for one who may pass.
        most_tap_seconds: how old a tap may be when its decision comes; later, nothing opens.
        most_order_seconds: how old our question may be when an order to open answers it.
        held_open_seconds: how long the leaf may stand open.
        guard_seconds: how long a card waits for the guard.
        has_contact: whether a contact tells how the leaf stands.
        access: when cards open the door at all, beside what the policy of the service says.
        free: when the door stands unlocked; None is never.
        first_person_in: it does so only once somebody was let in during that time.
        calendar: days that differ from the national calendar.
        passback: what becomes of a card that is inside already.
        from_area: which area people come from through this door; who leaves goes back there.
        to_area: which one they enter.
        interlock: doors of one name never stand open together; empty for none.
        guarded: the guard has the door from the start.
    """

    name: str
    pulse_seconds: float = 5.0
    most_tap_seconds: float = 2.0
    most_order_seconds: float = 15.0
    held_open_seconds: float = 30.0
    guard_seconds: float = 15.0
    has_contact: bool = True
    access: Schedule = EVERY_DAY
    free: Schedule | None = None
    first_person_in: bool = True
    calendar: Calendar = NO_OWN_DAYS
    passback: PassbackMode = PassbackMode.OFF
    from_area: str = OUTSIDE
    to_area: str = ""
    interlock: str = ""
    guarded: bool = False

    def way(self, *, leaving: bool) -> tuple[str, str]:
        """Return the area that somebody comes from, and the one that he or she goes to."""
        if leaving:
            return self.to_area, self.from_area
        return self.from_area, self.to_area

    def lets_cards_in(self, at: datetime) -> bool:
        """Tell whether cards open the door at this instant."""
        return is_open(self.access, self.calendar, at.astimezone(VIETNAM_TIME))

    def stands_free(self, at: datetime) -> bool:
        """Tell whether the door may stand unlocked at this instant."""
        if self.free is None:
            return False
        return is_open(self.free, self.calendar, at.astimezone(VIETNAM_TIME))

"""What a door is told, and what it does: the words of the controller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import TypeAlias

DoorFacts: TypeAlias = dict[str, str | int | bool | None]
"""Flat details of an event: identifiers and codes, never a name or a number of a person."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant, read on two clocks.

    Args:
        seconds: of a monotonic clock; ages and bounds are told by it alone.
        at: aware UTC, for schedules and for the record.
    """

    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Permit:
    """A card was granted.

    Args:
        number: of this tap, of no other; a permit opens once.
        card: the card's identifier.
        tapped_seconds: when the card came, by the monotonic clock.
        duress: the holder said that somebody forces him or her.
        guard: the decision wants a guard to look first.
        offline: it was decided here, without the service.
        leaving: it was tapped at the reader inside.
    """

    number: int
    card: str
    tapped_seconds: float
    duress: bool = False
    guard: bool = False
    offline: bool = False
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A card was denied, or could not be read; the reason is a code."""

    reason: str


@dataclass(frozen=True, slots=True)
class ContactMoved:
    """The contact at the leaf says how the door stands."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class ExitAsked:
    """Somebody inside presses the button, or the handle's switch closes."""


@dataclass(frozen=True, slots=True)
class TailgateSeen:
    """A detector saw more people pass than were let in."""


@dataclass(frozen=True, slots=True)
class PersonPassed:
    """A turnstile or a light barrier counted one person."""


@dataclass(frozen=True, slots=True)
class RemoteOpen:
    """Two people at the service opened the door; the order was checked.

    Args:
        order: its identifier.
        asked_seconds: when we asked for orders, by the monotonic clock; it answers that question.
    """

    order: str
    asked_seconds: float


@dataclass(frozen=True, slots=True)
class GuardSwitched:
    """The guard takes over the door, or gives it back."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class GuardConfirmed:
    """The guard lets in whom he or she sees."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Happening: TypeAlias = (
    Permit
    | Refusal
    | ContactMoved
    | ExitAsked
    | TailgateSeen
    | PersonPassed
    | RemoteOpen
    | GuardSwitched
    | GuardConfirmed
    | Tick
)


@unique
class Signal(StrEnum):
    """What the reader's light and sound tell whoever stands before the door."""

    READY = "ready"
    FREE = "free"
    GRANTED = "granted"
    DENIED = "denied"
    WAIT = "wait"
    ALARM = "alarm"


@unique
class DoorEvent(StrEnum):
    """What goes into the record."""

    GRANTED = "door.granted"
    DENIED = "door.denied"
    DURESS = "door.duress"
    ENTERED = "door.entered"
    NOT_ENTERED = "door.not_entered"
    PASSBACK = "door.passback_overlooked"
    AREAS_LOST = "door.areas_lost"
    EXIT = "door.exit"
    REMOTE_OPENED = "door.remote_opened"
    REMOTE_REFUSED = "door.remote_refused"
    FORCED = "door.forced"
    HELD_OPEN = "door.held_open"
    TAILGATE = "door.tailgate"
    SECURED = "door.secured"
    GUARD_ASKED = "door.guard_asked"
    GUARD_ON = "door.guard_on"
    GUARD_OFF = "door.guard_off"
    FREE = "door.free"
    FREE_ENDED = "door.free_ended"
    OUTPUT_FAILED = "door.output_failed"
    OUTPUT_WORKS = "door.output_works"
    STARTED = "door.started"
    RESTED = "door.rested"


@unique
class DoorRefusal(StrEnum):
    """Why a granted card or an order still does not open; stands in the record."""

    LATE = "late_answer"
    SPENT = "spent_permit"
    OUTSIDE_HOURS = "outside_hours"
    PASSBACK = "passback"
    PASSBACK_UNKNOWN = "passback_unknown"
    INTERLOCK = "interlock"
    GUARD_SILENT = "guard_silent"


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let the door be opened.

    Args:
        seconds: for so long; None until ``Lock`` comes.
    """

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Lock:
    """Keep the door shut."""


@dataclass(frozen=True, slots=True)
class Show:
    """Tell whoever stands there."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class Report:
    """Put an event into the record."""

    event: DoorEvent
    facts: DoorFacts = field(default_factory=dict)


Deed: TypeAlias = Unlock | Lock | Show | Report

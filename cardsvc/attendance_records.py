"""What is kept for attendance (chấm công): taps at doors and kiosks, and corrections of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique

from cardsvc.identity.names import PersonName

TAP_KIND = "attendance.tap"
"""The kind of an agent's event that counts for attendance."""


@unique
class Direction(StrEnum):
    """Which way somebody went. Where nothing tells, in and out take turns."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AttendanceTap:
    """A granted tap of a card at a place that counts for attendance.

    Args:
        at: when, by the agent's clock.
        direction: which way.
        place: the door or kiosk; ``correction`` for one that was added and approved.
    """

    at: datetime
    direction: Direction
    place: str = ""


@unique
class Absence(StrEnum):
    """Why somebody is not at work.

    The kinds and their signs are those of the usual sheet (form C01a-HD of Decision
    19/2006/QĐ-BTC and 01a-LĐTL of Circular 200/2014/TT-BTC), with official trips added.
    """

    ANNUAL = "annual"
    SICK = "sick"
    CHILD_SICK = "child_sick"
    MATERNITY = "maternity"
    ACCIDENT = "accident"
    STUDY = "study"
    TRIP = "trip"
    COMPENSATORY = "compensatory"
    UNPAID = "unpaid"
    STOPPAGE = "stoppage"
    CIVIC_DUTY = "civic_duty"


@unique
class CorrectionKind(StrEnum):
    """What a correction adds."""

    IN = "in"
    OUT = "out"
    ABSENCE = "absence"


@unique
class CorrectionState(StrEnum):
    """Where a correction stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Correction:
    """Something that the taps do not tell; counts once another person has approved it.

    Args:
        id: our own opaque identifier.
        holder_id: about whom.
        kind: what it adds.
        first_day: the day, or an absence's first (Vietnam's date).
        last_day: an absence's last (inclusive); the same day otherwise.
        at: the instant of a forgotten tap; None for an absence.
        absence: why; None for a forgotten tap.
        requested_by: who asked for it.
        requested_at: when.
        state: where it stands.
        decided_by: who approved or rejected it.
        decided_at: when.
    """

    id: str
    holder_id: str
    kind: CorrectionKind
    first_day: date
    last_day: date
    at: datetime | None
    absence: Absence | None
    requested_by: str
    requested_at: datetime
    state: CorrectionState = CorrectionState.REQUESTED
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueuedCorrection:
    """A correction as a list shows it.

    Args:
        correction: what is asked for.
        holder_name: about whom, as printed.
        agency_code: the managing agency; None where the person has none.
    """

    correction: Correction
    holder_name: str
    agency_code: str | None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A line of the sheet.

    Args:
        holder_id: who it is.
        name: as printed.
        position: position, title or job.
        unit_name: the unit within the agency.
        until: the last day of the employment; None while it lasts.
    """

    holder_id: str
    name: PersonName
    position: str
    unit_name: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class LeaveLock:
    """A card was locked for a leave; ``until`` is None while it is."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """Everything that is known of one line for some days.

    Args:
        member: who.
        taps: oldest first.
        corrections: approved ones alone.
        leaves: when a card was locked for a leave.
    """

    member: StaffMember
    taps: tuple[AttendanceTap, ...] = ()
    corrections: tuple[Correction, ...] = ()
    leaves: tuple[LeaveLock, ...] = field(default=())

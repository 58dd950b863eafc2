"""Shifts: when work begins and ends, also over midnight, and what is late, early or overtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cardsvc.clock import VIETNAM_TIME
from issuance.privacy.working_days import WorkingDays

_DAY = timedelta(days=1)
_MONDAY = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Some time, from its first instant to its end."""

    start: datetime
    end: datetime

    def overlap(self, other: Span) -> timedelta:
        """Return how long both last."""
        return max(min(self.end, other.end) - max(self.start, other.start), timedelta(0))


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift.

    Args:
        name: as the rules call it.
        vi: its title in Vietnamese.
        en: the same in English.
        work: from and to, in minutes from midnight; in order, a last one may end the next day.
        days: days of the week (Monday is 0) on which it begins.
        works_holidays: whether public holidays are worked like other days.
        late_after: minutes after the beginning that are not late yet.
        early_before: minutes before the end that are not early yet.
        full_day_percent: of its time, at which a day counts as a whole one.
        half_day_percent: at which it counts as half a day.
        overtime_from: minutes after the end at which they count.
    """

    name: str
    vi: str
    en: str
    work: tuple[tuple[int, int], ...]
    days: frozenset[int]
    works_holidays: bool = False
    late_after: int = 5
    early_before: int = 5
    full_day_percent: int = 75
    half_day_percent: int = 40
    overtime_from: int = 30

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return when it is worked, where it begins on a day."""
        midnight = datetime.combine(day, time(), VIETNAM_TIME)
        return tuple(
            Span(midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
            for start, end in self.work
        )

    def window(self, day: date) -> Span:
        """Return the time whose taps belong to a day: half-way from one shift to the next."""
        return Span(self._cut(day), self._cut(day + _DAY))

    def is_worked(self, day: date, calendar: WorkingDays) -> bool:
        """Tell whether it is worked on a day; a day that makes up for another is a Monday."""
        if day in calendar.on:
            return day.weekday() in self.days or _MONDAY in self.days
        if day.weekday() not in self.days:
            return False
        return self.works_holidays or not calendar.is_public_holiday(day)

    def _cut(self, day: date) -> datetime:
        start = self.spans(day)[0].start
        before = self.spans(day - _DAY)[-1].end
        return before + (start - before) / 2


@dataclass(frozen=True, slots=True)
class ShiftBook:
    """Who works which shift.

    Args:
        default: of everybody else.
        units: by agency's code and unit's name; an empty unit is the whole agency.
    """

    default: Shift
    units: Mapping[tuple[str, str], Shift]

    def of(self, agency: str, unit: str) -> Shift:
        """Return the shift of a unit."""
        return self.units.get((agency, unit)) or self.units.get((agency, "")) or self.default

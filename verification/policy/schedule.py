"""Weekly schedules in Vietnam's time, with public holidays, make-up days and closures.

Public holidays: Labour Code 45/2019/QH14 article 112 and the yearly decisions, as the library
``holidays`` has them. A decision that it does not know yet stands in the document's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from functools import lru_cache

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONDAY = 0
_DAY = timedelta(days=1)


@unique
class Holidays(StrEnum):
    """What a public holiday means to a schedule."""

    CLOSED = "closed"
    OPEN = "open"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Period:
    """Minutes of a day from midnight: the first that is in, and the first that is out again.

    A period that ends at or before its start goes on into the next day.
    """

    start: int
    end: int

    @property
    def end_from_start_of_day(self) -> int:
        """The end counted from the midnight at which the period's day began."""
        return self.end if self.end > self.start else self.end + MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods by day of the week (Monday is 0).

    Args:
        weekly: seven tuples of periods.
        holidays: closed on public holidays, open as on any day, or open on holidays alone.
    """

    weekly: tuple[tuple[Period, ...], ...]
    holidays: Holidays = Holidays.CLOSED


EVERY_DAY = Schedule(((Period(0, MINUTES_A_DAY),),) * 7, Holidays.OPEN)
"""Day and night; the schedule of a rule that names none."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days that differ from the national calendar.

    Args:
        closures: days on which every schedule is closed but ``EVERY_DAY``.
        working_days: days that are worked like a day of the week (Monday is 0), holiday or not.
    """

    closures: frozenset[date] = frozenset()
    working_days: Mapping[date, int] = field(default_factory=dict)


NO_OWN_DAYS = Calendar()
"""The national calendar as it is."""


@dataclass(frozen=True, slots=True)
class NationalYear:
    """A year's public holidays with their Vietnamese names, and weekend days to be worked."""

    names: Mapping[date, str]
    make_up_days: frozenset[date]


@lru_cache(maxsize=64)
def national_year(year: int) -> NationalYear:
    """Return the public holidays of a year, substituted days off among them."""
    import holidays  # noqa: PLC0415 - slow to load, and most commands ask no calendar

    found = holidays.country_holidays("VN", years=year, language="vi")
    names = {day: name for day, name in found.items() if day.year == year}
    make_up_days = frozenset(day for day in found.weekend_workdays if day.year == year)
    return NationalYear(names, make_up_days)


def is_open(schedule: Schedule, calendar: Calendar, local: datetime) -> bool:
    """Tell whether a schedule is open.

    Args:
        schedule: the periods.
        calendar: the service's own days.
        local: the moment in Vietnam's time.
    """
    if schedule is EVERY_DAY:
        return True
    today = local.date()
    minute = local.hour * 60 + local.minute
    if any(
        period.start <= minute < period.end_from_start_of_day
        for period in periods_of(schedule, calendar, today)
    ):
        return True
    if today == date.min:
        return False
    late = minute + MINUTES_A_DAY
    return any(
        late < period.end_from_start_of_day
        for period in periods_of(schedule, calendar, today - _DAY)
    )


def periods_of(schedule: Schedule, calendar: Calendar, day: date) -> tuple[Period, ...]:
    """Return the periods that begin on a day.

    Closures come first, then the service's own working days, then the national calendar. A
    make-up day of the national calendar is worked like a Monday.
    """
    if day in calendar.closures:
        return ()
    worked_as = calendar.working_days.get(day)
    if worked_as is not None:
        return () if schedule.holidays is Holidays.ONLY else schedule.weekly[worked_as]
    year = national_year(day.year)
    if day in year.make_up_days:
        return () if schedule.holidays is Holidays.ONLY else schedule.weekly[_MONDAY]
    is_holiday = day in year.names
    if schedule.holidays is Holidays.OPEN or is_holiday is (schedule.holidays is Holidays.ONLY):
        return schedule.weekly[day.weekday()]
    return ()

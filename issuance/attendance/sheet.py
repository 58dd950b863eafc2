"""The monthly sheet of a unit: a line for each person, a sign for each day, and the totals."""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cardsvc.attendance_records import StaffMember, StaffRecord
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import Malformed, ReasonCode
from issuance.attendance.day import DayMark, Pay, Sign, mark_day
from issuance.attendance.shifts import ShiftBook, Span
from issuance.privacy.working_days import WorkingDays

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    year: int
    month: int

    @property
    def days(self) -> tuple[date, ...]:
        """Its days, in order."""
        count = months.monthrange(self.year, self.month)[1]
        return tuple(date(self.year, self.month, one) for one in range(1, count + 1))

    @property
    def window(self) -> Span:
        """The time in which taps can belong to it: its days, and a night before and after."""
        first = datetime.combine(self.days[0] - _DAY, time(), VIETNAM_TIME)
        last = datetime.combine(self.days[-1] + 2 * _DAY, time(), VIETNAM_TIME)
        return Span(first, last)


def parse_month(text: str) -> Month:
    """Parse ``2026-11``.

    Raises:
        Malformed: MALFORMED_DATE.
    """
    match = _MONTH.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        raise Malformed(ReasonCode.MALFORMED_DATE, "a month is YYYY-MM")
    return Month(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class Totals:
    """What a line adds up to: days in halves, the rest in minutes or times.

    Args:
        worked: half days worked.
        paid: half days off that are paid, public holidays among them.
        insured: half days that social insurance pays.
        unpaid: half days without pay.
        unclear: half days that somebody has to look into.
        late: how often.
        late_minutes: altogether.
        early: how often.
        early_minutes: altogether.
        overtime: minutes after working days.
        rest_overtime: minutes on days of rest.
        holiday_overtime: minutes on public holidays.
    """

    worked: int = 0
    paid: int = 0
    insured: int = 0
    unpaid: int = 0
    unclear: int = 0
    late: int = 0
    late_minutes: int = 0
    early: int = 0
    early_minutes: int = 0
    overtime: int = 0
    rest_overtime: int = 0
    holiday_overtime: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One person's month."""

    member: StaffMember
    marks: tuple[DayMark, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class MonthlySheet:
    """A unit's month.

    Args:
        agency: the agency's name.
        unit: the unit's name; empty for the whole agency.
        month: which.
        lines: in the order of staff lists.
        rest_days: days on which the unit's shift is not worked.
        as_of: when it was made; days after that have no signs.
    """

    agency: str
    unit: str
    month: Month
    lines: tuple[Line, ...]
    rest_days: frozenset[date]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SheetRules:
    """What a sheet is made by.

    Args:
        shifts: who works when.
        calendar: days off and days that are worked instead.
    """

    shifts: ShiftBook
    calendar: WorkingDays


def make_sheet(
    records: Iterable[StaffRecord],
    rules: SheetRules,
    *,
    agency_code: str,
    agency_name: str,
    unit: str,
    month: Month,
    as_of: datetime,
) -> MonthlySheet:
    """Return the sheet of a unit.

    Args:
        records: its people, with what is known of them in ``month.window``.
        rules: shifts and calendar.
        agency_code: finds the shifts.
        agency_name: stands above the sheet.
        unit: the unit's name; empty for the whole agency.
        month: which.
        as_of: a day whose shift is not over by then has no sign.
    """
    ordered = sorted(records, key=lambda one: (one.member.name.sort_key, one.member.holder_id))
    lines = []
    for record in ordered:
        shift = rules.shifts.of(agency_code, record.member.unit_name)
        marks = tuple(mark_day(record, day, shift, rules.calendar, as_of) for day in month.days)
        lines.append(Line(record.member, marks, total(marks)))
    shift = rules.shifts.of(agency_code, unit)
    rest = frozenset(day for day in month.days if not shift.is_worked(day, rules.calendar))
    return MonthlySheet(agency_name, unit, month, tuple(lines), rest, as_of)


def total(marks: Sequence[DayMark]) -> Totals:
    """Return what days add up to."""
    off = dict.fromkeys(Pay, 0)
    for mark in marks:
        if mark.sign.pay is not None:
            off[mark.sign.pay] += 2 - mark.halves_worked
        elif mark.sign is Sign.HALF:
            off[Pay.UNCLEAR] += 1
    return Totals(
        worked=sum(mark.halves_worked for mark in marks),
        paid=off[Pay.PAID],
        insured=off[Pay.INSURED],
        unpaid=off[Pay.UNPAID],
        unclear=off[Pay.UNCLEAR],
        late=sum(mark.late > 0 for mark in marks),
        late_minutes=sum(mark.late for mark in marks),
        early=sum(mark.early > 0 for mark in marks),
        early_minutes=sum(mark.early for mark in marks),
        overtime=sum(mark.overtime for mark in marks),
        rest_overtime=sum(mark.rest_overtime for mark in marks),
        holiday_overtime=sum(mark.holiday_overtime for mark in marks),
    )

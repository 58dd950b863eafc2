"""Schedules and calendars as a policy document writes them: ``mon = ["07:30-11:30"]``."""

from __future__ import annotations

import re
from datetime import date

from verification.policy.fields import Table, refuse, require_day
from verification.policy.schedule import (
    MINUTES_A_DAY,
    WEEKDAYS,
    Calendar,
    Holidays,
    Period,
    Schedule,
)

_PERIOD = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_GROUPS = {"every_day": range(7), "weekdays": range(5), "weekend": range(5, 7)}
MAX_DAYS = 400


def read_schedule(table: Table) -> Schedule:
    """Return one schedule: periods by day or group of days; a day's own entry wins.

    Raises:
        Malformed: MALFORMED_POLICY.
    """
    weekly: list[tuple[Period, ...]] = [()] * 7
    unknown = set(table.names()) - {*WEEKDAYS, *_GROUPS, "holidays"}
    if unknown:
        refuse(f"{table.where} has no entry {min(unknown)!r}")
    for name, days in _GROUPS.items():
        if name in table:
            for day in days:
                weekly[day] = _periods(table, name)
    for day, name in enumerate(WEEKDAYS):
        if name in table:
            weekly[day] = _periods(table, name)
    if not any(weekly):
        refuse(f"{table.where} is never open")
    return Schedule(tuple(weekly), table.choice("holidays", Holidays, Holidays.CLOSED))


def read_calendar(table: Table) -> Calendar:
    """Return closures and make-up working days.

    Raises:
        Malformed: MALFORMED_POLICY.
    """
    closures = table.get("closures")
    if closures is None:
        closures = []
    if not isinstance(closures, list) or len(closures) > MAX_DAYS:
        refuse(f"{table.where}.closures is not a list of at most {MAX_DAYS} dates")
    closed = frozenset(require_day(one, f"{table.where}.closures") for one in closures)
    worked = _working_days(table.table("working_days", None))
    both = closed & worked.keys()
    if both:
        refuse(f"{table.where}: {min(both)} is both closed and worked")
    return Calendar(closed, worked)


def _working_days(table: Table) -> dict[date, int]:
    names = table.names()
    if len(names) > MAX_DAYS:
        refuse(f"{table.where} has more than {MAX_DAYS} days")
    worked = {}
    for name in names:
        as_day = table.get(name)
        if as_day not in WEEKDAYS:
            refuse(f"{table.where}.{name} is no day of the week, mon to sun")
        worked[_date(name, table.where)] = WEEKDAYS.index(str(as_day))
    return worked


def _date(text: str, where: str) -> date:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        refuse(f"{where} has a day that is no date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"{where} has a day that is no date")


def _periods(table: Table, name: str) -> tuple[Period, ...]:
    found = table.get(name)
    if not isinstance(found, list) or len(found) > 24:
        refuse(f"{table.where}.{name} is not a list of periods")
    periods = tuple(_period(one, f"{table.where}.{name}") for one in found)
    ends = 0
    for period in periods:
        if period.start < ends:
            refuse(f"{table.where}.{name}: periods overlap or are out of order")
        ends = period.end_from_start_of_day
    return periods


def _period(value: object, where: str) -> Period:
    match = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        refuse(f"{where} has a period that is not HH:MM-HH:MM")
    start_hour, start_minute, end_hour, end_minute = (int(one) for one in match.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start >= MINUTES_A_DAY or end > MINUTES_A_DAY or start == end:
        refuse(f"{where} has a period that is no span of time")
    return Period(start, end)

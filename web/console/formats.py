"""Dates, times and numbers as they are written here, through Babel (CLDR)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from web.console.languages import present_language

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def day(value: date | datetime | None) -> str:
    """Return dd/mm/yyyy, of an instant the day in Vietnam; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM)
    return f"{value:%d/%m/%Y}"


def instant(value: datetime | None) -> str:
    """Return dd/mm/yyyy HH:MM in Vietnam's time; a dash for none."""
    if value is None:
        return "–"
    return f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def number(value: float) -> str:
    """Return 1.234.567,5 in Vietnamese, 1,234,567.5 in English."""
    return format_decimal(value, locale=present_language().value)


def ago(value: datetime, at: datetime) -> str:
    """Return how long before ``at`` that was, as words."""
    return format_timedelta(value - at, add_direction=True, locale=present_language().value)

"""Working days in Vietnam: Monday to Friday, the public holidays, and what the Government swaps."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NoReturn

import holidays

from cardsvc.errors import Malformed, ReasonCode

_MAX_CHARACTERS = 64 * 1024
_MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar. Holidays are the library's (Bộ luật Lao động 45/2019/QH14 Art. 112).

    Args:
        off: further days off, as the Prime Minister decides each year.
        on: days that are worked instead, weekends among them.
    """

    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on a day."""
        if day in self.on:
            return True
        return day.weekday() < 5 and day not in self.off and day not in _holidays_of(day.year)

    def is_public_holiday(self, day: date) -> bool:
        """Tell whether a day is a public holiday, or one of the installation's own days off."""
        return day not in self.on and (day in self.off or day in _holidays_of(day.year))

    def after(self, day: date, working_days: int) -> date:
        """Return the last day of a period of working days that begins the day after ``day``."""
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working(day)
        return day


@lru_cache(maxsize=64)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("VN", years=year))


def parse_working_days(text: str) -> WorkingDays:
    """Parse an installation's calendar: ``off`` and ``on``, lists of dates, in TOML.

    Raises:
        Malformed: MALFORMED_RETENTION.
    """
    if len(text) > _MAX_CHARACTERS:
        _refuse("too long")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        _refuse("not TOML")
    if unknown := document.keys() - {"off", "on"}:
        _refuse(f"unknown: {', '.join(sorted(unknown))}"[:200])
    off, on = (_days(document.get(name, [])) for name in ("off", "on"))
    if off & on:
        _refuse("a day is both off and on")
    return WorkingDays(off, on)


def _days(value: object) -> frozenset[date]:
    if not isinstance(value, list) or len(value) > _MAX_DAYS:
        _refuse("off and on are lists of dates")
    if not all(isinstance(one, date) and not isinstance(one, datetime) for one in value):
        _refuse("off and on are lists of dates")
    return frozenset(value)


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_RETENTION, f"working days: {what}")

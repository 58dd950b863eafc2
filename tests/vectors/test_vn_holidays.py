"""Working days of Vietnam, against the published decisions of 2025, 2026 and 2027.

Sources: Labour Code 45/2019/QH14 article 112 (fixed holidays, Tết, Hùng Kings on 10/3 of the lunar
calendar, one day beside 02/09, a day off in lieu where a holiday falls on a weekend); the yearly
notices of the Ministry of Home Affairs for Tết Ất Tỵ 2025 and Bính Ngọ 2026, which move Friday
02/05/2025 and Monday 31/08/2026 to Saturdays 26/04/2025 and 22/08/2026; Resolution 80-NQ/TW of 2026
(24/11, Culture Day). Mùng 1 Tết of 2027 is 06/02/2027.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from verification.policy.schedule import (
    MINUTES_A_DAY,
    NO_OWN_DAYS,
    Calendar,
    Holidays,
    Period,
    Schedule,
    national_year,
    periods_of,
)

OFFICE = Schedule(((Period(450, 1020),),) * 5 + ((), ()))
ALWAYS_ON_HOLIDAYS = Schedule(((Period(0, MINUTES_A_DAY),),) * 7, Holidays.ONLY)
DAYS_OFF = [
    "2026-01-01",  # New Year
    "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20",  # Tết Bính Ngọ
    "2026-04-27",  # in lieu of Sunday 26/04, Hùng Kings
    "2026-04-30", "2026-05-01",
    "2026-08-31", "2026-09-01", "2026-09-02",  # National Day, with the swapped Monday
    "2026-11-24",  # Culture Day
    "2027-02-05", "2027-02-08", "2027-02-09",  # Tết Đinh Mùi
    "2027-04-16", "2027-04-30", "2027-05-03", "2027-09-02",
    "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31",  # Tết Ất Tỵ
    "2025-05-02",
]  # fmt: skip
WORKED = [
    "2026-02-13", "2026-02-23", "2026-05-04", "2026-08-28", "2026-09-03", "2026-11-23",
    "2026-08-22",  # a Saturday, worked for 31/08
    "2027-02-03", "2027-02-11", "2027-04-15", "2025-02-03",
]  # fmt: skip


@pytest.mark.parametrize("day", DAYS_OFF)
def test_offices_are_closed(day: str) -> None:
    assert date.fromisoformat(day) in national_year(int(day[:4])).names
    assert periods_of(OFFICE, NO_OWN_DAYS, date.fromisoformat(day)) == ()
    assert periods_of(ALWAYS_ON_HOLIDAYS, NO_OWN_DAYS, date.fromisoformat(day))


@pytest.mark.parametrize("day", WORKED)
def test_offices_are_open(day: str) -> None:
    assert periods_of(OFFICE, NO_OWN_DAYS, date.fromisoformat(day)) == (Period(450, 1020),)
    assert periods_of(ALWAYS_ON_HOLIDAYS, NO_OWN_DAYS, date.fromisoformat(day)) == ()


def test_a_services_own_calendar_wins_over_the_national_one() -> None:
    culture_day, saturday = date(2026, 11, 24), date(2026, 8, 22)
    own = Calendar(frozenset({saturday}), {culture_day: 1})
    assert periods_of(OFFICE, own, culture_day) == (Period(450, 1020),)
    assert periods_of(OFFICE, own, saturday) == ()


def test_a_year_has_eleven_or_more_days_off() -> None:
    for year in range(2021, 2036):
        days = national_year(year).names
        assert len(days) >= 11, year
        assert date(year, 9, 2) in days
        assert date(year, 9, 1) in days or date(year, 9, 3) in days
        assert all(day.year == year for day in days)
        assert all(day.weekday() >= 5 for day in national_year(year).make_up_days)
        assert date(year, 6, 1) + timedelta(days=14) not in days

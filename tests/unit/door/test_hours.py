"""Doors and time: schedules at midnight, at Tết, and who is the first in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import StoreError
from reader_agent.door.areas import AreaFile
from reader_agent.door.moves import (
    ContactMoved,
    DoorEvent,
    DoorRefusal,
    GuardSwitched,
    Tick,
    Unlock,
)
from reader_agent.door.rules import DoorRules
from tests.support.doors import Door, events, locks, reason, unlocks
from verification.policy.schedule import Calendar, Holidays, Period, Schedule

OFFICE = Schedule(((Period(7 * 60 + 30, 17 * 60),),) * 5 + ((),) * 2)
NIGHT = Schedule(((Period(22 * 60, 6 * 60),),) * 5 + ((),) * 2)
OFFICE_DOOR = DoorRules("north", access=OFFICE)
NIGHT_DOOR = DoorRules("north", access=NIGHT)
FREE_DOOR = DoorRules("north", free=OFFICE)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=VIETNAM_TIME).astimezone(UTC)  # type: ignore[misc, arg-type]


def door_at(rules: DoorRules, at: datetime) -> Door:
    door = Door(rules, at=at)
    door.do(ContactMoved(is_open=False))
    return door


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (local(2026, 11, 23, 7, 29, 59), False),
        (local(2026, 11, 23, 7, 30), True),
        (local(2026, 11, 23, 16, 59, 59), True),
        (local(2026, 11, 23, 17), False),
        (local(2026, 11, 22, 12), False),  # a Sunday
    ],
)
def test_cards_open_within_the_hours(at: datetime, opens: bool) -> None:
    deeds = door_at(OFFICE_DOOR, at).tap()
    assert bool(unlocks(deeds)) is opens
    if not opens:
        assert reason(deeds) == DoorRefusal.OUTSIDE_HOURS


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (local(2026, 11, 23, 21, 59, 59), False),
        (local(2026, 11, 23, 22), True),
        (local(2026, 11, 23, 23, 59, 59), True),
        (local(2026, 11, 24, 0), True),
        (local(2026, 11, 24, 5, 59, 59), True),
        (local(2026, 11, 24, 6), False),
        (local(2026, 11, 23, 0, 30), False),  # no night began on Sunday
        (local(2026, 11, 28, 0, 30), True),  # Friday's night goes on into Saturday
        (local(2026, 11, 28, 22), False),
    ],
)
def test_a_night_goes_on_over_midnight(at: datetime, opens: bool) -> None:
    assert bool(unlocks(door_at(NIGHT_DOOR, at).tap())) is opens


def test_tet_shuts_the_office_and_a_calendar_may_open_it() -> None:
    tet = date(2027, 2, 8)  # the third day of the year Đinh Mùi, a Monday
    at = local(2027, 2, 8, 9)
    assert reason(door_at(OFFICE_DOOR, at).tap()) == DoorRefusal.OUTSIDE_HOURS
    worked = replace(OFFICE_DOOR, calendar=Calendar(working_days={tet: 0}))
    assert unlocks(door_at(worked, at).tap())
    holidays_alone = replace(OFFICE_DOOR, access=replace(OFFICE, holidays=Holidays.ONLY))
    assert unlocks(door_at(holidays_alone, at).tap())
    closed = replace(OFFICE_DOOR, calendar=Calendar(frozenset({date(2026, 11, 23)})))
    assert not unlocks(door_at(closed, local(2026, 11, 23, 9)).tap())


def test_the_door_stands_free_once_the_first_is_in() -> None:
    door = door_at(FREE_DOOR, local(2026, 11, 23, 7, 29))
    door.tap()
    door.wait(61)
    assert not door.controller.is_unlocked, "who came before the hours is not the first"
    deeds = door.tap()
    assert Unlock(None) in deeds
    assert DoorEvent.FREE in events(deeds)
    assert not locks(door.wait(8 * 3600))
    ended = door.wait(2 * 3600)
    assert locks(ended)
    assert DoorEvent.FREE_ENDED in events(ended)


def test_each_day_needs_its_first() -> None:
    door = door_at(FREE_DOOR, local(2026, 11, 23, 9))
    door.tap()
    door.wait(8 * 3600)
    door.wait(16 * 3600)
    assert not door.controller.is_unlocked


def test_a_door_may_stand_free_by_the_clock_alone() -> None:
    door = door_at(replace(FREE_DOOR, first_person_in=False), local(2026, 11, 23, 7, 29, 59))
    assert not door.controller.is_unlocked
    assert unlocks(door.wait(1)) == [Unlock(None)]


def test_the_guard_ends_the_free_hours() -> None:
    door = door_at(replace(FREE_DOOR, first_person_in=False), local(2026, 11, 23, 9))
    assert door.controller.is_unlocked
    assert locks(door.do(GuardSwitched(is_on=True)))
    assert not unlocks(door.do(Tick()))


def test_a_leaf_that_stands_open_at_the_end_of_the_hours_is_told_later() -> None:
    rules = replace(FREE_DOOR, first_person_in=False, held_open_seconds=10.0)
    door = door_at(rules, local(2026, 11, 23, 16, 59))
    door.do(ContactMoved(is_open=True))
    assert DoorEvent.HELD_OPEN not in events(door.wait(60))
    assert DoorEvent.HELD_OPEN in events(door.wait(10))


def test_areas_survive_a_restart_and_end_at_the_reset(tmp_path: Path) -> None:
    file = tmp_path / "areas.db"
    evening = local(2026, 11, 23, 22)
    AreaFile(file, time(4)).enter("card-1", "hall", evening)
    again = AreaFile(file, time(4))
    assert again.area_of("card-1", evening + timedelta(hours=5, minutes=59)) == "hall"
    assert again.area_of("card-1", evening + timedelta(hours=6)) is None
    assert again.area_of("card-2", evening) is None
    assert AreaFile(file, None).area_of("card-1", evening + timedelta(days=400)) == "hall"
    assert file.stat().st_mode & 0o777 == 0o600


def test_who_enters_after_the_reset_is_kept_and_others_are_forgotten(tmp_path: Path) -> None:
    file = AreaFile(tmp_path / "areas.db", time(4))
    file.enter("card-1", "hall", local(2026, 11, 23, 22))
    file.enter("card-2", "hall", local(2026, 11, 24, 4, 1))
    kept = AreaFile(tmp_path / "areas.db", None)
    assert kept.area_of("card-1", local(2026, 11, 24, 5)) is None
    assert kept.area_of("card-2", local(2026, 11, 24, 5)) == "hall"


def test_a_record_that_is_none_is_said_to_be_lost(tmp_path: Path) -> None:
    file = tmp_path / "areas.db"
    file.write_bytes(b"no database" * 100)
    with pytest.raises(StoreError):
        AreaFile(file, None).area_of("card-1", local(2026, 11, 23, 9))

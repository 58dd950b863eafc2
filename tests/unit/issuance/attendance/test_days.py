"""A day of attendance: taps and shifts, what is late, what is missing, what a correction adds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from cardsvc.attendance_records import (
    Absence,
    AttendanceTap,
    Correction,
    CorrectionKind,
    CorrectionState,
    Direction,
    LeaveLock,
    StaffMember,
    StaffRecord,
)
from cardsvc.clock import VIETNAM_TIME
from cardsvc.identity.names import PersonName
from issuance.attendance.day import DayMark, Sign, mark_day
from issuance.attendance.presence import Gap
from issuance.attendance.rules_file import shipped_rules
from issuance.attendance.shifts import Shift
from issuance.privacy.working_days import WorkingDays

OFFICE = shipped_rules().default
NIGHT = Shift("dem", "Đêm", "Night", ((22 * 60, 30 * 60),), frozenset(range(7)), True)
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
MEMBER = StaffMember("holder-1", PersonName("Nguyễn Văn An"), "Chuyên viên", "Phòng Một cửa")
LATER = datetime(2027, 6, 1, tzinfo=VIETNAM_TIME)
IN, OUT, ANY = Direction.IN, Direction.OUT, Direction.UNKNOWN


def moment(text: str, day: date = MONDAY) -> datetime:
    """``07:25``, or ``+06:10`` of the next day."""
    on = day + timedelta(days=1) if text.startswith("+") else day
    return datetime.combine(on, time.fromisoformat(text.lstrip("+")), VIETNAM_TIME)


def taps(*texts: str, day: date = MONDAY) -> tuple[AttendanceTap, ...]:
    """``in 07:25``, ``out 17:02``, ``any 12:00``."""
    ways = {"in": IN, "out": OUT, "any": ANY}
    found = (one.split() for one in texts)
    return tuple(AttendanceTap(moment(at, day), ways[way], "door") for way, at in found)


def marked(
    *texts: str,
    day: date = MONDAY,
    shift: Shift = OFFICE,
    corrections: tuple[Correction, ...] = (),
    leaves: tuple[LeaveLock, ...] = (),
    calendar: WorkingDays | None = None,
    as_of: datetime = LATER,
) -> DayMark:
    record = StaffRecord(MEMBER, taps(*texts, day=day), corrections, leaves)
    return mark_day(record, day, shift, calendar or WorkingDays(), as_of)


def absence(kind: Absence, first: date, last: date) -> Correction:
    return Correction(
        "c-1", MEMBER.holder_id, CorrectionKind.ABSENCE, first, last, None, kind,
        "lan", LATER, CorrectionState.APPROVED, "hung", LATER,
    )  # fmt: skip


def forgotten(kind: CorrectionKind, text: str, day: date = MONDAY) -> Correction:
    at = moment(text, day)
    return Correction(
        "c-2", MEMBER.holder_id, kind, day, day, at, None,
        "lan", LATER, CorrectionState.APPROVED, "hung", LATER,
    )  # fmt: skip


def test_a_day_at_the_office() -> None:
    mark = marked("in 07:25", "out 17:02")
    assert (mark.text, mark.halves_worked, mark.late, mark.early) == ("+", 2, 0, 0)
    assert (mark.overtime, mark.gap) == (0, None)


@pytest.mark.parametrize(
    ("come", "go", "late", "early"),
    [("07:35", "16:55", 0, 0), ("07:36", "17:00", 6, 0), ("07:30", "16:54", 0, 6)],
)
def test_some_minutes_are_forgiven_and_more_are_counted_whole(
    come: str, go: str, late: int, early: int
) -> None:
    mark = marked(f"in {come}", f"out {go}")
    assert (mark.late, mark.early) == (late, early)


def test_a_lunch_at_home_is_no_absence() -> None:
    mark = marked("in 07:30", "out 11:30", "in 13:29", "out 17:00")
    assert (mark.text, mark.late, mark.early) == ("+", 0, 0)


def test_half_a_day_wants_a_reason_and_may_have_one() -> None:
    assert marked("in 07:30", "out 11:30").text == "½"
    leave = absence(Absence.ANNUAL, MONDAY, MONDAY)
    mark = marked("in 07:30", "out 11:30", corrections=(leave,))
    assert (mark.text, mark.halves_worked, mark.sign) == ("½P", 1, Sign.ANNUAL)


def test_a_double_tap_is_one_also_where_in_and_out_take_turns() -> None:
    by_turns = marked("any 07:28", "any 07:28:40", "any 17:01", "any 17:01:10")
    assert (by_turns.text, by_turns.gap) == ("+", None)
    assert marked("in 07:28", "in 07:28:40", "out 17:01").text == "+"
    assert marked("any 07:28", "any 07:30", "any 17:01").gap is Gap.NO_OUT


def test_a_tap_that_is_missing_is_asked_for() -> None:
    no_out = marked("in 07:25")
    assert (no_out.text, no_out.gap, no_out.halves_worked) == ("?", Gap.NO_OUT, 0)
    no_in = marked("out 17:00")
    assert (no_in.text, no_in.gap) == ("?", Gap.NO_IN)
    assert (no_in.late, no_in.early) == (0, 0)


def test_an_approved_tap_completes_the_day() -> None:
    mark = marked("in 07:25", corrections=(forgotten(CorrectionKind.OUT, "17:00"),))
    assert (mark.text, mark.gap, mark.is_corrected) == ("+", None, True)


def test_nobody_who_did_not_come_is_there() -> None:
    assert marked().text == "V"
    assert marked(corrections=(absence(Absence.SICK, MONDAY, MONDAY),)).text == "Ô"


def test_a_card_that_was_locked_for_a_leave_says_so() -> None:
    lock = LeaveLock(moment("00:00", date(2026, 11, 20)), None)
    assert marked(leaves=(lock,)).text == "Kh"
    over = LeaveLock(lock.since, moment("12:00"))
    assert marked(leaves=(over,)).text == "V", "it ended in the middle of the day"
    sick = absence(Absence.MATERNITY, MONDAY, MONDAY)
    assert marked(leaves=(lock,), corrections=(sick,)).text == "Ts"


def test_an_absence_covers_its_last_day_and_no_day_of_rest() -> None:
    leave = absence(Absence.ANNUAL, MONDAY, SATURDAY)
    assert marked(day=date(2026, 11, 27), corrections=(leave,)).text == "P"
    assert marked(day=SATURDAY, corrections=(leave,)).text == ""
    assert marked(day=date(2026, 11, 30), corrections=(leave,)).text == "V"


def test_overtime_counts_from_half_an_hour() -> None:
    assert marked("in 07:30", "out 17:29").overtime == 0
    assert marked("in 07:30", "out 18:15").overtime == 75
    assert marked("in 08:00", "out 10:00", day=SATURDAY).rest_overtime == 120


def test_a_holiday_that_was_made_by_law_lately_is_one() -> None:
    culture_day = date(2026, 11, 24)  # a day off from 2026 on
    assert marked(day=culture_day).text == "L"


def test_a_holiday_is_paid_and_work_on_it_is_counted_apart() -> None:
    tet = date(2027, 2, 8)
    assert marked(day=tet).text == "L"
    worked = marked("in 08:00", "out 10:00", day=tet)
    assert (worked.text, worked.holiday_overtime, worked.rest_overtime) == ("L", 120, 0)
    swapped = WorkingDays(on=frozenset({SATURDAY}), off=frozenset({MONDAY}))
    assert marked(day=MONDAY, calendar=swapped).text == "L"
    assert marked("in 07:30", "out 17:00", day=SATURDAY, calendar=swapped).text == "+"


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    mark = marked("in 21:50", "out +06:05", shift=NIGHT)
    assert (mark.text, mark.late, mark.early, mark.overtime) == ("+", 0, 0, 0)
    record = StaffRecord(MEMBER, taps("in 21:50", "out +06:05"))
    tuesday = mark_day(record, date(2026, 11, 24), NIGHT, WorkingDays(), LATER)
    assert tuesday.text == "V", "Monday's morning tap is not Tuesday's"
    late = marked("in 22:30", "out +05:00", shift=NIGHT)
    assert (late.text, late.late, late.early) == ("+", 30, 60)


def test_two_nights_in_a_row_do_not_run_together() -> None:
    first, second = taps("in 21:50", "out +06:05"), taps("in 21:58", day=date(2026, 11, 24))
    record = StaffRecord(MEMBER, (*first, *second))
    marks = [
        mark_day(record, MONDAY + timedelta(days=one), NIGHT, WorkingDays(), LATER)
        for one in range(2)
    ]
    assert [mark.text for mark in marks] == ["+", "?"]


def test_a_shift_that_is_not_over_has_no_sign_yet() -> None:
    assert marked("in 07:25", as_of=moment("16:59")).text == ""
    assert marked("in 07:25", as_of=moment("17:00")).text == "?"


def test_who_has_left_is_not_absent() -> None:
    member = StaffMember("holder-1", MEMBER.name, "", "", until=date(2026, 11, 22))
    assert mark_day(StaffRecord(member), MONDAY, OFFICE, WorkingDays(), LATER).text == ""

"""Attendance under any taps: sums stay sums, and rules of junk raise what a slip raises."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.attendance_records import AttendanceTap, Direction, StaffMember, StaffRecord
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import Malformed
from cardsvc.identity.names import PersonName
from issuance.attendance.presence import presence_of
from issuance.attendance.rules_file import parse_attendance_rules, shipped_rules
from issuance.attendance.sheet import Month, SheetRules, make_sheet, parse_month
from issuance.privacy.working_days import WorkingDays

BEGIN = datetime(2026, 10, 31, tzinfo=VIETNAM_TIME)
TAPS = st.lists(
    st.builds(
        AttendanceTap,
        st.integers(0, 33 * 24 * 3600).map(lambda seconds: BEGIN + timedelta(seconds=seconds)),
        st.sampled_from(Direction),
    ),
    max_size=60,
)
RULES = SheetRules(shipped_rules(), WorkingDays())


@settings(max_examples=100, deadline=None)
@given(TAPS)
def test_every_working_day_is_counted_once(taps: list[AttendanceTap]) -> None:
    record = StaffRecord(StaffMember("h", PersonName("Lê An"), "", ""), tuple(taps))
    sheet = make_sheet(
        [record],
        RULES,
        agency_code="H57",
        agency_name="",
        unit="",
        month=Month(2026, 11),
        as_of=datetime(2027, 1, 1, tzinfo=VIETNAM_TIME),
    )
    (line,) = sheet.lines
    totals = line.totals
    working = sum(day.weekday() < 5 for day in sheet.month.days)
    unclear_rest = sum(one.gap is not None for one in line.marks if one.day.weekday() >= 5)
    counted = totals.worked + totals.paid + totals.insured + totals.unpaid + totals.unclear
    assert counted == 2 * (working + unclear_rest)
    assert min(totals.late_minutes, totals.overtime, totals.rest_overtime) >= 0


@settings(max_examples=200, deadline=None)
@given(TAPS)
def test_presence_is_in_order_and_within_the_taps(taps: list[AttendanceTap]) -> None:
    presence = presence_of(taps)
    ends = [one for span in presence.spans for one in (span.start, span.end)]
    assert ends == sorted(ends)
    assert {one.at for one in taps} >= set(ends)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60)
    | st.from_regex(r'default = "a"\n\[shifts\.a\]\n(work|days|vi) = [\[{"0-9a:-]{0,9}')
)
def test_junk_is_malformed(junk: str) -> None:
    for parse in (parse_attendance_rules, parse_month):
        with contextlib.suppress(Malformed):
            parse(junk)

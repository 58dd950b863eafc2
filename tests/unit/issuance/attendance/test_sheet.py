"""The monthly sheet: order, totals, the end of the month, and the workbook that people open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from cardsvc.attendance_records import AttendanceTap, Direction, StaffMember, StaffRecord
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.names import PersonName
from issuance.attendance.rules_file import parse_attendance_rules, shipped_rules
from issuance.attendance.sheet import Month, MonthlySheet, SheetRules, make_sheet, parse_month
from issuance.attendance.workbook import sheet_workbook
from issuance.privacy.working_days import WorkingDays

NOVEMBER = Month(2026, 11)
RULES = SheetRules(shipped_rules(), WorkingDays())
AFTER = datetime(2026, 12, 5, tzinfo=VIETNAM_TIME)


def person(number: int, name: str, *worked: date, unit: str = "Phòng Một cửa") -> StaffRecord:
    taps = []
    for day in worked:
        for hour, way in ((7, Direction.IN), (17, Direction.OUT)):
            at = datetime(day.year, day.month, day.day, hour, 20, tzinfo=VIETNAM_TIME)
            taps.append(AttendanceTap(at, way, "door"))
    return StaffRecord(
        StaffMember(f"h-{number}", PersonName(name), "Chuyên viên", unit), tuple(taps)
    )


WORKING = [day for day in NOVEMBER.days if RULES.calendar.is_working(day)]
HOLIDAY = date(2026, 11, 24)
RECORDS = (
    person(1, "Trần Thị Ánh", *WORKING),
    person(2, "Nguyễn Văn An", *WORKING[:-1]),
    person(3, "Đặng Hữu Đức"),
)


def made(*records: StaffRecord, as_of: datetime = AFTER, month: Month = NOVEMBER) -> MonthlySheet:
    return make_sheet(
        records,
        RULES,
        agency_code="H57.12",
        agency_name="Sở Nội vụ",
        unit="Phòng Một cửa",
        month=month,
        as_of=as_of,
    )


def test_lines_stand_in_the_order_of_staff_lists_and_add_up() -> None:
    sheet = made(*RECORDS)
    assert [line.member.name.value for line in sheet.lines] == [
        "Nguyễn Văn An",
        "Trần Thị Ánh",
        "Đặng Hữu Đức",
    ]
    an, anh, duc = (line.totals for line in sheet.lines)
    assert (anh.worked, anh.unclear) == (2 * len(WORKING), 0)
    assert (an.worked, an.unclear) == (2 * (len(WORKING) - 1), 2)
    assert (duc.worked, duc.unclear) == (0, 2 * len(WORKING))
    for line in sheet.lines:
        totals = line.totals
        days_off = totals.paid + totals.insured + totals.unpaid + totals.unclear
        assert totals.worked + days_off == 2 * (len(WORKING) + 1)
        assert line.marks[HOLIDAY.day - 1].text == "L"


def test_the_night_of_the_last_day_belongs_to_the_month() -> None:
    rules = SheetRules(
        parse_attendance_rules(
            'default = "d"\n[shifts.d]\nvi = "Đêm"\nen = "Night"\n'
            'work = ["22:00-06:00"]\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
        ),
        WorkingDays(),
    )
    evening = datetime(2026, 11, 30, 21, 55, tzinfo=VIETNAM_TIME)
    taps = (
        AttendanceTap(evening, Direction.IN, "door"),
        AttendanceTap(evening + timedelta(hours=8, minutes=10), Direction.OUT, "door"),
    )
    assert all(NOVEMBER.window.start <= one.at < NOVEMBER.window.end for one in taps)
    record = replace(RECORDS[2], taps=taps)
    for month, sign in ((NOVEMBER, "+"), (Month(2026, 12), "V")):
        sheet = make_sheet(
            [record], rules, agency_code="H57", agency_name="", unit="", month=month,
            as_of=datetime(2027, 2, 1, tzinfo=VIETNAM_TIME),
        )  # fmt: skip
        at_end = sheet.lines[0].marks[-1 if month is NOVEMBER else 0]
        assert at_end.text == sign


def test_a_sheet_in_the_middle_of_the_month_ends_there() -> None:
    sheet = made(RECORDS[2], as_of=datetime(2026, 11, 10, 12, tzinfo=VIETNAM_TIME))
    texts = [mark.text for mark in sheet.lines[0].marks]
    assert texts[8] == "V"
    assert set(texts[9:]) == {""}


def test_the_workbook_has_the_form_that_offices_know() -> None:
    hostile = replace(
        RECORDS[0], member=replace(RECORDS[0].member, position="=HYPERLINK(1)", holder_id="h-9")
    )
    book = load_workbook(BytesIO(sheet_workbook(made(*RECORDS, hostile))))
    page = book["11-2026"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[2][0] == "BẢNG CHẤM CÔNG"
    assert rows[3][0] == "Tháng 11 năm 2026"
    assert rows[5][:5] == ["STT", "Họ và tên", "Chức vụ", "Bộ phận", 1]
    assert rows[6][4] == "CN", "the first of November 2026 is a Sunday"
    assert rows[7][:4] == [1, "Nguyễn Văn An", "Chuyên viên", "Phòng Một cửa"]
    assert rows[7][4:7] == [None, "+", "+"]
    assert rows[7][34] == len(WORKING) - 1, "days, not halves"
    sums = next(row for row in rows if row[1] == "Cộng")
    assert sums[34] == 3 * len(WORKING) - 1
    flat = [str(value) for row in rows for value in row if value is not None]
    assert any(one.startswith("P  Nghỉ phép") for one in flat)
    assert {"Người chấm công", "Phụ trách bộ phận", "Người duyệt"} <= set(flat)
    assert not any(cell.data_type == "f" for row in page.iter_rows() for cell in row)
    details = book["Chi tiết"]
    assert details.max_row == 1 + len(WORKING) + 1


def test_an_empty_unit_has_an_empty_sheet() -> None:
    assert load_workbook(BytesIO(sheet_workbook(made()))).sheetnames == ["11-2026", "Chi tiết"]


def test_a_unit_has_the_shift_that_is_its_own() -> None:
    book = parse_attendance_rules(
        'default = "a"\n'
        '[shifts.a]\nvi = "A"\nen = "A"\nwork = ["07:30-17:00"]\ndays = ["mon"]\n'
        '[shifts.b]\nvi = "B"\nen = "B"\nwork = ["08:00-12:00"]\ndays = ["sat"]\n'
        '[[units]]\nagency = "H57"\nshift = "b"\n'
        '[[units]]\nagency = "H57"\nunit = "Văn phòng"\nshift = "a"\n'
    )
    assert book.of("H57", "Đội xe").name == "b"
    assert book.of("H57", "Văn phòng").name == "a"
    assert book.of("H58", "").name == "a"


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-11", "2026-11-01", "", "1999-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_month(text)
    assert caught.value.reason is ReasonCode.MALFORMED_DATE


GOOD = '[shifts.a]\nvi = "A"\nen = "A"\nwork = ["07:30-17:00"]\ndays = ["mon"]\n'


@pytest.mark.reason(ReasonCode.MALFORMED_ATTENDANCE)
@pytest.mark.parametrize(
    "text",
    [
        "",
        'default = "a"',
        'default = "b"\n' + GOOD,
        'default = "a"\nextra = 1\n' + GOOD,
        'default = "a"\n' + GOOD.replace("07:30-17:00", "17:00-25:00"),
        'default = "a"\n' + GOOD.replace('"07:30-17:00"', '"07:30-12:00", "11:00-17:00"'),
        'default = "a"\n' + GOOD.replace('"07:30-17:00"', '"07:30-06:00", "08:00-09:00"'),
        'default = "a"\n' + GOOD.replace('"mon"', '"monday"'),
        'default = "a"\n' + GOOD + "half_day_percent = 90\n",
        'default = "a"\n' + GOOD + "late_after_minutes = true\n",
        'default = "a"\n' + GOOD + '[[units]]\nagency = "x"\nshift = "z"\n',
    ],
)
def test_rules_with_a_slip_are_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_attendance_rules(text)
    assert caught.value.reason is ReasonCode.MALFORMED_ATTENDANCE

"""The monthly sheet as a workbook, in the form that offices here know (bảng chấm công).

Spec: ECMA-376 Part 1. The form follows C01a-HD (Decision 19/2006/QĐ-BTC) and 01a-LĐTL (Circular
200/2014/TT-BTC): people in rows, days in columns with signs, totals, the signs explained below,
three signatures.
"""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from cardsvc.clock import VIETNAM_TIME
from issuance.attendance.day import DayMark, Sign
from issuance.attendance.presence import Gap
from issuance.attendance.sheet import Line, MonthlySheet, Totals
from issuance.importing.workbooks import defused

_WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
_HEAD_ROW = 6
_FIRST_DAY_COLUMN = 5
_TOTALS = (
    "Số công làm việc",
    "Nghỉ hưởng lương",
    "Nghỉ hưởng BHXH",
    "Nghỉ không lương",
    "Cần làm rõ",
    "Số lần đi muộn",
    "Phút đi muộn",
    "Số lần về sớm",
    "Phút về sớm",
    "Làm thêm ngày thường (giờ)",
    "Làm thêm ngày nghỉ (giờ)",
    "Làm thêm ngày lễ (giờ)",
)
_DETAILS = (
    "Ngày", "Họ và tên", "Ký hiệu", "Vào", "Ra", "Muộn (phút)", "Sớm (phút)", "Ghi chú",
)  # fmt: skip
_SIGNATURES = ("Người chấm công", "Phụ trách bộ phận", "Người duyệt")
_GAPS = {Gap.NO_IN: "Thiếu lần chấm vào", Gap.NO_OUT: "Thiếu lần chấm ra"}
_LINE = Side(style="thin", color="808080")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_REST = PatternFill("solid", fgColor="E7E6E6")
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_BOLD = Font(name="Times New Roman", bold=True, size=11)
_PLAIN = Font(name="Times New Roman", size=11)


def sheet_workbook(sheet: MonthlySheet) -> bytes:
    """Return the workbook: the sheet, and on a second one the days that want a look."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = f"{sheet.month.month:02d}-{sheet.month.year}"
    width = _FIRST_DAY_COLUMN - 1 + len(sheet.month.days) + len(_TOTALS)
    _titles(first, sheet, width)
    _heads(first, sheet)
    for number, line in enumerate(sheet.lines, 1):
        _line(first, sheet, number, line)
    _sums(first, sheet)
    _foot(first, sheet, width)
    _page(first, sheet)
    _details(book.create_sheet("Chi tiết"), sheet)
    octets = BytesIO()
    book.save(octets)
    return octets.getvalue()


def _titles(page: Worksheet, sheet: MonthlySheet, width: int) -> None:
    made = sheet.as_of.astimezone(VIETNAM_TIME).strftime("%H:%M %d/%m/%Y")
    titles = (
        (1, f"Đơn vị: {sheet.agency}", _BOLD, None),
        (2, f"Bộ phận: {sheet.unit or 'toàn đơn vị'}", _PLAIN, None),
        (3, "BẢNG CHẤM CÔNG", Font(name="Times New Roman", bold=True, size=14), _CENTRE),
        (4, f"Tháng {sheet.month.month} năm {sheet.month.year}", _PLAIN, _CENTRE),
        (5, f"Lập lúc {made}", Font(name="Times New Roman", italic=True, size=9), None),
    )
    for row, text, font, alignment in titles:
        cell = page.cell(row, 1, defused(text))
        cell.font = font
        if alignment is not None:
            cell.alignment = alignment
            page.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)


def _heads(page: Worksheet, sheet: MonthlySheet) -> None:
    for column, text in enumerate(("STT", "Họ và tên", "Chức vụ", "Bộ phận"), 1):
        _put(page, _HEAD_ROW, column, text, font=_BOLD)
        _put(page, _HEAD_ROW + 1, column, "", font=_BOLD)
        page.merge_cells(
            start_row=_HEAD_ROW, end_row=_HEAD_ROW + 1, start_column=column, end_column=column
        )
    for day in sheet.month.days:
        column = _column(day)
        is_rest = day in sheet.rest_days
        _put(page, _HEAD_ROW, column, day.day, font=_BOLD, is_rest=is_rest)
        weekday = _WEEKDAYS[day.weekday()]
        _put(page, _HEAD_ROW + 1, column, weekday, font=_BOLD, is_rest=is_rest)
    after = _column(sheet.month.days[-1]) + 1
    for offset, text in enumerate(_TOTALS):
        _put(page, _HEAD_ROW, after + offset, text, font=_BOLD)
        _put(page, _HEAD_ROW + 1, after + offset, "", font=_BOLD)
        page.merge_cells(
            start_row=_HEAD_ROW,
            end_row=_HEAD_ROW + 1,
            start_column=after + offset,
            end_column=after + offset,
        )


def _line(page: Worksheet, sheet: MonthlySheet, number: int, line: Line) -> None:
    row = _HEAD_ROW + 1 + number
    member = line.member
    texts = (member.name.value, member.position, member.unit_name)
    _put(page, row, 1, number)
    for column, text in enumerate(texts, 2):
        cell = _put(page, row, column, defused(text))
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    for mark in line.marks:
        _put(page, row, _column(mark.day), mark.text, is_rest=mark.day in sheet.rest_days)
    after = _column(sheet.month.days[-1]) + 1
    for offset, value in enumerate(_numbers(line.totals)):
        _put(page, row, after + offset, value)


def _sums(page: Worksheet, sheet: MonthlySheet) -> None:
    row = _HEAD_ROW + 2 + len(sheet.lines)
    _put(page, row, 2, "Cộng", font=_BOLD)
    after = _column(sheet.month.days[-1]) + 1
    columns = zip(*(_numbers(line.totals) for line in sheet.lines), strict=True)
    for offset, values in enumerate(columns):
        _put(page, row, after + offset, sum(values), font=_BOLD)


def _foot(page: Worksheet, sheet: MonthlySheet, width: int) -> None:
    row = _HEAD_ROW + 4 + len(sheet.lines)
    page.cell(row, 1, "Ký hiệu chấm công:").font = _BOLD
    signs = [one for one in Sign if one.text]
    per_column = 6
    for place, sign in enumerate(signs):
        column = 2 + 9 * (place // per_column)
        text = f"{sign.text}  {sign.vi} ({sign.en})"
        page.cell(row + 1 + place % per_column, column, text).font = _PLAIN
    row += per_column + 2
    step = max(width // len(_SIGNATURES), 1)
    for place, title in enumerate(_SIGNATURES):
        page.cell(row, 2 + place * step, title).font = _BOLD
        page.cell(row + 1, 2 + place * step, "(Ký, họ tên)").font = _PLAIN


def _page(page: Worksheet, sheet: MonthlySheet) -> None:
    widths = {1: 5, 2: 26, 3: 18, 4: 18}
    last = _column(sheet.month.days[-1])
    widths |= dict.fromkeys(range(_FIRST_DAY_COLUMN, last + 1), 4)
    widths |= dict.fromkeys(range(last + 1, last + 1 + len(_TOTALS)), 10)
    for column, width in widths.items():
        page.column_dimensions[get_column_letter(column)].width = width
    page.row_dimensions[_HEAD_ROW].height = 45
    page.freeze_panes = f"{get_column_letter(_FIRST_DAY_COLUMN)}{_HEAD_ROW + 2}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 8  # A3, ECMA-376 Part 1 section 18.3.1.63
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW + 1}"


def _details(page: Worksheet, sheet: MonthlySheet) -> None:
    for column, text in enumerate(_DETAILS, 1):
        _put(page, 1, column, text, font=_BOLD)
        page.column_dimensions[get_column_letter(column)].width = 26 if column in (2, 8) else 12
    row = 1
    for line in sheet.lines:
        for mark in line.marks:
            note = _note(mark)
            if not note and not mark.late and not mark.early:
                continue
            row += 1
            values = (
                mark.day.strftime("%d/%m/%Y"),
                defused(line.member.name.value),
                mark.text,
                _time(mark.first),
                _time(mark.last),
                mark.late or "",
                mark.early or "",
                note,
            )
            for column, value in enumerate(values, 1):
                _put(page, row, column, value)
    page.freeze_panes = "A2"


def _note(mark: DayMark) -> str:
    notes = [] if mark.gap is None else [_GAPS[mark.gap]]
    if mark.sign in (Sign.MISSING, Sign.LOCKED, Sign.HALF):
        notes.append(mark.sign.vi)
    if mark.is_corrected:
        notes.append("Đã điều chỉnh và duyệt")
    return "; ".join(notes)


def _numbers(totals: Totals) -> tuple[float, ...]:
    halves = (totals.worked, totals.paid, totals.insured, totals.unpaid, totals.unclear)
    counts = (totals.late, totals.late_minutes, totals.early, totals.early_minutes)
    overtime = (totals.overtime, totals.rest_overtime, totals.holiday_overtime)
    return (*(one / 2 for one in halves), *counts, *(round(one / 60, 2) for one in overtime))


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(VIETNAM_TIME).strftime("%H:%M")


def _column(day: date) -> int:
    return _FIRST_DAY_COLUMN - 1 + day.day


def _put(
    page: Worksheet,
    row: int,
    column: int,
    value: str | float,
    *,
    font: Font = _PLAIN,
    is_rest: bool = False,
) -> Cell:
    cell = page.cell(row, column, value)
    cell.font = font
    cell.border = _GRID
    cell.alignment = _CENTRE
    if is_rest:
        cell.fill = _REST
    return cell

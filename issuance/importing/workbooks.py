"""Workbooks that we write: the template to fill in, and the rows that want correcting.

Spec: ECMA-376 Part 1. Every cell is text. OWASP, CSV Injection: a text that a spreadsheet program
could take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from cardsvc.identity.card_number import StaffCategory
from cardsvc.terms import CARD_TYPE_VI, CardType
from issuance.importing.fields import COLUMNS, HEADINGS, REQUIRED, Field
from issuance.importing.finding_texts import heading_text, say
from issuance.importing.findings import Severity
from issuance.importing.queue import HeldRow

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_WIDTH = 24
_ORDINAL = HEADINGS[Field.ORDINAL][0]
_EXAMPLES: dict[Field, str] = {
    Field.NAME: "Nguyễn Thị Minh Khuê",
    Field.PERSONAL_NUMBER: "046190012345",
    Field.BIRTH_DATE: "02/09/1990",
    Field.SEX: "Nữ",
    Field.STAFF_CODE: "CB001",
    Field.PHONE: "0912345678",
    Field.EMAIL: "ntmkhue@example.gov.vn",
    Field.AGENCY_CODE: "H57.12",
    Field.AGENCY_NAME: "Sở Nội vụ",
    Field.UNIT: "Phòng Công chức, viên chức",
    Field.POSITION: "Chuyên viên",
    Field.CATEGORY: "CC",
    Field.ENTERPRISE_NUMBER: "0314409058-002",
    Field.ENTERPRISE_NAME: "Công ty TNHH Mây Tre Bao La",
    Field.SCOPE: "Nộp hồ sơ đất đai, xây dựng",
    Field.UNTIL: "31/12/2030",
}
_NOTES = (
    (
        "Nhập số định danh và mã số ở dạng văn bản để không mất số 0 ở đầu.",
        "Enter numbers as text, so that zeros at the front stay.",
    ),
    (
        "Ngày ghi dd/mm/yyyy; nếu chỉ biết năm sinh thì ghi năm.",
        "Dates are dd/mm/yyyy; where only the year of birth is known, write the year.",
    ),
    (
        "Loại cán bộ: " + ", ".join(f"{one.printed} {one.vi}" for one in StaffCategory) + ".",
        "Kind of staff: the letters, or the Vietnamese words behind them.",
    ),
    (
        "Ảnh: nén thành tệp ZIP, tên tệp là số định danh hoặc mã cán bộ.",
        "Photos: in a ZIP archive, each named by personal number or staff code.",
    ),
    ("Dòng “Ví dụ” không được nhập.", "The row “Ví dụ” is not imported."),
)


def defused(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula."""
    printable = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{printable}" if printable.startswith(_DANGEROUS) else printable


def template(card_type: CardType) -> bytes:
    """Return a workbook to fill in: headings, an example, and notes on a second sheet."""
    columns = COLUMNS[card_type]
    book, sheet = _book("Danh sách", 1 + len(columns))
    _append(sheet, [f"{_ORDINAL} (No.)", *(_heading(one) for one in columns)], is_bold=True)
    _append(sheet, ["Ví dụ", *(_EXAMPLES[one] for one in columns)])
    notes = _sheet(book, "Ghi chú", 3)
    _append(notes, [CARD_TYPE_VI[card_type]], is_bold=True)
    for vi, en in _NOTES:
        _append(notes, [vi, en])
    _append(notes, ["Cột", "Column", "Bắt buộc (required)"], is_bold=True)
    needed = {Field.NAME, Field.AGENCY_CODE, *REQUIRED[card_type]}
    for one in columns:
        _append(notes, [*HEADINGS[one][:2], "×" if one in needed else ""])
    return _saved(book)


def correction_workbook(card_type: CardType, held: Iterable[HeldRow]) -> bytes:
    """Return the rows that wait, what is wrong with each beside it; it can be imported again.

    What is doubtful stands there as it is proposed.
    """
    columns = COLUMNS[card_type]
    book, sheet = _book("Cần sửa", 3 + len(columns))
    headings = ["Dòng gốc (original row)", *(_heading(one) for one in columns)]
    _append(sheet, [*headings, "Nội dung cần sửa", "What is wrong"], is_bold=True)
    for one in held:
        wrong = [finding for finding in one.findings if finding.severity is not Severity.WARNING]
        said = [(heading_text(finding), say(finding)) for finding in wrong]
        vi = "\n".join(f"{column}: {text.vi}" if column else text.vi for column, text in said)
        en = "\n".join(text.en for _, text in said)
        values = [one.values.get(column, "") for column in columns]
        _append(sheet, [f"{one.row.number}", *values, vi, en])
    return _saved(book)


def _heading(field: Field) -> str:
    vi, en = HEADINGS[field][:2]
    return f"{vi} ({en})"


def _book(title: str, width: int) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    book.remove(book.worksheets[0])
    return book, _sheet(book, title, width)


def _sheet(book: Workbook, title: str, width: int) -> Worksheet:
    sheet: Worksheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for column in range(1, width + 1):
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = _WIDTH
        dimension.number_format = "@"
    return sheet


def _append(sheet: Worksheet, texts: Sequence[str], *, is_bold: bool = False) -> None:
    sheet.append([defused(text) for text in texts])
    for cell in sheet[sheet.max_row]:
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if is_bold:
            cell.font = Font(bold=True)


def _saved(book: Workbook) -> bytes:
    octets = BytesIO()
    book.save(octets)
    return octets.getvalue()

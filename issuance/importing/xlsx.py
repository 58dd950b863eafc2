"""XLSX workbooks: cached values only, nothing is ever calculated.

Spec: ECMA-376 Part 1. openpyxl reads the cells, streaming; what the file may be is settled first.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Protocol
from zipfile import BadZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from issuance.importing.archives import ARCHIVE_ERRORS, ArchiveLimits, open_archive
from issuance.importing.refusals import RefusedFile, refuse, refuse_size
from issuance.importing.sheet_facts import SheetFacts, read_sheet_facts
from issuance.importing.table import (
    EMPTY,
    MAX_COLUMNS,
    MAX_FILE_OCTETS,
    MAX_ROWS,
    Cell,
    CellFault,
    Table,
    TableRow,
    text_cell,
    trimmed,
)

LIMITS = ArchiveLimits(
    members=2_000, member_octets=200 * 1024 * 1024, total_octets=300 * 1024 * 1024, ratio=150
)
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
"""The compound file of XLS, and of an XLSX with a password."""
_ODS = b"application/vnd.oasis.opendocument"
_DAMAGED = "Tệp Excel bị hỏng: mở bằng Excel, lưu lại dưới dạng .xlsx rồi tải lên."
_ZEROS = re.compile(r"0{2,20}")
_LIBRARY_ERRORS = (*ARCHIVE_ERRORS, BadZipFile, ArithmeticError, AttributeError, SyntaxError,
                   TypeError, AssertionError, MemoryError)  # fmt: skip
"""openpyxl promises no errors of its own over files that are not what they say."""


def looks_like_workbook(octets: bytes) -> bool:
    """Tell whether octets begin as a ZIP archive or a compound file does: no text file."""
    return octets.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLE))


def parse_workbook(octets: bytes, sheet: str = "") -> Table:
    """Read one sheet: the one that is named, or the first visible one that has rows.

    Args:
        octets: the file.
        sheet: a sheet's name; a hidden sheet is read where it is named.

    Raises:
        Malformed: no workbook, damaged, protected by a password, of an old or foreign kind, no
            such sheet (MALFORMED_TABLE, MALFORMED_ARCHIVE); too large (TABLE_TOO_LARGE,
            ARCHIVE_TOO_LARGE).
    """
    if len(octets) > MAX_FILE_OCTETS:
        refuse_size(
            f"Tệp lớn hơn {MAX_FILE_OCTETS >> 20} MB: chia danh sách theo cơ quan.",
            f"a file of more than {MAX_FILE_OCTETS >> 20} MB: cut the list, by agency for instance",
        )
    _refuse_other_kinds(octets)
    with _opened(octets) as reader:
        return _chosen(reader, sheet)


def _chosen(reader: ExcelReader, sheet: str) -> Table:
    """Return the sheet that is named, or the first visible one that has rows."""
    visible = [one.title for one in reader.wb.worksheets if one.sheet_state == "visible"]
    hidden = tuple(one.title for one in reader.wb.worksheets if one.title not in visible)
    if sheet and sheet not in {*visible, *hidden}:
        there_are = ", ".join(visible)[:200]
        refuse(
            f"Không có trang tính tên này; trong tệp có: {there_are}",
            f"no such sheet; there are: {there_are}",
        )
    tables = (_read(reader, name) for name in ([sheet] if sheet else visible))
    found = next((one for one in tables if one.rows), None)
    if found is None:
        refuse(
            "Các trang tính đang hiện đều trống: chọn đúng tệp, hoặc ghi tên trang tính bị ẩn.",
            "no rows in any visible sheet",
        )
    return replace(
        found,
        other_sheets=tuple(one for one in visible if one != found.sheet),
        hidden_sheets=tuple(one for one in hidden if one != found.sheet),
        is_epoch_1904=reader.wb.epoch == CALENDAR_MAC_1904,
    )


def _refuse_other_kinds(octets: bytes) -> None:
    if octets.startswith(_OLE):
        refuse(
            "Tệp Excel cũ (.xls) hoặc có mật khẩu: mở bằng Excel, bỏ mật khẩu, lưu thành .xlsx.",
            "an old Excel file (.xls), or one with a password: save it as .xlsx without one",
        )
    with open_archive(octets, LIMITS) as archive:
        names = set(archive.namelist())
        if len(names) != len(archive.infolist()):
            refuse(_DAMAGED, "the workbook holds a part twice")
        if "mimetype" in names:
            try:
                kind = archive.read("mimetype")
            except ARCHIVE_ERRORS:
                kind = b""
            if kind.startswith(_ODS):
                refuse(
                    "Tệp OpenDocument (.ods): mở bằng LibreOffice hoặc Excel, lưu thành .xlsx.",
                    "an OpenDocument file (.ods): save it as .xlsx or .csv",
                )
    if "xl/workbook.bin" in names:
        refuse(
            "Tệp Excel nhị phân (.xlsb): mở bằng Excel, lưu thành .xlsx.",
            "a binary Excel workbook (.xlsb): save it as .xlsx",
        )
    if "word/document.xml" in names:
        refuse(
            "Đây là tệp Word: chép bảng sang Excel, lưu thành .xlsx.",
            "a Word document: copy its table into a workbook (.xlsx)",
        )
    if "[Content_Types].xml" not in names:
        refuse(
            "Đây là tệp nén ZIP, không phải tệp Excel: giải nén rồi chọn tệp .xlsx trong đó.",
            "a ZIP archive, but no Excel workbook (.xlsx)",
        )


@contextmanager
def _opened(octets: bytes) -> Iterator[ExcelReader]:
    """Read the parts around the sheets; give every slip of the library as ``Malformed``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that we don't need
        try:
            reader = ExcelReader(BytesIO(octets), read_only=True, data_only=True, keep_links=False)
            with closing(reader.archive):
                reader.read()
                yield reader
        except _LIBRARY_ERRORS as error:
            if isinstance(error, RefusedFile):
                raise
            refuse(_DAMAGED, "the workbook is damaged, or no Excel workbook at all")


def _read(reader: ExcelReader, name: str) -> Table:
    parts = {sheet.name: rel.target for sheet, rel in reader.parser.find_sheets()}
    with reader.archive.open(parts[name]) as source:
        facts = read_sheet_facts(source)
    sheet = reader.wb[name]
    sheet.reset_dimensions()
    rows: list[TableRow] = []
    found = sheet.iter_rows(max_row=max(facts.last_row, 1), max_col=MAX_COLUMNS)
    for number, cells in enumerate(found, start=1):
        row = trimmed(number, [_cell(one, number, at, facts) for at, one in enumerate(cells, 1)])
        if row is None:
            continue
        if len(rows) == MAX_ROWS:
            refuse_size(
                f"Danh sách có hơn {MAX_ROWS} dòng: chia danh sách theo cơ quan.",
                f"more than {MAX_ROWS} rows: cut the list, by agency for instance",
            )
        is_hidden = number in facts.hidden_rows
        rows.append(TableRow(number, row.cells, is_hidden=is_hidden))
    return Table(rows, tuple(facts.merges), name)


class _LibraryCell(Protocol):
    """A cell as openpyxl streams it."""

    @property
    def value(self) -> object: ...
    @property
    def data_type(self) -> str: ...
    @property
    def number_format(self) -> str: ...


def _cell(given: _LibraryCell, row: int, column: int, facts: SheetFacts) -> Cell:
    value, has_value = given.value, facts.formulas.get((row, column))
    if has_value is False:
        return Cell(is_formula=True, fault=CellFault.FORMULA_WITHOUT_VALUE)
    if value is None:
        return EMPTY
    cell = _value(given, value)
    if has_value is None:
        return cell
    return Cell(cell.value, is_formula=True, shown_digits=cell.shown_digits, fault=cell.fault)


def _value(given: _LibraryCell, value: object) -> Cell:
    if given.data_type == "e":
        return Cell(fault=CellFault.ERROR)
    match value:
        case str():
            return text_cell(value)
        case bool():
            return Cell(value)
        case int() | float():
            shown = _ZEROS.fullmatch(given.number_format or "")
            return Cell(value, shown_digits=len(shown[0]) if shown else 0)
        case datetime():
            return Cell(value.date())
        case date():
            return Cell(value)
        case time() | timedelta() | _:
            return Cell(fault=CellFault.TYPE)

"""What openpyxl's streaming reader does not tell of a sheet: merges, hidden rows, formulas.

Spec: ECMA-376 Part 1 sections 18.3.1.55 (mergeCell), 18.3.1.73 (row), 18.3.1.4 (c), 18.3.1.40 (f).
The XML is read by defusedxml: no entities, no external documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Protocol

from defusedxml.ElementTree import iterparse
from openpyxl.utils import coordinate_to_tuple, range_boundaries

from issuance.importing.refusals import refuse, refuse_size
from issuance.importing.table import MAX_COLUMNS, Merge

MAX_SHEET_ROW = 1_048_576
"""The last row that a spreadsheet program has (ECMA-376); a reader would fill gaps up to any."""
MAX_MERGES = 20_000
_DAMAGED = "Tệp bị hỏng: mở bằng Excel, lưu lại dưới dạng .xlsx rồi tải lên."
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"


@dataclass(slots=True)
class SheetFacts:
    """What was found.

    Args:
        merges: merged ranges.
        hidden_rows: numbers of hidden rows.
        formulas: cells that hold a formula, as row and column from 1, and whether the file has
            the value that it gave.
        last_row: the highest row number.
    """

    merges: list[Merge] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: dict[tuple[int, int], bool] = field(default_factory=dict)
    last_row: int = 0


class _Element(Protocol):
    tag: str

    def get(self, key: str) -> str | None: ...
    def find(self, path: str) -> _Element | None: ...
    def findtext(self, path: str) -> str | None: ...
    def clear(self) -> None: ...
    def __iter__(self) -> Iterator[_Element]: ...


def read_sheet_facts(source: IO[bytes]) -> SheetFacts:
    """Read a sheet's XML once, a row at a time.

    Raises:
        Malformed: rows that no program has (MALFORMED_TABLE), too many columns or merges
            (TABLE_TOO_LARGE).
        SyntaxError, ValueError: not XML, or XML with entities.
    """
    facts, row_number = SheetFacts(), 0
    for _event, element in iterparse(source):
        tag = element.tag
        if tag == f"{_MAIN}row":
            row_number = _read_row(element, row_number, facts)
            element.clear()
        elif tag == f"{_MAIN}mergeCell":
            facts.merges.append(_merge(element.get("ref") or ""))
            if len(facts.merges) > MAX_MERGES:
                refuse_size(
                    f"Có hơn {MAX_MERGES} chỗ gộp ô: bỏ gộp ô rồi lưu lại.",
                    f"more than {MAX_MERGES} merged ranges",
                )
        elif tag == f"{_STRICT}sheetData":
            refuse(
                "Tệp dạng “Strict Open XML”: trong Excel, lưu lại theo kiểu “Excel Workbook”.",
                "a strict Open XML workbook: save it as a plain Excel workbook (.xlsx)",
            )
    facts.last_row = max(facts.last_row, row_number)
    return facts


def _read_row(row: _Element, before: int, facts: SheetFacts) -> int:
    number = int(row.get("r") or before + 1)
    if not before < number <= MAX_SHEET_ROW:
        refuse(_DAMAGED, "rows out of order, or beyond the last one that a sheet can have")
    if row.get("hidden") in {"1", "true"}:
        facts.hidden_rows.add(number)
    column = 0
    for cell in row:
        column = _column(cell.get("r"), number, column)
        value = cell.findtext(f"{_MAIN}v")
        has_value = bool(value) or cell.find(f"{_MAIN}is") is not None
        if has_value and column > MAX_COLUMNS:
            refuse_size(
                f"Bảng có hơn {MAX_COLUMNS} cột: xóa các cột không dùng đến.",
                f"more than {MAX_COLUMNS} columns: take away those that are not needed",
            )
        if cell.find(f"{_MAIN}f") is not None:
            facts.formulas[(number, column)] = has_value
    return number


def _column(coordinate: str | None, row_number: int, before: int) -> int:
    if coordinate is None:
        return before + 1
    row, column = coordinate_to_tuple(coordinate)
    if row != row_number:
        refuse(_DAMAGED, "a cell that stands in another row")
    return int(column)


def _merge(reference: str) -> Merge:
    bounds = [one for one in range_boundaries(reference) if one is not None]
    if len(bounds) != 4:
        refuse(_DAMAGED, "a merged range without bounds")
    first_column, first_row, last_column, last_row = bounds
    return Merge(first_row, last_row, first_column, last_column)

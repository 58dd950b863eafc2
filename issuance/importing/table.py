"""A table as a file gives it: cells of a few kinds, nothing of them understood yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import TypeAlias

from issuance.importing.refusals import refuse_size

MAX_FILE_OCTETS = 50 * 1024 * 1024
MAX_ROWS = 50_000
"""Rows with anything in them; a longer list is cut by agency."""
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 1_000
"""A longer cell is kept as ``TOO_LONG`` alone."""

CellValue: TypeAlias = str | int | float | bool | date | None


@unique
class CellFault(StrEnum):
    """Why a cell has no value that could be used."""

    FORMULA_WITHOUT_VALUE = "formula_without_value"
    ERROR = "error"
    TOO_LONG = "too_long"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Args:
        value: text, number, truth value, date, or None for an empty cell.
        is_formula: the value is what a formula gave when the file was last saved.
        shown_digits: a number is shown with zeros before it to this many digits.
        fault: why there is no value.
    """

    value: CellValue = None
    is_formula: bool = False
    shown_digits: int = 0
    fault: CellFault | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing, or nothing but white space."""
        blank = self.value is None or (isinstance(self.value, str) and not self.value.strip())
        return blank and self.fault is None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that has anything in it.

    Args:
        number: as the spreadsheet program shows it, from 1; a line of a CSV file likewise.
        cells: from the first column on; empty cells at the end are left out.
        is_hidden: hidden or filtered away in the spreadsheet program.
        is_differently_encoded: its octets are not of the encoding of the rest of the file.
    """

    number: int
    cells: tuple[Cell, ...]
    is_hidden: bool = False
    is_differently_encoded: bool = False

    def cell(self, column: int) -> Cell:
        """Return the cell of a column, from 0."""
        return self.cells[column] if column < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range; rows and columns from 1, inclusive."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Args:
        rows: top down; rows without content are left out.
        merges: merged ranges.
        sheet: the sheet's name; empty for CSV.
        other_sheets: visible sheets that were not read.
        hidden_sheets: hidden ones.
        encoding: how a CSV file's octets were read; empty for XLSX.
        is_epoch_1904: days are counted from 1904 (ECMA-376 Part 1 section 18.17.4.1).
    """

    rows: Sequence[TableRow]
    merges: tuple[Merge, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    encoding: str = ""
    is_epoch_1904: bool = False


def trimmed(number: int, cells: Sequence[Cell]) -> TableRow | None:
    """Return a row without the empty cells at its end, None where nothing is left.

    Raises:
        Malformed: more columns than a list can have (TABLE_TOO_LARGE).
    """
    width = len(cells)
    while width and cells[width - 1].is_empty:
        width -= 1
    if width > MAX_COLUMNS:
        refuse_size(
            f"Bảng có hơn {MAX_COLUMNS} cột: xóa các cột không dùng đến.",
            f"more than {MAX_COLUMNS} columns: take away those that are not needed",
        )
    return TableRow(number, tuple(cells[:width])) if width else None


def text_cell(text: str) -> Cell:
    """Return a cell of text, or what stands for one that is too long."""
    if len(text) > MAX_CELL_CHARACTERS:
        return Cell(fault=CellFault.TOO_LONG)
    return Cell(text)

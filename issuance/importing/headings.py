"""Where a table's headings are, in one row or two, and which column holds what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from openpyxl.utils import column_index_from_string, get_column_letter

from cardsvc.terms import CardType
from issuance.importing.fields import HEADINGS, REQUIRED, Field, field_of, heading_key
from issuance.importing.legacy_text import detect, is_broken
from issuance.importing.refusals import refuse
from issuance.importing.table import MAX_COLUMNS, Merge, Table, TableRow

SEARCHED_ROWS = 20
_LETTERS = re.compile("[A-Z]{1,2}")
_SHOWN_CHARACTERS = 60

_BROKEN_LETTERS = (
    (
        " Chữ có dấu trong tệp bị vỡ vì tệp từng được mở hoặc lưu sai bảng mã: lấy tệp gốc, lưu "
        "thành .xlsx hoặc CSV UTF-8 rồi nhập lại."
    ),
    (
        "; letters in the file are broken, it was opened or saved in a wrong encoding: save the "
        "original as .xlsx or CSV UTF-8"
    ),
)
_SEVERAL_ROWS = (
    (
        " Tiêu đề đang nằm trên nhiều dòng: sửa lại thành một dòng tiêu đề (nhiều nhất hai dòng "
        "liền nhau), không để dòng trống ở giữa."
    ),
    "; headings stand in several rows: put them into one, or two that follow one another",
)

ColumnMap = Mapping[Field, str]
"""A column by its heading, or by its letters where no heading reads so."""


@dataclass(frozen=True, slots=True)
class Headings:
    """What was recognised.

    Args:
        last_row: the number of the last row of headings; data begin below it.
        columns: column of each field, from 0.
        unknown: headings of columns that are left out.
    """

    last_row: int
    columns: Mapping[Field, int]
    unknown: tuple[str, ...]


def heading_score(rows: Sequence[TableRow]) -> int:
    """Return how many different fields the best row of headings names."""
    return max((len(set(_one_row(row).values())) for row in rows[:SEARCHED_ROWS]), default=0)


def find_headings(
    table: Table, card_type: CardType, mapping: ColumnMap, *, has_agency: bool
) -> Headings:
    """Find the headings of a list.

    Args:
        table: the table.
        card_type: which columns must be there.
        mapping: columns that somebody named.
        has_agency: the agency is given for the whole list.

    Raises:
        Malformed: no headings within the first rows, a column missing, or two for one thing; the
            message names headings, never a cell below them.
    """
    best, best_fields = None, -1
    for index, row in enumerate(table.rows[:SEARCHED_ROWS]):
        for texts, last_row in _readings(table, index, row):
            named = _assign(texts, mapping)
            fields = len({field for field, _ in named})
            if fields > best_fields and any(one is Field.PERSONAL_NUMBER for one, _ in named):
                best, best_fields = (texts, last_row, named), fields
    if best is None or best_fields < 2:
        _refuse_without_headings(table)
    texts, last_row, named = best
    columns = _columns(table, texts, last_row, named)
    _require(table, columns, card_type, has_agency=has_agency)
    taken = set(columns.values())
    unknown = tuple(
        text[:_SHOWN_CHARACTERS] for at, text in texts.items() if text.strip() and at not in taken
    )
    return Headings(last_row, columns, unknown)


def _readings(table: Table, index: int, row: TableRow) -> list[tuple[dict[int, str], int]]:
    """A row alone, and together with the row below it."""
    alone = _texts(table, row)
    readings = [(alone, row.number)]
    if index + 1 < len(table.rows):
        below = table.rows[index + 1]
        sub = _texts(table, below)
        if below.number == row.number + 1 and not any(_is_data(text) for text in sub.values()):
            joined = {at: _join(alone.get(at, ""), sub.get(at, "")) for at in {*alone, *sub}}
            readings.append((joined, below.number))
    return readings


def _join(top: str, sub: str) -> str:
    if not sub.strip():
        return top
    for text in (f"{sub} {top}", f"{top} {sub}", sub):
        if field_of(_readable(text)) is not None:
            return text
    return top if field_of(_readable(top)) is not None and not _is_data(sub) else sub


def _texts(table: Table, row: TableRow) -> dict[int, str]:
    """The row's texts by column; a heading merged over columns stands for each of them."""
    found = {
        at: cell.value
        for at, cell in enumerate(row.cells[:MAX_COLUMNS])
        if isinstance(cell.value, str)
    }
    for merge in table.merges:
        if merge.first_row <= row.number <= merge.last_row and merge.first_row == row.number:
            text = found.get(merge.first_column - 1)
            if text is not None:
                for at in range(merge.first_column, min(merge.last_column, MAX_COLUMNS)):
                    found.setdefault(at, text)
    return found


def _is_data(text: str) -> bool:
    return sum(one.isdigit() for one in text) >= 6


def _readable(text: str) -> str:
    garbled = detect(text)
    return text if garbled is None else garbled[1]


def _one_row(row: TableRow) -> dict[int, Field]:
    texts = {at: one.value for at, one in enumerate(row.cells) if isinstance(one.value, str)}
    fields = {at: field_of(_readable(text)) for at, text in texts.items()}
    return {at: field for at, field in fields.items() if field is not None}


def _assign(texts: Mapping[int, str], mapping: ColumnMap) -> list[tuple[Field, int]]:
    named = [(field, at) for field, wanted in mapping.items() for at in _named(texts, wanted)]
    claimed = {at for _, at in named}
    for at, text in sorted(texts.items()):
        field = field_of(_readable(text))
        if field is not None and field not in mapping and at not in claimed:
            named.append((field, at))
    return named


def _named(texts: Mapping[int, str], wanted: str) -> list[int]:
    key = heading_key(wanted)
    found = [at for at, text in texts.items() if key and heading_key(_readable(text)) == key]
    if not found and _LETTERS.fullmatch(wanted):
        return [column_index_from_string(wanted) - 1]
    return found


def _columns(
    table: Table, texts: Mapping[int, str], last_row: int, named: Sequence[tuple[Field, int]]
) -> dict[Field, int]:
    columns: dict[Field, int] = {}
    for field, at in named:
        if field in columns and not (field is Field.NAME and at == columns[field] + 1):
            if field is Field.ORDINAL:
                continue
            letters = " và ".join(get_column_letter(one + 1) for one in (columns[field], at))
            refuse(
                f"Hai cột ({letters}) cùng là “{HEADINGS[field][0]}”: ghi rõ cột đúng cho mục này.",
                f"two columns for “{HEADINGS[field][0]}”: name the right one",
            )
        columns.setdefault(field, at)
    _split_name(table, texts, last_row, columns)
    return columns


def _split_name(
    table: Table, texts: Mapping[int, str], last_row: int, columns: dict[Field, int]
) -> None:
    """Take a heading over two columns for family and middle names, and the given name."""
    name = columns.get(Field.NAME)
    if name is None or Field.GIVEN in columns or Field.FAMILY_AND_MIDDLE in columns:
        return
    beside, heading = name + 1, texts.get(name, "")
    is_merged = any(_covers(merge, last_row, name, beside) for merge in table.merges)
    has_no_heading = not texts.get(beside, "").strip() and beside not in columns.values()
    filled = [row for row in table.rows if row.number > last_row and not row.cell(name).is_empty]
    both = [row for row in filled if isinstance(row.cell(beside).value, str)]
    is_shared = is_merged and texts.get(beside) == heading
    if (is_shared or has_no_heading) and len(both) * 2 > len(filled):
        del columns[Field.NAME]
        columns[Field.FAMILY_AND_MIDDLE], columns[Field.GIVEN] = name, beside


def _covers(merge: Merge, last_row: int, first: int, second: int) -> bool:
    rows = merge.first_row <= last_row and merge.last_row >= last_row - 1
    return rows and merge.first_column - 1 <= first and second <= merge.last_column - 1


def _require(
    table: Table, columns: Mapping[Field, int], card_type: CardType, *, has_agency: bool
) -> None:
    missing = [one for one in REQUIRED[card_type] if one not in columns]
    if Field.NAME not in columns and not {Field.FAMILY_AND_MIDDLE, Field.GIVEN} <= columns.keys():
        missing.insert(0, Field.NAME)
    wants_agency = card_type is CardType.CIVIL_SERVANT and not has_agency
    if wants_agency and Field.AGENCY_CODE not in columns:
        missing.append(Field.AGENCY_CODE)
    if missing:
        named = ", ".join(f"“{HEADINGS[one][0]}”" for one in missing)
        cause_vi, cause_en = _cause(table, missing)
        refuse(
            f"Thiếu cột {named}: thêm cột, hoặc ghi rõ cột nào là mục đó.{cause_vi}",
            f"columns are missing: {named}{cause_en}",
        )


def _cause(table: Table, missing: Sequence[Field]) -> tuple[str, str]:
    """Tell why headings that people see are not found: broken letters, or too many rows."""
    searched = table.rows[:SEARCHED_ROWS]
    texts = [one.value for row in searched for one in row.cells if isinstance(one.value, str)]
    if any(is_broken(_readable(text)) for text in texts):
        return _BROKEN_LETTERS
    if any(field in missing for row in searched for field in _one_row(row).values()):
        return _SEVERAL_ROWS
    return "", ""


def _refuse_without_headings(table: Table) -> NoReturn:
    wanted = f"“{HEADINGS[Field.PERSONAL_NUMBER][0]}” và “{HEADINGS[Field.NAME][0]}”"
    others = ", ".join(table.other_sheets)[:_SHOWN_CHARACTERS]
    cause_vi, cause_en = _cause(table, [Field.PERSONAL_NUMBER])
    vi = f"Không thấy dòng tiêu đề có các cột {wanted} trong {SEARCHED_ROWS} dòng đầu.{cause_vi}"
    refuse(
        f"{vi} Nếu danh sách ở trang tính khác thì ghi tên trang đó: {others}" if others else vi,
        f"no headings in the first {SEARCHED_ROWS} rows: a column such as "
        f"“{HEADINGS[Field.PERSONAL_NUMBER][0]}” and one such as “{HEADINGS[Field.NAME][0]}”"
        f"{cause_en}" + (f"; other sheets: {others}" if others else ""),
    )

"""A table to rows of named values: merges are filled or refused, titles and totals left out."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cardsvc.identity import latin
from cardsvc.identity.sex import Sex
from issuance.importing.cells import read_cell
from issuance.importing.fields import FILLABLE, Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.headings import Headings
from issuance.importing.legacy_text import is_broken
from issuance.importing.name_forms import name_findings
from issuance.importing.refusals import refuse
from issuance.importing.table import EMPTY, Cell, Table, TableRow

_ROMAN_OR_LETTER = re.compile(r"(?:[IVXLC]{1,6}|[A-HK])[.):]?")
_SECTION = re.compile(r"(?:[IVXLC]{1,6}|[A-H])\s*[.):/\-]\s*\S.*")
_ENDS = re.compile(
    r"(?:tong|cong|total|sum)(?:\s*[:(0-9].*)?"
    r"|(?:tong cong|tong so|grand total|danh sach (?:co|gom|nay)|nguoi lap|thu truong|ky ten).*"
    r"|.*\bngay\b.*\bthang\b.*\bnam\b.*"
)
_FOOT = re.compile(
    _ENDS.pattern + r"|(?:ghi chu|noi nhan|xac nhan|giam doc|nguoi (?:lap|duyet|ky)|\(ky).*|\*.*"
)
_ORDINAL_NUMBER = re.compile(r"[0-9]{1,6}[.)]?0?")
_FOOT_CELLS = 3
"""Nobody's row has so few: signatures stand beside one another, three at most."""
_COLUMN_NUMBER = re.compile(r"[(\[]?[0-9]{1,3}[)\]]?|[(\[]?[A-Z][)\]]?|[0-9]+\s*=.*")
_EXAMPLE = "vi du"
_MARKS = frozenset({"x", "v", "1", "+", "*", "✓", "✔", "√", "co"})
"""What stands in the column of a sex where it is no date."""
_NO_MARKS = frozenset({"", "0", "-", "khong"})
_DIGITS = re.compile(r"[0-9]{9,12}")


@dataclass(frozen=True, slots=True)
class RowValues:
    """A row as somebody could have typed it into a form.

    Args:
        number: the row's number in the file.
        values: the columns that are filled in; personal data.
        findings: what was noticed in reading.
    """

    number: int
    values: Mapping[Field, str] = field(repr=False)
    findings: tuple[Finding, ...] = ()


def read_rows(table: Table, headings: Headings) -> tuple[list[RowValues], list[Finding]]:
    """Return the people's rows, and notices about rows and columns that were left out.

    Raises:
        Malformed: merged ranges that overlap.
    """
    data = [row for row in table.rows if row.number > headings.last_row]
    merged = _Merged(table, headings)
    found, notices = [], [
        Finding(_left_out_column(heading), detail=heading) for heading in headings.unknown
    ]  # fmt: skip
    foot = _foot(data, headings)
    for index, row in enumerate(data):
        left_out = _left_out(row, headings, merged, is_first=index == 0)
        if left_out is None and index >= foot and _is_of_the_foot(row, headings):
            left_out = ImportCode.TOTALS_ROW_SKIPPED
        if left_out is not None:
            notices.append(Finding(left_out, detail=str(row.number)))
        else:
            found.append(_read(row, headings, merged, is_epoch_1904=table.is_epoch_1904))
    return found, notices


def _left_out_column(heading: str) -> ImportCode:
    return ImportCode.GARBLED_COLUMN if is_broken(heading) else ImportCode.UNKNOWN_COLUMN


class _Merged:
    """The cells below the headings that a merge covers, its first cell excepted."""

    def __init__(self, table: Table, headings: Headings) -> None:
        self._anchors = {row.number: row for row in table.rows}
        self._ordered = list(self._anchors)
        self._covered: dict[tuple[int, int], tuple[int, int]] = {}
        self.across: set[int] = set()
        """Rows with a merge over several columns."""
        self._headings = headings
        columns = sorted(set(headings.columns.values()))
        for merge in table.merges:
            if merge.last_row <= headings.last_row:
                continue
            first = max(merge.first_row, headings.last_row + 1)
            numbers = self._numbers(first, merge.last_row)
            within = [at for at in columns if merge.first_column - 1 <= at < merge.last_column]
            if merge.last_column > merge.first_column:
                self.across.update(numbers)
            self._cover(numbers, within, (merge.first_row, merge.first_column - 1))

    def _numbers(self, first: int, last: int) -> list[int]:
        start = bisect_left(self._ordered, first)
        return self._ordered[start : bisect_right(self._ordered, last)]

    def _cover(
        self, numbers: Sequence[int], columns: Sequence[int], anchor: tuple[int, int]
    ) -> None:
        for number in numbers:
            for at in columns:
                if (number, at) in self._covered:
                    refuse(
                        "Các ô gộp chồng lên nhau: mở tệp bằng Excel, bỏ gộp ô rồi lưu lại.",
                        "merged ranges that overlap",
                    )
                self._covered[(number, at)] = anchor

    def cell(self, row: TableRow, of: Field, at: int) -> tuple[Cell, Finding | None]:
        """Return the cell that counts for a row, and what has to be said about it."""
        anchor = self._covered.get((row.number, at))
        if anchor is None or anchor == (row.number, at):
            return row.cell(at), None
        anchor_row = self._anchors.get(anchor[0])
        is_above = anchor[1] == at and anchor[0] > self._headings.last_row
        if of in FILLABLE and is_above and anchor_row is not None:
            return anchor_row.cell(at), Finding(ImportCode.FILLED_FROM_MERGE, of)
        return EMPTY, Finding(ImportCode.MERGED_CELL, of)


def _read(row: TableRow, headings: Headings, merged: _Merged, *, is_epoch_1904: bool) -> RowValues:
    values: dict[Field, str] = {}
    findings: list[Finding] = []
    for of, at in headings.columns.items():
        if of is Field.ORDINAL:
            continue
        cell, said = merged.cell(row, of, at)
        text, found = read_cell(cell, of, is_epoch_1904=is_epoch_1904)
        findings += found
        if said is not None and (text or said.code is ImportCode.MERGED_CELL):
            findings.append(said)
        if text:
            values[of] = text
    if row.is_hidden:
        findings.append(Finding(ImportCode.HIDDEN_ROW))
    if row.is_differently_encoded:
        findings.append(Finding(ImportCode.MIXED_ENCODING))
    whole = _with_name_findings(_with_whole_name(RowValues(row.number, values, tuple(findings))))
    return _with_one_sex(whole) if {Field.MALE, Field.FEMALE} & headings.columns.keys() else whole


def _with_whole_name(row: RowValues) -> RowValues:
    """Join a name that stands in two columns, and what was found about its parts."""
    values = dict(row.values)
    family = values.pop(Field.FAMILY_AND_MIDDLE, None)
    given = values.pop(Field.GIVEN, None)
    if family is None and given is None:
        return row
    values[Field.NAME] = " ".join(part for part in (family, given) if part)
    parts = {Field.FAMILY_AND_MIDDLE: family, Field.GIVEN: given}
    proposals = {one.field: one.proposal for one in row.findings if one.field in parts}
    whole = " ".join(
        text for part in parts if (text := proposals.get(part) or parts[part]) is not None
    )
    findings = dict.fromkeys(
        replace(one, field=Field.NAME, proposal=whole if one.proposal else None)
        if one.field in parts
        else one
        for one in row.findings
    )
    return RowValues(row.number, values, tuple(findings))


def _with_name_findings(row: RowValues) -> RowValues:
    """Ask about what stands beside the name, and about letters of wrong case."""
    proposals = [one.proposal for one in row.findings if one.field is Field.NAME and one.proposal]
    name = proposals[-1] if proposals else row.values.get(Field.NAME, "")
    return replace(row, findings=(*row.findings, *name_findings(name)))


def _with_one_sex(row: RowValues) -> RowValues:
    """Tell sex and date of birth from the column of the two in which something stands.

    What contradicts itself is kept as it stands, for the sex or the date to be refused.
    """
    values = dict(row.values)
    sexes, dates = [values.get(Field.SEX, "")], [values.get(Field.BIRTH_DATE, "")]
    for of, sex in ((Field.MALE, Sex.MALE), (Field.FEMALE, Sex.FEMALE)):
        text = values.pop(of, "")
        if text and latin.search_key(text) not in _NO_MARKS:
            sexes.append(sex.vi)
            is_mark = latin.search_key(text) in {*_MARKS, latin.search_key(sex.vi)}
            dates.append("" if is_mark else text)
    for of, texts in ((Field.SEX, sexes), (Field.BIRTH_DATE, dates)):
        different = {latin.search_key(text): text for text in reversed(texts) if text}
        if different:
            values[of] = " / ".join(reversed(different.values()))
    findings = dict.fromkeys(
        replace(one, field=Field.BIRTH_DATE) if one.field in {Field.MALE, Field.FEMALE} else one
        for one in row.findings
    )
    return RowValues(row.number, values, tuple(findings))


def _left_out(
    row: TableRow, headings: Headings, merged: _Merged, *, is_first: bool
) -> ImportCode | None:
    """Tell why a row is no person's, or None."""
    texts = list(_texts(row))
    if any(latin.search_key(one).startswith(_EXAMPLE) for one in texts[:1]):
        return ImportCode.EXAMPLE_ROW_SKIPPED
    if is_first and len(texts) >= 2 and all(_COLUMN_NUMBER.fullmatch(one) for one in texts):
        return ImportCode.COLUMN_NUMBERS_SKIPPED
    if any(_DIGITS.search(one) for one in texts):
        return None
    if not row.cell(headings.columns[Field.PERSONAL_NUMBER]).is_empty:
        return None
    if any(_ENDS.fullmatch(latin.search_key(one)) for one in texts):
        return ImportCode.TOTALS_ROW_SKIPPED
    is_titled = bool(_SECTION.fullmatch(texts[0])) or (
        len(texts) == 2 and bool(_ROMAN_OR_LETTER.fullmatch(texts[0]))
    )
    if len(texts) <= 2 and (is_titled or (len(texts) == 1 and row.number in merged.across)):
        return ImportCode.SECTION_ROW_SKIPPED
    return None


def _foot(data: Sequence[TableRow], headings: Headings) -> int:
    """Return where signatures and notes begin: below everybody who has a number."""
    first = len(data)
    for index in range(len(data) - 1, -1, -1):
        row = data[index]
        if not _is_of_the_foot(row, headings):
            break
        if any(_FOOT.fullmatch(latin.search_key(one)) for one in _texts(row)):
            first = index
    return first


def _is_of_the_foot(row: TableRow, headings: Headings) -> bool:
    """Tell whether a row may be a signature's: few cells, no number, nobody's ordinal."""
    texts = list(_texts(row))
    ordinal = headings.columns.get(Field.ORDINAL)
    counted = "" if ordinal is None else str(row.cell(ordinal).value).strip()
    is_numbered = _ORDINAL_NUMBER.fullmatch(counted) is not None
    has_digits = any(_DIGITS.search(one) for one in texts)
    return len(texts) <= _FOOT_CELLS and not is_numbered and not has_digits


def _texts(row: TableRow) -> Iterator[str]:
    for cell in row.cells:
        if not cell.is_empty:
            value = cell.value
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            yield " ".join(str(value).split())

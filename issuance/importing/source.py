"""A file to rows of values: workbook or CSV, told by its first octets and not by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.terms import CardType
from issuance.importing.csv_table import parse_csv
from issuance.importing.encodings import TextEncoding
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.headings import find_headings, heading_score
from issuance.importing.refusals import refuse
from issuance.importing.rows import RowValues, read_rows
from issuance.importing.xlsx import looks_like_workbook, parse_workbook


@dataclass(frozen=True, slots=True)
class ListOptions:
    """How a list is to be read.

    Args:
        card_type: what kind of people are on it.
        sheet: which sheet of a workbook; empty for the first visible one with rows.
        encoding: of a CSV file; None to find out.
        mapping: columns by heading or letters, where their headings are not understood.
        agency: the agency of everybody on the list, where no column says it.
    """

    card_type: CardType
    sheet: str = ""
    encoding: TextEncoding | None = None
    mapping: Mapping[Field, str] = field(default_factory=dict)
    agency: AgencyCode | None = None


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a file holds.

    Args:
        fingerprint: SHA-256 over the file and how it was read, in hex.
        rows: the people's rows.
        notices: about rows, columns and sheets that were left out.
        sheet: which sheet was read.
        encoding: how a CSV file was read.
        columns: which column was taken for what, by letters.
    """

    fingerprint: str
    rows: tuple[RowValues, ...]
    notices: tuple[Finding, ...]
    sheet: str
    encoding: str
    columns: Mapping[Field, int]


def parse_list(octets: bytes, options: ListOptions) -> ReadList:
    """Read a list of people.

    Args:
        octets: an XLSX workbook or a CSV file.
        options: how to read it.

    Raises:
        Malformed: no list that we can read; nothing of a person stands in the message.
    """
    if looks_like_workbook(octets):
        table = parse_workbook(octets, options.sheet)
    else:
        table = parse_csv(octets, heading_score, encoding=options.encoding)
    headings = find_headings(
        table, options.card_type, options.mapping, has_agency=options.agency is not None
    )
    rows, notices = read_rows(table, headings)
    if not rows:
        refuse(
            "Có dòng tiêu đề nhưng bên dưới không có ai: điền vào, hoặc chọn trang tính khác.",
            "headings, and nobody below them",
        )
    left_out = [
        *(Finding(ImportCode.OTHER_SHEET_LEFT_OUT, detail=one) for one in table.other_sheets),
        *(Finding(ImportCode.HIDDEN_SHEET_LEFT_OUT, detail=one) for one in table.hidden_sheets),
    ]
    return ReadList(
        fingerprint=_fingerprint(octets, options),
        rows=tuple(rows),
        notices=(*notices, *left_out),
        sheet=table.sheet,
        encoding=table.encoding,
        columns=headings.columns,
    )


def _fingerprint(octets: bytes, options: ListOptions) -> str:
    how = [options.card_type.value, options.sheet, str(options.encoding), str(options.agency)]
    how += [f"{one.value}={column}" for one, column in sorted(options.mapping.items())]
    return sha256("\0".join(how).encode() + b"\0\0" + sha256(octets).digest()).hexdigest()

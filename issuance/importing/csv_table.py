"""CSV files: separated by comma, semicolon, tab or bar, quoted as RFC 4180 says."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

from issuance.importing.encodings import DecodedText, TextEncoding, parse_text
from issuance.importing.refusals import refuse, refuse_size
from issuance.importing.table import (
    MAX_FILE_OCTETS,
    MAX_ROWS,
    Table,
    TableRow,
    text_cell,
    trimmed,
)

DELIMITERS = (",", ";", "\t", "|")
_TRIED_LINES = 40

HeadingScore = Callable[[Sequence[TableRow]], int]


def parse_csv(
    octets: bytes, heading_score: HeadingScore, *, encoding: TextEncoding | None = None
) -> Table:
    """Read a CSV file; the delimiter is the one with which its headings make most sense.

    Args:
        octets: the file.
        heading_score: how many headings the first rows hold.
        encoding: None to find out.

    Raises:
        Malformed: of no encoding that we know, or not quoted as it should be (MALFORMED_TABLE);
            too large (TABLE_TOO_LARGE).
    """
    if len(octets) > MAX_FILE_OCTETS:
        refuse_size(
            f"Tệp lớn hơn {MAX_FILE_OCTETS >> 20} MB: chia danh sách theo cơ quan.",
            f"a file of more than {MAX_FILE_OCTETS >> 20} MB: cut the list, by agency for instance",
        )
    _refuse_other_kinds(octets)
    text = parse_text(octets, encoding)
    scores = {mark: heading_score(_head(text, mark)) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: scores[mark])
    return Table(list(_rows(text, best)), encoding=text.encoding.value)


def _refuse_other_kinds(octets: bytes) -> None:
    """Tell web pages and XML that programs name ``.xls``, and PDF, from text."""
    start = octets[:256].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        refuse(
            "Đây là trang web hoặc XML được đặt tên như tệp Excel: mở bằng Excel, lưu thành .xlsx.",
            "a web page or XML under the name of a workbook: open it in Excel, save it as .xlsx",
        )
    if start.startswith(b"%PDF"):
        refuse(
            "Đây là tệp PDF: cần tệp Excel (.xlsx) hoặc CSV của danh sách.",
            "a PDF file: the list's workbook (.xlsx) or CSV file is needed",
        )


def _head(text: DecodedText, delimiter: str) -> list[TableRow]:
    head = DecodedText(text.lines[:_TRIED_LINES], text.encoding)
    found: list[TableRow] = []
    try:
        found.extend(_rows(head, delimiter))
    except ValueError:
        return found  # not with this delimiter, or cut within a quoted cell
    return found


def _rows(text: DecodedText, delimiter: str) -> Iterator[TableRow]:
    # strict: a quotation mark gone astray would swallow the rows behind it
    reader = csv.reader((line + "\n" for line in text.lines), delimiter=delimiter, strict=True)
    count, line_before = 0, 0
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            refuse(
                f"Dòng {reader.line_num}: dấu ngoặc kép đặt sai chỗ hoặc ô quá dài. Mở tệp bằng "
                "Excel, sửa dòng này rồi lưu dưới dạng .xlsx.",
                f"line {reader.line_num}: a quotation mark is astray, or a cell is too long",
            )
        first, line_before = line_before, reader.line_num
        row = trimmed(first + 1, [text_cell(value) for value in values])
        if row is None:
            continue
        count += 1
        if count > MAX_ROWS:
            refuse_size(
                f"Danh sách có hơn {MAX_ROWS} dòng: chia danh sách theo cơ quan.",
                f"more than {MAX_ROWS} rows: cut the list, by agency for instance",
            )
        astray = any(line in text.strays for line in range(first, reader.line_num))
        yield TableRow(row.number, row.cells, is_differently_encoded=astray)

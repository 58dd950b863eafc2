"""Lists as files for a spreadsheet: CSV (RFC 4180) and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import make_response
from openpyxl import Workbook
from werkzeug.wrappers import Response

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REPLACED = dict.fromkeys(range(32), " ")
"""What XML 1.0 section 2.2 has no place for."""

Cell = str | int | float | None


def send_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a CSV file: UTF-8 with a byte order mark, which spreadsheets here ask for."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return _send(text.getvalue().encode("utf-8-sig"), f"{name}.csv", "text/csv; charset=utf-8")


def send_xlsx(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return an XLSX file; texts are texts, never formulas."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.append(list(head))
    for row in rows:
        sheet.append([_harmless(cell) for cell in row])
    octets = io.BytesIO()
    book.save(octets)
    return _send(octets.getvalue(), f"{name}.xlsx", _XLSX)


def _harmless(cell: Cell) -> Cell:
    """Keep a spreadsheet from running what somebody typed as a name."""
    if not isinstance(cell, str):
        return cell
    text = cell.translate(_REPLACED) if cell[:1] not in _STARTS_FORMULA else f"'{cell}"
    return text.translate(_REPLACED)


def _send(octets: bytes, name: str, content_type: str) -> Response:
    response = make_response(octets)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

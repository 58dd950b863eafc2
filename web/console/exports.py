"""Lists as files for a spreadsheet: CSV (RFC 4180) and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Sequence

from flask import Blueprint, make_response
from openpyxl import Workbook
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from web.console.access import needs
from web.console.paging import Column

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REPLACED = dict.fromkeys(range(32), " ")
"""What XML 1.0 section 2.2 has no place for."""

Cell = str | int | float | None


def add_exports(
    views: Blueprint,
    name: str,
    roles: Collection[Role],
    columns: Sequence[Column],
    lines: Callable[..., Iterable[Sequence[Cell]]],
    *,
    path: str = "",
) -> None:
    """Let a list be taken away as it is filtered: ``export.csv`` and ``export.xlsx``.

    Args:
        views: the area; a list of it links to them by ``exports_of``.
        name: of the file, without its ending.
        roles: who may see the list.
        columns: the headings.
        lines: makes the rows, of the list that the address asks for.
        path: of the list within the area; its arguments are given to ``lines``.
    """

    @views.get(f"{path}/export.csv", endpoint="export_csv")
    @needs(*roles)
    def export_csv(**arguments: str) -> Response:
        return send_csv(name, headings(columns), lines(**arguments))

    @views.get(f"{path}/export.xlsx", endpoint="export_xlsx")
    @needs(*roles)
    def export_xlsx(**arguments: str) -> Response:
        return send_xlsx(name, headings(columns), lines(**arguments))


def exports_of(area: str) -> dict[str, str]:
    """Return the endpoints of an area's list as files, by kind of file."""
    return {kind: f"console.{area}.export_{kind.lower()}" for kind in ("CSV", "XLSX")}


def headings(columns: Sequence[Column]) -> list[str]:
    """Return the headings of a table in the reader's language."""
    return [str(column.text) for column in columns]


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

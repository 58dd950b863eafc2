"""How ``cardsvc import`` is told what a list is, and how findings are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.import_records import ImportProgress
from cardsvc.terms import CardType
from issuance.importing.encodings import TextEncoding
from issuance.importing.fields import Field
from issuance.importing.finding_texts import heading_text, say
from issuance.importing.findings import BULK_CONFIRMABLE, Finding, ImportCode, Severity
from issuance.importing.source import ListOptions, ReadList, parse_list
from web.cli.support import FILE, error_line

_Command = TypeVar("_Command", bound=Callable[..., Any])

CARD_TYPE = click.option(
    "--type",
    "card_type",
    type=click.Choice([kind.value for kind in CardType]),
    default=CardType.CIVIL_SERVANT.value,
    show_default=True,
    help="what kind of people are on the list",
)
CONFIRM = click.option(
    "--confirm",
    "confirmed",
    multiple=True,
    type=click.Choice(sorted(one.value for one in BULK_CONFIRMABLE)),
    help="confirm a finding for the whole list",
)
SHOWN_ROWS = 200
"""Rows that a terminal is told of; the workbook has them all."""
_MARKS = {Severity.ERROR: "✗", Severity.CONFIRM: "?", Severity.WARNING: "!"}


def list_options(command: _Command) -> _Command:
    """Add what a list is told apart by."""
    for option in (
        click.option(
            "--column", "columns", multiple=True, metavar="FIELD=HEADING",
            help="take a column by its heading or its letters for a field",
        ),
        click.option("--agency", help="the agency code of everybody on the list"),
        click.option("--encoding", type=click.Choice([one.value for one in TextEncoding])),
        click.option("--sheet", default="", help="which sheet of the workbook"),
        CARD_TYPE,
        click.argument("file", type=FILE),
    ):  # fmt: skip
        command = option(command)
    return command


def read_list(
    file: Path,
    card_type: str,
    *,
    sheet: str,
    encoding: str | None,
    agency: str | None,
    columns: Sequence[str],
) -> tuple[ReadList, ListOptions]:
    """Read a list as the options say; what is wrong with it ends the command in one line."""
    try:
        options = ListOptions(
            card_type=CardType(card_type),
            sheet=sheet,
            encoding=TextEncoding(encoding) if encoding else None,
            mapping=dict(map(_column, columns)),
            agency=AgencyCode.parse(agency) if agency else None,
        )
        return parse_list(file.read_bytes(), options), options
    except Malformed as error:
        raise click.ClickException(error_line(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def _column(text: str) -> tuple[Field, str]:
    name, _, heading = text.partition("=")
    try:
        return Field(name), heading
    except ValueError:
        names = ", ".join(one.value for one in Field)
        raise click.BadParameter(f"{name!r} is none of {names}") from None


def print_list(read: ReadList) -> None:
    """Say what was read, and what was left out."""
    where = read.encoding or f"sheet {read.sheet!r}"
    click.echo(f"{len(read.rows)} dòng – rows · {where}")
    for notice in read.notices:
        print_finding("", notice)


def print_findings(row_number: int, findings: Iterable[Finding]) -> None:
    """Print what was found in a row; values are not repeated."""
    for finding in findings:
        print_finding(str(row_number), finding)


def print_finding(row: str, finding: Finding) -> None:
    """Print one finding in both languages."""
    text, column = say(finding), heading_text(finding)
    mark = _MARKS[finding.severity]
    click.echo(f"  {mark} {row:>5}  {column or '–'}: {text.vi} – {text.en} ({finding.code.value})")


def print_progress(progress: ImportProgress) -> None:
    """Print how far an import is."""
    click.echo(
        f"{progress.done}/{progress.rows} · mới – new {progress.new} · thay đổi – changed "
        f"{progress.changed} · không đổi – unchanged {progress.unchanged} · chờ sửa – held "
        f"{progress.held} · bỏ qua – skipped {progress.skipped}"
    )


def import_codes(names: Iterable[str]) -> list[ImportCode]:
    """Return codes by name."""
    return [ImportCode(name) for name in names]


def write_file(out: Path, octets: bytes) -> None:
    """Write a file, or end the command in one line."""
    try:
        out.write_bytes(octets)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error

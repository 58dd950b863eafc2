"""``cardsvc import``: lists of people from spreadsheets, and the rows that want correcting."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from cardsvc.import_records import SkipReason
from cardsvc.terms import CardType
from issuance.importing.check import summarise
from issuance.importing.export import export_held
from issuance.importing.fields import HEADINGS, Field
from issuance.importing.forget import forget_old_imports
from issuance.importing.queue import ErrorQueue
from issuance.importing.request import request_for_import
from issuance.importing.workbooks import template
from web.bootstrap import Installation
from web.cli.list_options import (
    CARD_TYPE,
    CONFIRM,
    import_codes,
    list_options,
    print_findings,
    print_list,
    print_progress,
    read_list,
)
from web.cli.support import OPERATOR, opened
from web.settings import Settings

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_SHOWN_ROWS = 200


@click.group("import")
def imports() -> None:
    """Nhập danh sách từ bảng tính – lists of people from spreadsheets."""


@imports.command("template")
@click.argument("out", type=_NEW_FILE)
@CARD_TYPE
def write_template(out: Path, card_type: str) -> None:
    """Write a workbook to fill in."""
    _write(out, template(CardType(card_type)))


@imports.command("check")
@list_options
@CONFIRM
@click.pass_obj
def check(
    settings: Settings,
    *,
    file: Path,
    card_type: str,
    sheet: str,
    encoding: str | None,
    agency: str | None,
    columns: tuple[str, ...],
    confirmed: tuple[str, ...],
) -> None:
    """Kiểm tra danh sách – tell what a list would do; nothing is written."""
    read, options = read_list(
        file, card_type, sheet=sheet, encoding=encoding, agency=agency, columns=columns
    )
    print_list(read)
    with opened(settings) as installation:
        checked = installation.imports.check(read, options)
    shown = [one for one in checked if one.findings][:_SHOWN_ROWS]
    for one in shown:
        print_findings(one.row.number, one.findings)
    summary = summarise(checked, frozenset(import_codes(confirmed)))
    counts = " · ".join(f"{name.value} {count}" for name, count in summary.outcomes.items())
    click.echo(
        f"{counts or '–'} · chờ sửa – held {summary.held} · cảnh báo – warned {summary.warned}"
    )


@imports.command("run")
@list_options
@CONFIRM
@OPERATOR
@click.pass_obj
def run(
    settings: Settings,
    *,
    file: Path,
    card_type: str,
    sheet: str,
    encoding: str | None,
    agency: str | None,
    columns: tuple[str, ...],
    confirmed: tuple[str, ...],
    operator: str,
) -> None:
    """Nhập danh sách – take a list in and apply it; prints the import's id first."""
    read, options = read_list(
        file, card_type, sheet=sheet, encoding=encoding, agency=agency, columns=columns
    )
    codes = import_codes(confirmed)
    with opened(settings) as installation:
        _forget(installation, operator)
        desk = installation.imports
        started = desk.start(read, options, operator=operator, confirmed=codes)
        click.echo(started.record.id)
        if started.is_known:
            click.echo("tệp này đã được nhập – the same file was taken in before")
            desk.confirm(started.record.id, codes, operator=operator)
        _run(installation, started.record.id, operator)


@imports.command("resume")
@click.argument("import_id")
@CONFIRM
@OPERATOR
@click.pass_obj
def resume(settings: Settings, import_id: str, confirmed: tuple[str, ...], operator: str) -> None:
    """Go on with an import that was interrupted, or whose findings are confirmed now."""
    with opened(settings) as installation:
        installation.imports.confirm(import_id, import_codes(confirmed), operator=operator)
        _run(installation, import_id, operator)


@imports.command("list")
@click.pass_obj
def list_imports(settings: Settings) -> None:
    """List imports, newest first."""
    with opened(settings) as installation:
        store = installation.imports.store
        for one in store.imports():
            done = store.progress(one.id)
            state = "forgotten" if one.forgotten_at else "done" if one.finished_at else "running"
            click.echo(f"{one.id}\t{one.card_type}\t{state}\t{done.done}/{done.rows}\t{done.held}")


@imports.command("errors")
@click.argument("import_id")
@click.option("--xlsx", type=_NEW_FILE, help="write the rows with what is wrong beside them")
@OPERATOR
@click.pass_obj
def errors(settings: Settings, import_id: str, xlsx: Path | None, operator: str) -> None:
    """Show the rows that wait, without their values; or write them into a workbook."""
    with opened(settings) as installation:
        queue = ErrorQueue(installation.imports)
        for held in queue.held(import_id, limit=_SHOWN_ROWS):
            print_findings(held.row.number, held.findings)
        if xlsx is not None:
            octets = export_held(installation.imports, queue, import_id, operator=operator)
            _write(xlsx, octets)


@imports.command("fix")
@click.argument("import_id")
@click.argument("row", type=int)
@click.option(
    "--field", "fields", multiple=True, type=click.Choice([one.value for one in Field]),
    help="which column to enter anew; asked for, so that it stands in no list of processes",
)  # fmt: skip
@click.option("--confirm", "confirmed", multiple=True, help="a finding that is confirmed")
@OPERATOR
@click.pass_obj
def fix(
    settings: Settings,
    *,
    import_id: str,
    row: int,
    fields: tuple[str, ...],
    confirmed: tuple[str, ...],
    operator: str,
) -> None:
    """Correct one row; it is checked anew and applied if nothing holds it back."""
    try:
        codes = import_codes(confirmed)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    with opened(settings) as installation:
        queue = ErrorQueue(installation.imports)
        found = queue.held(import_id, after=row - 1, limit=1)
        if not found or found[0].row.number != row:
            raise click.ClickException(f"row {row} does not wait")
        values = dict(found[0].values)
        for name in fields:
            values[Field(name)] = click.prompt(HEADINGS[Field(name)][0])
        settled = queue.fix(
            import_id, row, values, confirmed=codes,
            expected_version=found[0].row.version, operator=operator,
        )  # fmt: skip
        click.echo(f"{settled.state} {' '.join(settled.codes)}".strip())


@imports.command("skip")
@click.argument("import_id")
@click.argument("row", type=int)
@click.option("--reason", required=True, type=click.Choice([one.value for one in SkipReason]))
@OPERATOR
@click.pass_obj
def skip(settings: Settings, import_id: str, row: int, reason: str, operator: str) -> None:
    """Leave a row out for good."""
    with opened(settings) as installation:
        queue = ErrorQueue(installation.imports)
        found = queue.held(import_id, after=row - 1, limit=1)
        if not found or found[0].row.number != row:
            raise click.ClickException(f"row {row} does not wait")
        queue.skip(
            import_id, row, SkipReason(reason),
            expected_version=found[0].row.version, operator=operator,
        )  # fmt: skip


@imports.command("request")
@click.argument("import_id")
@OPERATOR
@click.pass_obj
def request(settings: Settings, import_id: str, operator: str) -> None:
    """Đề nghị cấp thẻ – request a card for everybody whom an import applied."""
    with opened(settings) as installation:
        made = request_for_import(
            installation.imports, installation.store, import_id, operator=operator
        )
        click.echo(f"{made.requested} đề nghị – requests")
        for reason, count in made.refused.items():
            click.echo(f"{count} {reason.value}")


@imports.command("forget")
@OPERATOR
@click.pass_obj
def forget(settings: Settings, operator: str) -> None:
    """Remove the rows of imports older than ``import_keep_days``; the audit log stays."""
    with opened(settings) as installation:
        click.echo(_forget(installation, operator))


def _run(installation: Installation, import_id: str, operator: str) -> None:
    for progress in installation.imports.run(import_id, operator=operator):
        print_progress(progress)


def _forget(installation: Installation, operator: str) -> int:
    keep = timedelta(days=installation.settings.import_keep_days)
    return forget_old_imports(installation.imports, keep=keep, operator=operator)


def _write(out: Path, octets: bytes) -> None:
    try:
        out.write_bytes(octets)
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error

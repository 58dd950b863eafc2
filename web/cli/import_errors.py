"""``cardsvc import errors``, ``fix``, ``skip``: the rows that were held back."""

from __future__ import annotations

from pathlib import Path

import click

from cardsvc.import_records import SkipReason
from issuance.importing.export import export_held
from issuance.importing.fields import HEADINGS, Field
from issuance.importing.queue import ErrorQueue
from web.cli.list_options import SHOWN_ROWS, import_codes, print_findings, write_file
from web.cli.support import OPERATOR, opened
from web.settings import Settings

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("errors")
@click.argument("import_id")
@click.option("--xlsx", type=_NEW_FILE, help="write the rows with what is wrong beside them")
@OPERATOR
@click.pass_obj
def errors(settings: Settings, import_id: str, xlsx: Path | None, operator: str) -> None:
    """Show the rows that wait, without their values; or write them into a workbook."""
    with opened(settings) as installation:
        queue = ErrorQueue(installation.imports)
        for held in queue.held(import_id, limit=SHOWN_ROWS):
            print_findings(held.row.number, held.findings)
        if xlsx is not None:
            octets = export_held(installation.imports, queue, import_id, operator=operator)
            write_file(xlsx, octets)


@click.command("fix")
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


@click.command("skip")
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


ROW_COMMANDS = (errors, fix, skip)

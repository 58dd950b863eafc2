"""``cardsvc import``: lists of people from spreadsheets, and the rows that want correcting."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from cardsvc.terms import CardType
from issuance.importing.check import summarise
from issuance.importing.forget import forget_old_imports
from issuance.importing.photo_archive import parse_photo_archive
from issuance.importing.photos import PhotoProgress, take_photos
from issuance.importing.request import request_for_import
from issuance.importing.workbooks import template
from web.bootstrap import Installation
from web.cli.import_errors import ROW_COMMANDS
from web.cli.list_options import (
    CARD_TYPE,
    CONFIRM,
    SHOWN_ROWS,
    import_codes,
    list_options,
    print_findings,
    print_list,
    print_progress,
    read_list,
    write_file,
)
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("import")
def imports() -> None:
    """Nhập danh sách từ bảng tính – lists of people from spreadsheets."""


@imports.command("template")
@click.argument("out", type=_NEW_FILE)
@CARD_TYPE
def write_template(out: Path, card_type: str) -> None:
    """Write a workbook to fill in."""
    write_file(out, template(CardType(card_type)))


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
    shown = [one for one in checked if one.findings][:SHOWN_ROWS]
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
@click.option("--photos", "archive", type=FILE, help="a ZIP archive of portraits")
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
    archive: Path | None,
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
        if archive is not None:
            _take_photos(installation, started.record.id, archive, operator)


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


@imports.command("photos")
@click.argument("import_id")
@click.argument("archive", type=FILE)
@OPERATOR
@click.pass_obj
def photos(settings: Settings, import_id: str, archive: Path, operator: str) -> None:
    """Nhập ảnh – take in the photos of a ZIP archive, named by personal number or staff code."""
    with opened(settings) as installation:
        _take_photos(installation, import_id, archive, operator)


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


@imports.command("request")
@click.argument("import_id")
@OPERATOR
@click.pass_obj
def request(settings: Settings, import_id: str, operator: str) -> None:
    """Đề nghị cấp thẻ – request a card for everybody whom an import applied."""
    with opened(settings) as installation:
        *_, made = request_for_import(
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


def _take_photos(installation: Installation, import_id: str, archive: Path, operator: str) -> None:
    with archive.open("rb") as file:
        portraits = parse_photo_archive(file)
        desk, store, done = installation.imports, installation.photos, PhotoProgress()
        shown = -1
        for done in take_photos(desk, store, portraits, import_id, operator=operator):
            if done.rows == shown:
                continue  # the end: what is left over is named below
            shown = done.rows
            click.echo(
                f"{done.rows} · ảnh mới – taken {done.taken} · đã có – unchanged {done.unchanged}"
                f" · không có – without {done.without} · từ chối – refused "
                f"{sum(done.refused.values())}"
            )
    counts: dict[str, int] = {**done.findings}
    counts |= {reason.value: count for reason, count in done.refused.items()}
    counts |= {skip.value: count for skip, count in done.skipped.items()}
    for code, count in sorted(counts.items()):
        click.echo(f"  ! {count:>5}  {code}")
    _print_unused(done)


def _print_unused(done: PhotoProgress) -> None:
    """Name those without a photo and the files that are nobody's, as far as they are named."""
    if done.rows_without:
        numbers = ", ".join(str(one.number) for one in done.rows_without)
        more = done.missing - len(done.rows_without)
        said = f", và {more} dòng nữa – and {more} more" if more else ""
        click.echo(f"chưa có ảnh, dòng – no photo yet, rows: {numbers}{said}")
    for one in done.unused:
        click.echo(f"không dùng – not used: {one.name}  {one.why.value}")
    if more := done.unused_count - len(done.unused):
        click.echo(f"và {more} tệp nữa – and {more} more")


def _forget(installation: Installation, operator: str) -> int:
    keep = timedelta(days=installation.settings.import_keep_days)
    return forget_old_imports(installation.imports, keep=keep, operator=operator)


for command in ROW_COMMANDS:
    imports.add_command(command)

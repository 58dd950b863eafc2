"""``cardsvc stock``: how the books of blanks stand, the count, and the day that is closed on it."""

from __future__ import annotations

import uuid
from pathlib import Path

import click

from cardsvc.stock_records import BlankState, DayLine
from issuance.stock import days
from issuance.stock.serials import parse_serial
from web.bootstrap import Installation
from web.cli.stock import KEEPER, read_serials, serials_given, stock
from web.cli.support import OPERATOR, opened
from web.settings import Settings

__all__ = ["stock"]  # the group, with the commands of this file in it


@stock.command("list")
@click.option("--keeper")
@click.option("--state", type=click.Choice([state.value for state in BlankState]))
@click.option("--box")
@click.option("--after", default="", help="go on behind this serial")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.pass_obj
def list_blanks(
    settings: Settings,
    *,
    keeper: str | None,
    state: str | None,
    box: str | None,
    after: str,
    limit: int,
) -> None:
    """List blanks by serial."""
    wanted = BlankState(state) if state else None
    with opened(settings) as installation:
        page = installation.stock.blanks(
            keeper=keeper, state=wanted, box=box, after=after, limit=limit
        )
        for one in page:
            card = f"\t{one.card}" if one.card else ""
            click.echo(f"{one.serial}\t{one.state}\t{one.keeper}\t{one.product}\t{one.box}{card}")


@stock.command("totals")
@click.option("--site")
@click.option("--keeper")
@click.pass_obj
def totals(settings: Settings, site: str | None, keeper: str | None) -> None:
    """Tồn kho – quantities by site, keeper, product, box and state."""
    with opened(settings) as installation:
        for one in installation.stock.totals(keeper, site):
            where = f"{one.site}\t{one.keeper}\t{one.product}\t{one.box}"
            click.echo(f"{where}\t{one.state}\t{one.quantity}")


@stock.command("show")
@click.argument("serial")
@click.pass_obj
def show(settings: Settings, serial: str) -> None:
    """Show what became of a blank."""
    with opened(settings) as installation:
        wanted = parse_serial(serial, settings.blank_serials)
        found = installation.stock.movements(wanted)
        if not found:
            raise click.ClickException(f"blank {wanted} is in no book; see `cardsvc stock list`")
        for one in found:
            who = f"{one.operator}, {one.witness}" if one.witness else one.operator
            what = f"{one.kind}\t{one.to_state}\t{one.to_keeper}"
            why = "\t".join(filter(None, (one.reference, one.reason, str(one.card or ""))))
            click.echo(f"{one.at.isoformat()}\t{what}\t{who}\t{why}")


@stock.command("count")
@serials_given
@KEEPER
@OPERATOR
@click.pass_obj
def count(
    settings: Settings, serials: tuple[str, ...], file: Path | None, keeper: str, operator: str
) -> None:
    """Kiểm kê – type in what lies in the safe, spoiled cards too; prints the differences."""
    with opened(settings) as installation:
        there = read_serials(settings, serials, file) if serials or file else ()
        counted = days.count_stock(
            installation.store,
            keeper,
            there,
            count_id=str(uuid.uuid4()),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(f"{counted.counted} counted, {len(counted.differences)} differ")
        for serial, kind in counted.differences.items():
            click.echo(f"{serial}\t{kind}")


@stock.command("close-day")
@KEEPER
@OPERATOR
@click.pass_obj
def close_day(settings: Settings, keeper: str, operator: str) -> None:
    """Khóa sổ ngày – close today on today's count; nobody changes it afterwards."""
    with opened(settings) as installation:
        closed = days.close_day(
            installation.store, keeper, operator=operator, at=installation.clock.now()
        )
        _print_lines(closed.lines)


@stock.command("balance")
@KEEPER
@click.pass_obj
def balance(settings: Settings, keeper: str) -> None:
    """Cân đối – how the books stand since the last closed day."""
    with opened(settings) as installation:
        _print_lines(days.position(installation.store, keeper, installation.clock.now()).lines)


@stock.command("days")
@KEEPER
@click.pass_obj
def list_days(settings: Settings, keeper: str) -> None:
    """List closed days, newest first."""
    with opened(settings) as installation:
        _print_days(installation, keeper)


def _print_days(installation: Installation, keeper: str) -> None:
    for day in installation.stock.days(keeper):
        click.echo(f"{day.day.isoformat()}\t{day.operator}")
        _print_lines(day.lines)


def _print_lines(lines: tuple[DayLine, ...]) -> None:
    for line in lines:
        came = line.received + line.brought + line.found + line.restored
        gone = line.sent + line.returned + line.lost
        click.echo(
            f"{line.product}\t{line.opening} + {came} − {line.used} used − {line.spoiled} spoiled "
            f"− {line.destroyed} destroyed − {gone} gone = {line.closing}"
            f"\t({line.spoiled_kept} spoiled kept)"
        )

"""``cardsvc stock``: card blanks, from delivery to the card or to the shredder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cardsvc.stock_records import MovementKind, StockKeeper
from issuance.stock import keeping
from issuance.stock.serials import parse_serials
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings

KEEPER = click.option("--keeper", required=True, help="store room or desk; see `stock keepers`")
_REASON = click.option("--reason", default="", help="a short code, such as chip_fault")
_WITNESS = click.option("--witness", required=True, help="the second person; not --operator")
_REFERENCE = click.option("--reference", default="", help="the number of the record on paper")
_Command = TypeVar("_Command", bound=Callable[..., object])


def serials_given(command: _Command) -> _Command:
    """Give a command its serials: as arguments or, scanned, from a file."""
    command = click.option("--file", type=FILE, help="serials or ranges, one a line")(command)
    return click.argument("serials", nargs=-1)(command)


def read_serials(
    settings: Settings, serials: tuple[str, ...], file: Path | None
) -> tuple[str, ...]:
    """Return the serials that a command was given."""
    try:
        text = file.read_text("utf-8") if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: not a readable UTF-8 file") from error
    return parse_serials("\n".join((*serials, text)), settings.blank_serials)


@click.group()
def stock() -> None:
    """Kho phôi thẻ – card blanks. A range of serials is written FIRST..LAST."""


@stock.command("keeper")
@click.argument("keeper_id")
@click.option("--name", required=True)
@click.option("--site", required=True, help="a short code of the building")
@OPERATOR
@click.pass_obj
def put_keeper(settings: Settings, keeper_id: str, name: str, site: str, operator: str) -> None:
    """Khai báo nơi giữ phôi – name a store room; a desk by its agent's identifier."""
    with opened(settings) as installation:
        keeper = StockKeeper(keeper_id, name, site)
        at = installation.clock.now()
        keeping.put_keeper(installation.store, keeper, operator=operator, at=at)


@stock.command("keepers")
@click.pass_obj
def list_keepers(settings: Settings) -> None:
    """List who keeps blanks."""
    with opened(settings) as installation:
        for one in installation.stock.keepers():
            click.echo(f"{one.id}\t{one.site}\t{one.name}")


@stock.command("receive")
@serials_given
@KEEPER
@click.option("--product", required=True, help="the model of blank")
@click.option("--box", required=True)
@click.option("--delivery-note", required=True)
@OPERATOR
@click.pass_obj
def receive(
    settings: Settings,
    *,
    serials: tuple[str, ...],
    file: Path | None,
    keeper: str,
    product: str,
    box: str,
    delivery_note: str,
    operator: str,
) -> None:
    """Nhập kho – take a box of a delivery into the books."""
    with opened(settings) as installation:
        received = keeping.receive(
            installation.store,
            read_serials(settings, serials, file),
            product=product,
            box=box,
            keeper=keeper,
            delivery_note=delivery_note,
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(f"{len(received)}\t{keeper}\t{box}")


def _move(
    settings: Settings,
    kind: MovementKind,
    serials: tuple[str, ...],
    file: Path | None,
    *,
    operator: str,
    to_keeper: str | None = None,
    reference: str = "",
    reason: str = "",
    witness: str | None = None,
) -> None:
    with opened(settings) as installation:
        moved = keeping.move_blanks(
            installation.store,
            read_serials(settings, serials, file),
            kind,
            operator=operator,
            at=installation.clock.now(),
            to_keeper=to_keeper,
            reference=reference,
            reason=reason,
            witness=witness,
        )
        click.echo(f"{len(moved)}\t{moved[0].state}")


@stock.command("issue")
@serials_given
@click.option("--to", "to_keeper", required=True, help="the desk or store room that gets them")
@_REFERENCE
@OPERATOR
@click.pass_obj
def issue(
    settings: Settings,
    *,
    serials: tuple[str, ...],
    file: Path | None,
    to_keeper: str,
    reference: str,
    operator: str,
) -> None:
    """Xuất cho bàn cấp thẻ – give blanks to a desk, or back to the store room."""
    kind = MovementKind.ISSUE
    _move(
        settings, kind, serials, file, operator=operator, to_keeper=to_keeper, reference=reference
    )


def _simple(kind: MovementKind, name: str, text: str) -> None:
    """Make a command for a movement that one person books."""

    @stock.command(name, help=text)
    @serials_given
    @_REASON
    @_REFERENCE
    @OPERATOR
    @click.pass_obj
    def command(
        settings: Settings,
        *,
        serials: tuple[str, ...],
        file: Path | None,
        reason: str,
        reference: str,
        operator: str,
    ) -> None:
        _move(
            settings,
            kind,
            serials,
            file,
            operator=operator,
            reason=reason,
            reference=reference,
        )


def _witnessed(kind: MovementKind, name: str, text: str) -> None:
    """Make a command for a movement that needs two people."""

    @stock.command(name, help=text)
    @serials_given
    @_REASON
    @click.option("--reference", required=True, help="the number of the record on paper")
    @_WITNESS
    @OPERATOR
    @click.pass_obj
    def command(
        settings: Settings,
        *,
        serials: tuple[str, ...],
        file: Path | None,
        reason: str,
        reference: str,
        witness: str,
        operator: str,
    ) -> None:
        _move(
            settings,
            kind,
            serials,
            file,
            operator=operator,
            reason=reason,
            reference=reference,
            witness=witness,
        )


_simple(MovementKind.HOLD, "hold", "Tạm giữ – keep blanks from use.")
_simple(MovementKind.RELEASE, "release", "Bỏ tạm giữ – let held blanks be used.")
_simple(MovementKind.SPOIL, "spoil", "Báo hỏng – a blank is damaged; it waits to be destroyed.")
_simple(MovementKind.RETURN, "return", "Trả nhà cung cấp – send blanks back to the supplier.")
_witnessed(MovementKind.DESTROY, "destroy", "Hủy phôi – destroy blanks, by two people.")
_witnessed(MovementKind.LOSE, "lose", "Báo mất – write missing blanks off, by two people.")
_witnessed(MovementKind.FIND, "find", "Tìm thấy – blanks turn up again; they are held.")

"""``cardsvc agency``: agencies, their names by date, and what became of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from cardsvc.agency_records import AgencySettings
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from issuance.registry import agencies as registry
from issuance.registry.agency_list import parse_agency_list
from web.bootstrap import Installation
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings


class Code(click.ParamType[AgencyCode]):
    """An agency's code."""

    name = "code"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> AgencyCode:
        """Return the code."""
        try:
            return value if isinstance(value, AgencyCode) else AgencyCode.parse(str(value))
        except Malformed:
            self.fail(f"{value!r} is not an agency's code, such as H57.12", param, ctx)


CODE = Code()
_ON = click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="the first day of the new order, yyyy-mm-dd",
)
_SHORT = click.option("--short-name", default="", help="as tables show it")
_PARENT = click.option("--parent", type=CODE, help="the agency above it")


def today(installation: Installation) -> date:
    """Return the day it is in Vietnam."""
    return installation.clock.now().astimezone(VIETNAM_TIME).date()


@click.group()
def agency() -> None:
    """Cơ quan, đơn vị – agencies, their names by date, and what became of them."""


@agency.command("import")
@click.argument("file", type=FILE)
@OPERATOR
@click.pass_obj
def import_list(settings: Settings, file: Path, operator: str) -> None:
    """Put a list on record: TOML with [[agency]], or columns by tabs; the same again adds none."""
    with opened(settings) as installation:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{file}: not a readable UTF-8 file") from error
        done = registry.import_agencies(
            installation.agencies,
            parse_agency_list(text),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(f"+ {len(done.added)}  = {len(done.unchanged)}")


@agency.command("list")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="as it was on a day; today")
@click.pass_obj
def list_agencies(settings: Settings, on: datetime | None) -> None:
    """Show the tree of agencies."""
    with opened(settings) as installation:
        for node in installation.agencies.book().tree(on.date() if on else today(installation)):
            click.echo(f"{'  ' * node.depth}{node.code}\t{node.version.name}")


@agency.command("show")
@click.argument("code", type=CODE)
@click.pass_obj
def show_agency(settings: Settings, code: AgencyCode) -> None:
    """Show an agency's history, and what it is today."""
    with opened(settings) as installation:
        book, day = installation.agencies.book(), today(installation)
        found = book.find(code)
        if found is None:
            raise IssuanceError(ReasonCode.AGENCY_UNKNOWN, f"no agency {code}")
        for one in found.versions:
            became = " ".join(successor.value for successor in one.successors)
            until = one.valid_to.isoformat() if one.valid_to else "…"
            end = f"\t{one.fate} {became}".rstrip() if one.fate else ""
            above = f"\t< {one.parent}" if one.parent else ""
            click.echo(f"{one.valid_from} – {until}\t{one.name}{above}{end}")
        now = " ".join(one.value for one in book.successors(code, day)) or "–"
        outside = book.approver_outside_unit(code, day)
        click.echo(f"{'today':22} {now}")
        click.echo(f"{'approver outside unit':22} {'yes' if outside else 'no'}")


@agency.command("rename")
@click.argument("code", type=CODE)
@click.option("--name", required=True)
@click.option("--code", "new_code", type=CODE, help="where the code changes, too")
@_SHORT
@_PARENT
@_ON
@OPERATOR
@click.pass_obj
def rename(  # noqa: PLR0917 - click hands over each option
    settings: Settings,
    code: AgencyCode,
    name: str,
    new_code: AgencyCode | None,
    short_name: str,
    parent: AgencyCode | None,
    on: datetime,
    operator: str,
) -> None:
    """Đổi tên – another name from a day on; the parent stays unless one is given."""
    with opened(settings) as installation:
        present = installation.agencies.book().at(code, on.date())
        above = parent or (present.parent if present else None)
        new = registry.NewAgency(new_code or code, name, short_name, above)
        at = installation.clock.now()
        registry.rename_agency(
            installation.agencies, code, new, on=on.date(), operator=operator, at=at
        )


@agency.command("merge")
@click.argument("codes", type=CODE, nargs=-1, required=True)
@click.option("--into", type=CODE, required=True, help="a new code, or one that goes on")
@click.option("--name", default="", help="of a new agency")
@_SHORT
@_PARENT
@_ON
@OPERATOR
@click.pass_obj
def merge(  # noqa: PLR0917
    settings: Settings,
    codes: tuple[AgencyCode, ...],
    into: AgencyCode,
    name: str,
    short_name: str,
    parent: AgencyCode | None,
    on: datetime,
    operator: str,
) -> None:
    """Hợp nhất, sáp nhập – merge agencies from a day on."""
    with opened(settings) as installation:
        registry.merge_agencies(
            installation.agencies,
            codes,
            registry.NewAgency(into, name, short_name, parent),
            on=on.date(),
            operator=operator,
            at=installation.clock.now(),
        )


@agency.command("split")
@click.argument("code", type=CODE)
@click.option("--into", "parts", type=(CODE, str), multiple=True, help="CODE NAME, twice or more")
@_ON
@OPERATOR
@click.pass_obj
def split(
    settings: Settings,
    code: AgencyCode,
    parts: tuple[tuple[AgencyCode, str], ...],
    on: datetime,
    operator: str,
) -> None:
    """Chia, tách – split an agency from a day on; it may be one of the parts itself."""
    with opened(settings) as installation:
        present = installation.agencies.book().at(code, on.date())
        above = present.parent if present else None
        into = [registry.NewAgency(part, name, "", above) for part, name in parts]
        at = installation.clock.now()
        registry.split_agency(
            installation.agencies, code, into, on=on.date(), operator=operator, at=at
        )


@agency.command("dissolve")
@click.argument("code", type=CODE)
@_ON
@OPERATOR
@click.pass_obj
def dissolve(settings: Settings, code: AgencyCode, on: datetime, operator: str) -> None:
    """Giải thể – end an agency that nothing follows."""
    with opened(settings) as installation:
        at = installation.clock.now()
        registry.dissolve_agency(
            installation.agencies, code, on=on.date(), operator=operator, at=at
        )


@agency.command("set")
@click.argument("code", type=CODE)
@click.option("--approver-outside-unit", type=click.Choice(["yes", "no", "inherit"]))
@click.option("--emblem", help="file name of the emblem or logo on its card faces")
@OPERATOR
@click.pass_obj
def put(
    settings: Settings,
    code: AgencyCode,
    approver_outside_unit: str | None,
    emblem: str | None,
    operator: str,
) -> None:
    """Change what an agency decides for itself and for those below it."""
    with opened(settings) as installation:
        found = installation.agencies.book().find(code)
        present = found.settings if found else AgencySettings()
        outside = present.approver_outside_unit
        if approver_outside_unit is not None:
            outside = {"yes": True, "no": False}.get(approver_outside_unit)
        wanted = AgencySettings(outside, present.emblem if emblem is None else emblem)
        at = installation.clock.now()
        registry.put_settings(installation.agencies, code, wanted, operator=operator, at=at)

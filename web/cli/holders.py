"""``cardsvc holder`` and ``photo``: who is on record, and what is the matter with a portrait."""

from __future__ import annotations

from pathlib import Path

import click

from cardsvc.errors import CardsvcError
from cardsvc.holder_search_records import HolderFilter, ListedHolder
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable
from cardsvc.identity.provinces import find as find_province
from cardsvc.records import Holder
from issuance.registry.photos import prepare_portrait
from issuance.registry.search_query import parse_search
from web.cli.agencies import CODE, today
from web.cli.support import FILE, OPERATOR, error_line, opened
from web.settings import Settings


@click.group()
def holder() -> None:
    """Chủ thẻ – the people on record; their numbers are masked."""


@holder.command("find")
@click.argument("query", default="")
@click.option("--agency", "code", type=CODE, help="this agency and those below it")
@click.option("--limit", type=click.IntRange(1, 500), default=50)
@click.pass_obj
def find(settings: Settings, query: str, code: AgencyCode | None, limit: int) -> None:
    """Find holders by name (with or without diacritics) or by a card's GUID.

    A number works, too, but other users of the machine can read command lines: give - and type it.
    """
    with opened(settings) as installation:
        typed = click.prompt("?", hide_input=True, err=True) if query == "-" else query
        agencies = None
        if code is not None:
            day, book = today(installation), installation.agencies.book()
            agencies = book.with_predecessors(book.subtree(code, day), day)
        asked = HolderFilter(parse_search(typed), agencies=agencies)
        page = installation.people.search(asked, limit=limit)
        for one in page.holders:
            click.echo(_line(one))
        if page.next is not None:
            click.echo("…", err=True)


def _line(one: ListedHolder) -> str:
    where = one.agency_name or one.enterprise_name or ""
    cards = " ".join(card.state.value for card in one.cards)
    return f"{one.id}\t{one.name}\t{one.masked_number}\t{where}\t{cards}".rstrip()


@holder.command("show")
@click.argument("holder_id")
@click.pass_obj
def show_holder(settings: Settings, holder_id: str) -> None:
    """Show a holder's facts; numbers and addresses are masked."""
    with opened(settings) as installation:
        with installation.holders.transaction() as unit:
            found = unit.holder(holder_id)
        for name, value in _facts(found).items():
            if value:
                click.echo(f"{name:16} {value}")


def _facts(found: Holder) -> dict[str, str | None]:
    post, delegation = found.employment, found.delegation
    return {
        "id": found.id,
        "name": found.name.value,
        "personal number": found.personal_number.masked,
        "former numbers": " ".join(alias.number.masked for alias in found.aliases),
        "birth date": found.birth_date.strftime("%d/%m/%Y") if found.birth_date else None,
        "sex": found.sex.vi if found.sex else None,
        "phone": found.phone.masked if found.phone else None,
        "e-mail": found.email.masked if found.email else None,
        "agency": f"{post.agency_code} {post.agency_name}" if post else None,
        "unit": post.unit_name if post else None,
        "position": post.position if post else None,
        "category": post.category.vi if post else None,
        "employed until": post.until.isoformat() if post and post.until else None,
        "enterprise": delegation.enterprise_name if delegation else None,
        "delegated until": delegation.until.isoformat() if delegation else None,
        "version": str(found.version),
    }


@holder.command("residence")
@click.argument("holder_id")
@click.argument("province")
@click.option(
    "--table",
    type=click.Choice([table.value for table in ProvinceTable]),
    default=ProvinceTable.DECISION_19_2025.value,
    show_default=True,
    help="the decision whose codes these are",
)
@OPERATOR
@click.pass_obj
def residence(
    settings: Settings, *, holder_id: str, province: str, table: str, operator: str
) -> None:
    """Ghi nơi cư trú – record the province where a holder lives, as you saw it proven."""
    code = ProvinceCode(ProvinceTable(table), province)
    found = find_province(code)
    if found is None:
        raise click.ClickException(f"{table} has no code {province}")
    with opened(settings) as installation:
        at = installation.clock.now()
        installation.holder_facts.record_residence(holder_id, code, operator=operator, at=at)
    click.echo(f"{holder_id}\t{found.name}")


@click.group()
def photo() -> None:
    """Ảnh chân dung – portraits."""


@photo.command("check")
@click.argument("file", type=FILE)
def check_photo(file: Path) -> None:
    """Say what is the matter with a photo; nothing is kept."""
    try:
        portrait = prepare_portrait(file.read_bytes())
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    for finding in portrait.findings:
        click.echo(f"! {finding.value}: {finding.vi} – {finding.en}")
    sizes = f"{len(portrait.print_jpeg)} / {len(portrait.chip_jpeg)} B"
    click.echo(f"{'!' if portrait.findings else '✓'} 3×4: {sizes}")

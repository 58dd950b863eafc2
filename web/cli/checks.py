"""``cardsvc card checks``: who checked a card; the holder's right to know."""

from __future__ import annotations

import click

from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME
from web.cli.support import GUID, opened
from web.settings import Settings


@click.command("checks")
@click.argument("guid", type=GUID)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_obj
def checks(settings: Settings, guid: CardGuid, limit: int) -> None:
    """Ai đã kiểm tra thẻ – who checked the holder's cards, what for, and what was told."""
    with opened(settings) as installation:
        for one in installation.past.of_holder(guid, limit):
            local = one.at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M")
            result = "✓" if one.granted else "✗ " + " ".join(one.reasons)
            told = ", ".join(one.released) or "–"
            where = f"{one.relying_party}/{one.service}"
            click.echo(f"{local}\t{where}\t{one.purpose or '–'}\t{told}\t{result}")

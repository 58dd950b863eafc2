"""``cardsvc status``: publishing status documents, and where a card stands in them."""

from __future__ import annotations

import time
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError
from web.bootstrap import Installation
from web.cli.support import GUID, opened
from web.settings import Settings
from web.static_status import publish_status


@click.group()
def status() -> None:
    """Trạng thái thẻ – CRLs and status lists."""


@status.command("publish")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--every",
    type=click.FloatRange(min=0.2),
    metavar="SECONDS",
    help="go on, and write what has changed; without it, write once and end",
)
@click.pass_obj
def publish(settings: Settings, out: Path, every: float | None) -> None:
    """Công bố – write CRLs, status lists, CA certificates and keys for a plain web server.

    Prints the files that changed. OCSP needs the running service.
    """
    with opened(settings) as installation:
        _publish(installation, out)
        while every is not None:
            time.sleep(every)
            try:
                _publish(installation, out)
            except CardsvcError as error:  # the database restarts: the old files stand meanwhile
                click.echo(f"! {error}", err=True)


def _publish(installation: Installation, out: Path) -> None:
    try:
        changed = publish_status(installation.services.status, out, installation.clock.now())
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error
    for path in changed:
        click.echo(path)


@status.command("show")
@click.argument("guid", type=GUID)
@click.pass_obj
def show(settings: Settings, guid: CardGuid) -> None:
    """Show a card's state and its place in the status list."""
    with opened(settings) as installation:
        services = installation.services
        state = services.history.card_state(guid)
        place = services.places.place(guid)
        if state is None or place is None:
            raise click.ClickException(f"no card {guid}; see `cardsvc card list`")
        uri = services.status.list_uri(place.list_number)
        click.echo(f"state  {state.value}\nlist   {uri}\nindex  {place.index}")

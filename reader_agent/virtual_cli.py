"""``reader-agent virtual``: the testers' cards and what their realm publishes."""

from __future__ import annotations

from pathlib import Path

import click

from cardsvc.errors import CardsvcError
from reader_agent.personas.catalogue import PERSONAS, Expected
from reader_agent.personas.published import export_realm
from reader_agent.sources import open_realm


@click.group()
def virtual() -> None:
    """Thẻ ảo để thử nghiệm – virtual cards for testers."""


@virtual.command()
def personas() -> None:
    """List the personas, and what an inspection of each must find."""
    for name, persona in PERSONAS.items():
        click.echo(f"{name:32} cak: {_describe(persona.cak)}; full: {_describe(persona.full)}")


def _describe(expected: Expected) -> str:
    return expected.verdict.value + (f" ({expected.reason.value})" if expected.reason else "")


@virtual.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the realm's trust/, crl/ and ocsp/ below FOLDER, as inspect takes them."""
    try:
        export_realm(open_realm(), folder)
    except (OSError, CardsvcError) as error:
        raise click.ClickException(f"{folder}: {error}") from error
    click.echo(f"{folder}/trust  {folder}/crl  {folder}/ocsp")

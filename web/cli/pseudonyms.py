"""``cardsvc partner rotate-pseudonyms`` and ``explain-pseudonym``."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import click

from web.cli.support import OPERATOR, opened
from web.settings import Settings

_PRIVATE = 0o600


@click.command("rotate-pseudonyms")
@click.argument("party_id")
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="old and new names as CSV, a new file"
)
@OPERATOR
@click.pass_obj
def rotate_pseudonyms(
    settings: Settings, party_id: str, mapping: Path | None, operator: str
) -> None:
    """Đổi bí danh – give a partner new names for everybody, from the next tap on.

    Without --mapping nobody can link its old files with what it learns from now on; old receipts
    stay explainable to us.
    """
    if mapping is not None and mapping.exists():
        raise click.ClickException(f"{mapping}: File exists")
    with opened(settings) as installation:
        at = installation.clock.now()
        desk = installation.services.flows.pseudonyms
        names = desk.rotate(party_id, operator=operator, at=at)
    if mapping is not None:
        _write(mapping, names)
    click.echo(f"{party_id}\t{len(names)}")


@click.command("explain-pseudonym")
@click.argument("party_id")
@click.argument("pseudonym")
@OPERATOR
@click.pass_obj
def explain_pseudonym(settings: Settings, party_id: str, pseudonym: str, operator: str) -> None:
    """Giải thích bí danh – say whose pseudonym a receipt carries; prints holder and present name.

    It is recorded who asked.
    """
    with opened(settings) as installation:
        at = installation.clock.now()
        desk = installation.services.flows.pseudonyms
        holder, present = desk.explain(party_id, pseudonym, operator=operator, at=at)
    click.echo(f"{holder}\t{present}")


def _write(file: Path, names: Sequence[tuple[str, str]]) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("old", "new"))
            writer.writerows(names)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


PSEUDONYMS = (rotate_pseudonyms, explain_pseudonym)

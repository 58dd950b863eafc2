"""``cardsvc opendata``: figures for everyone, without small counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from cardsvc.store.decision_figures import SqlDecisionFigures
from web.cli.support import opened
from web.opendata.dataset import last_whole_day, make_dataset
from web.opendata.files import dataset_files
from web.opendata.together import LEAST_THRESHOLD
from web.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])
_USUAL_DAYS = 30


@click.group()
def opendata() -> None:
    """Dữ liệu mở – figures for everyone."""


@opendata.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "first", type=_DAY, help="first day; 30 days back without it")
@click.option("--until", "last", type=_DAY, help="last day; yesterday without it")
@click.option(
    "--threshold",
    type=click.IntRange(LEAST_THRESHOLD),
    default=10,
    show_default=True,
    help="so many cards are behind each number",
)
@click.pass_obj
def export(
    settings: Settings,
    folder: Path,
    *,
    first: datetime | None,
    last: datetime | None,
    threshold: int,
) -> None:
    """Xuất dữ liệu mở – write CSV, JSON and their description into FOLDER."""
    with opened(settings) as installation:
        at = installation.clock.now()
        end = last.date() if last else last_whole_day(at)
        begin = first.date() if first else end - timedelta(days=_USUAL_DAYS - 1)
        figures = SqlDecisionFigures(installation.database)
        try:
            data = make_dataset(figures, begin, end, threshold=threshold, at=at)
            folder.mkdir(parents=True, exist_ok=True)
            for name, octets in dataset_files(data, settings.issuer, at).items():
                (folder / name).write_bytes(octets)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        rows = sum(len(table) for table in data.tables.values())
        click.echo(f"✓ {begin} – {end}: {rows} rows, {data.silent_days} days left out")

"""The console is still measured: a small town is made once and reused; no timing asserted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bench.console import measure_console
from bench.crowd import CrowdSize
from bench.seed import folder_of, open_seeded
from cardsvc.store.migrate import head_revision

TOWN = CrowdSize(holders=600, cards=900)


def test_a_town_is_made_once_and_every_page_of_it_answers(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    with open_seeded(TOWN, folder) as installation:
        assert installation.audit.verify().size >= TOWN.cards  # the log that was made is sound
        with installation.database.reading() as session:
            counts = [
                session.scalar(text(f"SELECT count(*) FROM {table}"))
                for table in ("holders", "cards", "status_entries", "agencies")
            ]
        assert counts == [600, 900, 900, 2001]
    made_at = (folder / "vault").stat().st_mtime_ns
    with open_seeded(TOWN, folder) as installation:
        rows = measure_console(installation, calls=1)
    assert (folder / "vault").stat().st_mtime_ns == made_at
    names = {row.name for row in rows}
    assert {"console, cards.listing", "console, holders by an exact number"} <= names
    assert all(row.value > 0 and row.bare_limit == 200 for row in rows)


def test_another_schema_asks_for_another_folder() -> None:
    assert folder_of(TOWN).name == f"{head_revision()}-600-900"

"""A service whose database holds as many people and cards as a province; made once, kept in var/.

The rows go in by plain sqlite3, without the indexes, which are made afterwards: minutes, not an
hour. Left out: certificates of the cards, photos, stock; all but one event a card in the log.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from bench.crowd import COLUMNS, Crowd, CrowdSize
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.merkle import Frontier
from cardsvc.store.migrate import head_revision
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import LIST_SIZE
from issuance.registry.agencies import NewAgency, import_agencies
from keys.software_vault import SoftwareVault
from web.bootstrap import Installation, open_installation
from web.settings import Settings
from web.wiring.vault_keys import data_keys

PROVINCE = CrowdSize(holders=1_000_000, cards=1_500_000)
KEPT_IN = Path("var") / "bench"
_PASSPHRASE = "đo tốc độ"
_DEPARTMENTS, _UNITS, _OFFICES = 20, 9, 10


def folder_of(size: CrowdSize) -> Path:
    """Return where a seeded service is kept; a new schema asks for a new one."""
    return KEPT_IN / f"{head_revision()}-{size.holders}-{size.cards}"


@contextmanager
def open_seeded(size: CrowdSize, folder: Path | None = None) -> Iterator[Installation]:
    """Open a seeded service; makes it where it is not there yet.

    Args:
        size: how many people and cards.
        folder: where it is kept; ``folder_of`` by default.
    """
    folder = folder or folder_of(size)
    if not folder.exists():
        half_made = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(half_made, ignore_errors=True)
        _make(half_made, size)
        half_made.rename(folder)
    installation = open_installation(_settings(folder))
    try:
        yield installation
    finally:
        installation.close()


def agencies() -> list[NewAgency]:
    """Return a province of some 2,000 agencies in four levels."""
    top = AgencyCode("H57")
    found = [NewAgency(top, "Ủy ban nhân dân tỉnh")]
    for first in range(1, _DEPARTMENTS + 1):
        department = AgencyCode(f"H57.{first}")
        found.append(NewAgency(department, f"Sở {first}", f"S{first}", top))
        for second in range(1, _UNITS + 1):
            unit = AgencyCode(f"{department.value}.{second}")
            found.append(NewAgency(unit, f"Chi cục {first}.{second}", "", department))
            found += [
                NewAgency(
                    AgencyCode(f"{unit.value}.{third}"), f"Trạm {first}.{second}.{third}", "", unit
                )
                for third in range(1, _OFFICES + 1)
            ]
    return found


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, vault_passphrase=_PASSPHRASE, stock="off")


def _make(folder: Path, size: CrowdSize) -> None:
    settings, listed = _settings(folder), agencies()
    installation = open_installation(settings)
    try:
        import_agencies(
            installation.agencies, [(one, date(2020, 1, 1)) for one in listed],
            operator="admin", at=installation.clock.now(),
        )  # fmt: skip
    finally:
        installation.close()
    sealer = Sealer(data_keys(SoftwareVault.open(settings.vault_dir, _PASSPHRASE)))
    employers = [(one.code.value, one.name) for one in listed[1:]]
    _fill(folder / "cardsvc.db", Crowd(size, employers, sealer), size)


def _fill(file: Path, crowd: Crowd, size: CrowdSize) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            f"AND tbl_name IN ({', '.join('?' * len(COLUMNS))})",
            tuple(COLUMNS),
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        connection.execute("BEGIN")
        _insert(connection, crowd, size)
        connection.execute("COMMIT")
        for _, statement in indexes:
            connection.execute(statement)
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode = WAL")


def _insert(connection: sqlite3.Connection, crowd: Crowd, size: CrowdSize) -> None:
    lists = range(1, 2 + 2 * size.holders // LIST_SIZE)
    connection.executemany(
        "INSERT OR IGNORE INTO status_lists (number, size) VALUES (?, ?)",
        [(number, LIST_SIZE) for number in lists],
    )
    held, hashes = connection.execute("SELECT size, frontier FROM audit_head").fetchone()
    frontier = Frontier.from_octets(held, hashes)
    for batch in crowd.batches(frontier):
        for table, rows in batch.rows.items():
            names = COLUMNS[table].split()
            marks = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
            connection.executemany(statement, rows)
        frontier = batch.frontier
    connection.execute(
        "UPDATE audit_head SET size = ?, frontier = ?", (frontier.size, frontier.octets)
    )

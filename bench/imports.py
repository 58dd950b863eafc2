"""Taking in a list of 10,000 people, beside writing the same rows by plain SQL."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from bench.measure import Measurement
from cardsvc.agency_records import AgencyBook
from cardsvc.clock import SystemClock
from cardsvc.store.engine import Database
from cardsvc.store.import_store import SqlImportStore
from cardsvc.store.migrate import migrate
from cardsvc.store.sealed import DerivedDataKeys, Sealer
from cardsvc.terms import CardType
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.desk import ImportDesk
from issuance.importing.source import ListOptions, parse_list

_HEAD = "Họ và tên;Số CCCD;Ngày sinh;Giới tính;Mã cơ quan;Cơ quan;Đơn vị;Chức vụ;Loại\n"
_TABLES = ("holders", "holder_words", "import_rows", "audit_events")


def measure_import(*, rows: int = 10_000) -> list[Measurement]:
    """Measure reading a list, and taking it in and applying it, over SQLite."""
    octets = _list(rows).encode()
    options = ListOptions(CardType.CIVIL_SERVANT)
    start = time.perf_counter()
    read = parse_list(octets, options)
    reading = time.perf_counter() - start
    with tempfile.TemporaryDirectory(prefix="cardsvc-bench-") as folder:
        file = Path(folder) / "import.db"
        database = Database.open(f"sqlite:///{file}")
        migrate(database.engine)
        sealer = Sealer(DerivedDataKeys({"bench": b"\x01" * 32}, b"\x02" * 32))
        store = SqlImportStore(database, sealer)
        desk = ImportDesk(
            store, lambda: AgenciesOfBook(AgencyBook([])), SystemClock(), lambda: str(uuid4())
        )
        start = time.perf_counter()
        record = desk.start(read, options, operator="bench").record
        done = list(desk.run(record.id, operator="bench"))[-1]
        applying = time.perf_counter() - start
        database.dispose()
        if done.new != rows:
            msg = f"{done.new} of {rows} people"
            raise RuntimeError(msg)
        bare = _bare_seconds(file)
    name = f"import of {rows:,} rows"
    return [
        Measurement(f"{name}, read from CSV", rows / reading, "1/s", None, "one core"),
        Measurement(
            f"{name}, checked and applied", rows / applying, "1/s", rows / bare,
            "SQLite, audited and sealed; bare: the finished rows inserted by sqlite3 alone",
        ),
    ]  # fmt: skip


def _list(rows: int) -> str:
    families, given = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng"), ("Ân", "Bình", "Đức", "Hoà")
    lines = [
        f"{families[at % 5]} Văn {given[at % 4]};046090{at:06d};02/09/1990;Nam;H57.12;Sở Nội vụ;"
        f"Phòng {at % 30};Chuyên viên;CC"
        for at in range(rows)
    ]
    return _HEAD + "\n".join(lines)


def _bare_seconds(source: Path) -> float:
    """Insert what the import has left, by tables, one transaction for each 500 rows."""
    seconds = 0.0
    with sqlite3.connect(source) as full, sqlite3.connect(source.with_name("bare.db")) as bare:
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        schema = full.execute(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
            "AND name NOT LIKE 'sqlite_%'"
        )
        for (statement,) in schema.fetchall():
            bare.execute(statement)
        for table in _TABLES:
            found = full.execute(f"SELECT * FROM {table}").fetchall()
            marks = ", ".join("?" * len(found[0]))
            start = time.perf_counter()
            for at in range(0, len(found), 500):
                bare.executemany(f"INSERT INTO {table} VALUES ({marks})", found[at : at + 500])
                bare.commit()
            seconds += time.perf_counter() - start
    full.close()
    bare.close()
    return seconds

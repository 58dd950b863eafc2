"""The look-ups of a decision among 10,000 and among 10,000,000 cards; ``python -m bench big``.

The rows are made by SQL and most have no keys: what is measured is finding one among many, and
it is found by the unique index on its GUID whatever else is there.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.measure import Measurement, best_of
from cardsvc.card.guid import CardGuid
from cardsvc.store.engine import Database
from cardsvc.store.migrate import migrate
from cardsvc.store.verification_store import SqlCardDirectory

FEW, MANY = 10_000, 10_000_000
_ASKED = 500
_OF_LISTS = (
    "holder_id_state_card_type",
    "state_card_type_holder_id",
    "state_guid",
    "card_type_guid",
    "expires_at",
)
_HOLDER = """
INSERT INTO holders (id, name, search_key, exact_key, sort_key, version,
                     personal_number_sealed, personal_number_index)
VALUES ('h', 'Nguyễn Văn A', 'nguyen van a', 'nguyễn văn a', 'a', 1, x'00', x'00')
"""
_SEED = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :count)
INSERT INTO cards (guid, card_type, holder_id, application_id, ordinal, state, expires_at, version)
SELECT printf('%08x-0000-4000-8000-000000000000', n), 'individual', 'h', 'a', n, 'active',
       '2036-01-01 00:00:00.000000', 1
FROM numbers
"""


def measure_many_cards(few: int = FEW, many: int = MANY, *, rounds: int = 20) -> Measurement:
    """Measure the look-up of a card among many, beside the same among few."""
    with tempfile.TemporaryDirectory(prefix="cardsvc-bench-") as folder:
        databases = [_seeded(Path(folder) / f"{count}.db", count) for count in (few, many)]
        try:
            found_few, found_many = best_of(
                rounds,
                *(
                    _look_ups(database, count)
                    for database, count in zip(databases, (few, many), strict=True)
                ),
            )
        finally:
            for database in databases:
                database.dispose()
    name = f"card look-up among {many:,}, beside {few:,}"
    return Measurement(name, found_many, "us", found_few, "SQLite; cards at random; bare: few")


def _seeded(file: Path, count: int) -> Database:
    database = Database.open(f"sqlite:///{file}")
    migrate(database.engine)
    database.dispose()  # only alone can the journal be switched off
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        # indexes that no decision asks: they would take most of the time and half the disk
        for name in _OF_LISTS:
            connection.execute(f"DROP INDEX ix_cards_{name}")
        connection.execute("BEGIN")
        connection.execute(_HOLDER)
        connection.execute(_SEED, {"count": count})
        connection.execute("COMMIT")
    return database


def _look_ups(database: Database, count: int) -> Callable[[], int]:
    directory = SqlCardDirectory(database)
    numbers = random.Random(1).sample(range(count), _ASKED)
    guids = [CardGuid.parse(f"{number:08x}-0000-4000-8000-000000000000") for number in numbers]

    def run() -> int:
        for guid in guids:
            assert directory.find(guid) is not None
        return len(guids)

    return run

"""Which area each card entered last, for anti-passback; it survives a restart.

A card that nobody saw since the last reset is in no known area and may enter any.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import ReasonCode, StoreError

_DAY = timedelta(days=1)
_WAIT_SECONDS = 0.5
"""How long a look-up waits for the lock; somebody stands before the door."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS card_areas "
    "(card TEXT PRIMARY KEY, area TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID"
)


class AreaRecord(Protocol):
    """Remembers where cards are."""

    def area_of(self, card: str, at: datetime) -> str | None:
        """Return the area that a card entered last; None where that is not known.

        Raises:
            StoreError: the record can't be read.
        """
        ...

    def enter(self, card: str, area: str, at: datetime) -> None:
        """Note that a card entered an area.

        Raises:
            StoreError: the record can't be written.
        """
        ...


class AreaFile:
    """The record of one agent, in a file of its own; shared by all its doors.

    Args:
        path: the SQLite file; made where there is none.
        reset_at: the time of day, Vietnam's, at which everybody is forgotten; None for never.
    """

    def __init__(self, path: Path, reset_at: time | None) -> None:
        self._path = path
        self._reset_at = reset_at

    def area_of(self, card: str, at: datetime) -> str | None:
        """Return the area that a card entered last since the reset, None where there is none.

        Raises:
            StoreError: the record can't be read.
        """
        with self._opened() as file:
            row = file.execute("SELECT area, at FROM card_areas WHERE card = ?", (card,)).fetchone()
        reset = self._last_reset(at)
        if row is None or (reset is not None and row[1] < reset):
            return None
        return str(row[0])

    def enter(self, card: str, area: str, at: datetime) -> None:
        """Note that a card entered an area; durable before it returns.

        Raises:
            StoreError: the record can't be written.
        """
        reset = self._last_reset(at)
        with self._opened() as file, file:
            if reset is not None:
                file.execute("DELETE FROM card_areas WHERE at < ?", (reset,))
            file.execute(
                "INSERT INTO card_areas VALUES (?, ?, ?) "
                "ON CONFLICT (card) DO UPDATE SET area = excluded.area, at = excluded.at",
                (card, area, at.timestamp()),
            )

    def _last_reset(self, at: datetime) -> float | None:
        if self._reset_at is None:
            return None
        local = at.astimezone(VIETNAM_TIME)
        reset = datetime.combine(local.date(), self._reset_at, VIETNAM_TIME)
        return (reset if reset <= local else reset - _DAY).timestamp()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            file = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
            try:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = FULL")
                file.execute(_SCHEMA)
                self._path.chmod(0o600)
                yield file
            finally:
                file.close()
        except (sqlite3.Error, OSError) as error:
            message = f"record of areas: {type(error).__name__}"
            raise StoreError(ReasonCode.RECORD_CORRUPT, message) from error

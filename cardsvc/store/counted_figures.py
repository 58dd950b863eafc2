"""Figures that take long to count: counted in regular work, kept, shown until counted anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from cardsvc.clock import require_utc
from cardsvc.store.engine import Database
from cardsvc.store.schema import CountedFiguresRow
from cardsvc.store.upsert import upsert

REST = 20
"""Counting takes one part in so many of the time at most."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures as they were kept.

    Args:
        at: of which instant they are.
        octets: the figures.
    """

    at: datetime
    octets: bytes


class CountedFigures:
    """Keeps one set of figures.

    Args:
        database: migrated.
        name: of the set.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def kept_at(self) -> datetime | None:
        """Return the instant of the figures that are kept, None where none are."""
        query = select(CountedFiguresRow.at).where(CountedFiguresRow.name == self._name)
        with self._database.reading() as session:
            return session.scalar(query)

    def kept(self) -> Kept | None:
        """Return the figures that are kept, None where none are."""
        with self._database.reading() as session:
            row = session.get(CountedFiguresRow, self._name)
            return None if row is None else Kept(row.at, row.octets)

    def is_due(self, at: datetime) -> bool:
        """Tell whether counting anew would take no more than its share of the time."""
        columns = (CountedFiguresRow.at, CountedFiguresRow.milliseconds)
        with self._database.reading() as session:
            last = session.execute(
                select(*columns).where(CountedFiguresRow.name == self._name)
            ).one_or_none()
        if last is None:
            return True
        rest = timedelta(milliseconds=REST * last.milliseconds)
        return not last.at <= at < last.at + rest

    def keep(self, at: datetime, count: Callable[[], bytes]) -> bytes:
        """Count, keep the figures and how long that took; return them."""
        at, began = require_utc(at), time.monotonic()
        octets = count()
        values = {
            "at": at,
            "milliseconds": round(1000 * (time.monotonic() - began)),
            "octets": octets,
        }
        with self._database.writing() as session:
            statement = upsert(session, CountedFiguresRow).values(name=self._name, **values)
            session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        return octets

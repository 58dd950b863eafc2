"""How many requests of a partner were let through, for all processes together.

A process takes some at once and gives them out one by one: there is a write for twenty requests or
more, not for each. Together they never give out more than the limit.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Table, select, update

from cardsvc.store.engine import Database
from cardsvc.store.schema import RequestWindowRow
from cardsvc.store.upsert import insert_unless_there

_WINDOWS = cast("Table", RequestWindowRow.__table__)


class SqlRequestWindows:
    """Counts by partner and window. Implements ``web.partners.ports.RequestWindows``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, relying_party: str, kind: str, starts_at: datetime, *, wanted: int, limit: int
    ) -> tuple[int, int]:
        """Take requests out of a window.

        Args:
            relying_party: whose.
            kind: which sort of window.
            starts_at: its first instant.
            wanted: how many.
            limit: of the whole window.

        Returns:
            How many were taken, perhaps none; and how many the window has left.
        """
        key = {"relying_party": relying_party, "kind": kind, "starts_at": starts_at}
        row = RequestWindowRow
        where = (
            row.relying_party == relying_party,
            row.kind == kind,
            row.starts_at == starts_at,
        )
        with self._database.writing() as session:
            connection = session.connection()
            connection.execute(insert_unless_there(connection, _WINDOWS), {**key, "taken": 0})
            taken = connection.execute(
                select(_WINDOWS.c.taken).where(*where).with_for_update()
            ).scalar_one()
            given = max(0, min(wanted, limit - taken))
            if given:
                connection.execute(update(_WINDOWS).where(*where).values(taken=taken + given))
            return given, max(0, limit - taken - given)

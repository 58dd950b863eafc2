"""Single SELECTs on connections that stay open: what every request asks before it decides.

A transaction of its own costs several times what an indexed SELECT does. One statement is its own
snapshot, so here there is none: SQLite and PostgreSQL commit it by themselves. Nothing is
remembered between two calls; a row is read as it stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row
from sqlalchemy.exc import DBAPIError

READS_ONE_STATEMENT = "cardsvc_one_statement"
"""The execution option by which SQLite's engine knows not to begin a transaction."""


class Lookups:
    """Runs single statements; as many connections stay open as were ever used at once.

    Args:
        engine: the database's.
    """

    def __init__(self, engine: Engine) -> None:
        options: dict[str, Any] = {READS_ONE_STATEMENT: True}
        if engine.dialect.name == "postgresql":
            options["isolation_level"] = "AUTOCOMMIT"
        self._engine = engine.execution_options(**options)
        self._idle: deque[Connection] = deque()

    def rows(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Return all rows of a SELECT.

        Raises:
            DBAPIError: as the driver does; after the server closed the connection once more only.
        """
        kept = True
        try:
            connection = self._idle.pop()
        except IndexError:
            kept, connection = False, self._engine.connect()
        try:
            found = connection.execute(statement, parameters).all()
        except DBAPIError as error:
            connection.close()
            if kept and error.connection_invalidated:
                self.close()  # the server was restarted: the others are as dead as this one
                return self.rows(statement, parameters)
            raise
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return found

    def close(self) -> None:
        """Close the connections that nobody uses at the moment."""
        while self._idle:
            self._idle.pop().close()

"""One statement that puts many keys into a table and tells which of them were not there.

SQLAlchemy writes such a statement anew each time it is run; the writers' line waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

_STATEMENTS = 64
_AT_ONCE = 256
"""Rows of one statement; older SQLite takes 999 parameters at most."""


class KeysUnlessThere:
    """An INSERT of primary keys that skips those that are there.

    Args:
        table: whose columns are all of its primary key.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._statement = lru_cache(maxsize=_STATEMENTS)(self._write)
        self._converters: dict[str, Sequence[Callable[[Any], Any] | None]] = {}

    def execute(
        self, connection: Connection, keys: Sequence[Sequence[object]]
    ) -> Sequence[Sequence[Any]]:
        """Put keys in, in this order; return those that were not there, as the driver has them.

        Args:
            connection: in a transaction.
            keys: a value for each column, in the table's order.
        """
        converters = self._converters_of(connection.dialect)
        found: list[Sequence[Any]] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            values = tuple(
                value if to is None else to(value)
                for key in part
                for value, to in zip(key, converters, strict=True)
            )
            statement = self._statement(connection.dialect.name, len(part))
            found += connection.exec_driver_sql(statement, values).all()
        return found

    def _converters_of(self, dialect: Dialect) -> Sequence[Callable[[Any], Any] | None]:
        found = self._converters.get(dialect.name)
        if found is None:
            columns = self._table.columns
            found = [one.type.dialect_impl(dialect).bind_processor(dialect) for one in columns]
            self._converters[dialect.name] = found
        return found

    def _write(self, dialect: str, rows: int) -> str:
        names = ", ".join(column.name for column in self._table.columns)
        mark = "?" if dialect == "sqlite" else "%s"
        row = f"({', '.join(mark for _ in self._table.columns)})"
        values = ", ".join([row] * rows)
        return (
            f"INSERT INTO {self._table.name} ({names}) VALUES {values} "  # noqa: S608 - our own names
            f"ON CONFLICT DO NOTHING RETURNING {names}"
        )

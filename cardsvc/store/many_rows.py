"""One statement for many rows, their values brought to the driver's form before it is run.

Whoever writes thousands of rows holds up everybody else for as long as the transaction lasts; what
SQLAlchemy does with each value need not be done inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Insert, Update

_Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ReadyRows:
    """A statement in a driver's own language, and its parameters.

    Args:
        sql: with the driver's marks.
        parameters: a tuple or a mapping for each row, as the driver's marks ask for.
    """

    sql: str
    parameters: Sequence[Any]

    def execute(self, connection: Connection) -> int:
        """Run it; return how many rows it met."""
        return connection.exec_driver_sql(self.sql, list(self.parameters)).rowcount


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    columns: Sequence[tuple[str, _Convert | None]]
    is_positional: bool


class ManyRows:
    """An INSERT or UPDATE that is run for many rows.

    Args:
        statement: whose every parameter is a column (INSERT) or a ``bindparam`` (UPDATE).
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def ready(self, dialect: Dialect, rows: Sequence[Mapping[str, object]]) -> ReadyRows:
        """Convert the values of rows that all have the same keys; there is one at least."""
        keys = tuple(rows[0])
        compiled = self._compiled.get((dialect.name, keys))
        if compiled is None:
            compiled = self._compiled[dialect.name, keys] = self._compile(dialect, keys)
        columns = compiled.columns
        if compiled.is_positional:
            parameters: Sequence[Any] = [
                tuple([row[key] if to is None else to(row[key]) for key, to in columns])
                for row in rows
            ]
        else:
            parameters = [
                {key: row[key] if to is None else to(row[key]) for key, to in columns}
                for row in rows
            ]
        return ReadyRows(compiled.sql, parameters)

    def _compile(self, dialect: Dialect, keys: tuple[str, ...]) -> _Compiled:
        is_insert = isinstance(self._statement, Insert)
        columns = list(keys) if is_insert else []
        compiled = self._statement.compile(dialect=dialect, column_keys=columns)
        return _Compiled(
            compiled.string,
            [
                (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
                for name in compiled.positiontup or compiled.binds
            ],
            compiled.positional,
        )

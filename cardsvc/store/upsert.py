"""INSERT … ON CONFLICT, which both databases know and SQLAlchemy keeps in each dialect."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from cardsvc.store.schema import Base

Upsert: TypeAlias = postgresql.Insert | sqlite.Insert


def upsert(session: Session, table: type[Base]) -> Upsert:
    """Return an INSERT into a table that can be told what to do on a conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_unless_there(connection: Connection, table: Table) -> ReturningInsert[Any]:
    """Return an INSERT that skips rows whose primary key is there; it returns the keys of others.

    The last column of the key is what it returns.
    """
    return _insert_unless_there(connection.dialect.name, table)


@cache
def _insert_unless_there(dialect: str, table: Table) -> ReturningInsert[Any]:
    key = list(table.primary_key.columns)
    insert: Upsert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing(index_elements=key).returning(key[-1])


def insert_or_change(connection: Connection, table: Table, *changed: str) -> Upsert:
    """Return an INSERT that changes some columns of a row whose primary key is there.

    Args:
        connection: whose dialect it is for.
        table: into which.
        changed: the columns; the others stay as they are.
    """
    return _insert_or_change(connection.dialect.name, table, changed)


@cache
def _insert_or_change(dialect: str, table: Table, changed: tuple[str, ...]) -> Upsert:
    key = list(table.primary_key.columns)
    insert: Upsert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    given = {name: insert.excluded[name] for name in changed}
    return insert.on_conflict_do_update(index_elements=key, set_=given)

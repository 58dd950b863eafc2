"""INSERT … ON CONFLICT, which both databases know and SQLAlchemy keeps in each dialect."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cardsvc.store.schema import Base

Upsert: TypeAlias = postgresql.Insert | sqlite.Insert


def upsert(session: Session, table: type[Base]) -> Upsert:
    """Return an INSERT into a table that can be told what to do on a conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)

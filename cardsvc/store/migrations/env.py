"""Run by Alembic; the connection comes from ``cardsvc.store.migrate``, never from a file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from cardsvc.store.schema import Base

_connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=_connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite too: our engine emits BEGIN itself
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Bring a database to the schema of this release, from code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.engine import translated

_SCRIPTS = Path(__file__).with_name("migrations")
_ADVISORY_LOCK = 0x63617264
"""Any fixed number: two programs that start at once migrate one after the other."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of a migration, alone on the database."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with _keys_unenforced(connection), connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreError(ReasonCode.RECORD_CORRUPT, "a foreign key points nowhere")
            return
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection


@contextmanager
def _keys_unenforced(connection: Connection) -> Iterator[None]:
    """Altering a table copies and drops it on SQLite, which must not delete what refers to it.

    Spec: sqlite.org/lang_altertable.html section 7; the pragma has no effect inside a transaction.
    """
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to a revision, in one transaction; does nothing where it is there already.

    Raises:
        StoreError: a foreign key points nowhere afterwards, the database is of a newer release,
            or it refused a step (no right, no space); nothing is changed then.
    """
    with translated(), _migrating(engine) as connection:
        try:
            command.upgrade(_config(connection), revision)
        except CommandError:  # it does not know where the database stands
            found = MigrationContext.configure(connection).get_current_revision()
            msg = f"the database is of a newer release (revision {found}): install that release"
            raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, msg) from None


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to a revision, ``base`` for an empty database. Data of dropped tables is lost.

    Raises:
        StoreError: a foreign key points nowhere afterwards; nothing is changed then.
    """
    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


def current_revision(engine: Engine) -> str | None:
    """Return the revision the database is at, or None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """Return the revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()

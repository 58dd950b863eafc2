"""Opens the database that the settings name; says in one line why it can't be used."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.engine import Database
from cardsvc.store.migrate import migrate
from web.settings import Settings, SettingsError

_UNICODE = "UTF8"


def open_database(settings: Settings) -> Database:
    """Return the database, with the tables of this release.

    Raises:
        SettingsError: no URL of a database that we know, or one that can't hold Vietnamese.
        StoreError: it can't be reached or brought to this release's schema.
    """
    try:
        database = Database.open(settings.effective_database_url)
    except ValueError as error:
        msg = f"database_url: {error}"
        raise SettingsError(msg) from None
    _require_reachable(database)
    migrate(database.engine)
    return database


def _require_reachable(database: Database) -> None:
    try:
        with database.engine.connect() as connection:
            if database.engine.dialect.name != "postgresql":
                return
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    except DBAPIError as error:
        # of the driver, which names host and user, never the password
        why = " ".join(str(error.orig).split())
        msg = f"the database can't be reached: {why}"
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, msg) from None
    if encoding != _UNICODE:
        msg = f"database_url: that database is in {encoding}; make one in UTF-8 (createdb -E UTF8)"
        raise SettingsError(msg)

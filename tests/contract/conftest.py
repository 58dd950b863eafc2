"""Each store's contract runs on SQLite and on an embedded PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cardsvc.store.engine import Database
from cardsvc.store.sealed import Sealer
from tests.support.databases import (
    DatabaseServer,
    PostgresServer,
    SqliteServer,
    make_sealer,
)


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> SqliteServer:
    return SqliteServer(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_server(request: pytest.FixtureRequest) -> DatabaseServer:
    if request.param == "sqlite":
        sqlite: SqliteServer = request.getfixturevalue("sqlite_server")
        return sqlite
    started: PostgresServer | str = request.getfixturevalue("postgres_start")
    if isinstance(started, str):
        pytest.skip(started.splitlines()[0])
    return started


@pytest.fixture
def database(database_server: DatabaseServer) -> Iterator[Database]:
    opened = Database.open(database_server.migrated_url())
    yield opened
    opened.dispose()


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[Database]:
    opened = Database.open(database_server.empty_url())
    yield opened
    opened.dispose()


@pytest.fixture
def sealer() -> Sealer:
    return make_sealer()

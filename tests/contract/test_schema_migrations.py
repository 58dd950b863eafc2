"""The migrations make exactly the schema of the models, on both databases, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import StoreError
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database, create_database_engine
from cardsvc.store.migrate import current_revision, downgrade, head_revision, migrate
from cardsvc.store.schema import Base
from tests.support.databases import SqliteServer

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def constraint_names(database: Database) -> set[str]:
    inspector = inspect(database.engine)
    names: set[str | None] = set()
    for table in Base.metadata.tables:
        names |= {one["name"] for one in inspector.get_check_constraints(table)}
        names |= {one["name"] for one in inspector.get_unique_constraints(table)}
        names |= {one["name"] for one in inspector.get_foreign_keys(table)}
        names.add(inspector.get_pk_constraint(table)["name"])
    return {str(name) for name in names}


def test_the_migrated_schema_is_that_of_the_models(empty_database: Database) -> None:
    assert differences(empty_database) != []
    migrate(empty_database.engine)
    assert differences(empty_database) == []
    assert current_revision(empty_database.engine) == head_revision() is not None
    declared = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
    }
    assert constraint_names(empty_database) == declared


def test_down_and_up_again(empty_database: Database) -> None:
    engine = empty_database.engine
    migrate(engine)
    migrate(engine)
    downgrade(engine, "base")
    assert current_revision(engine) is None
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert differences(empty_database) == []
    assert AuditLog(empty_database).verify().size == 0


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer release .*9999"):
        migrate(database.engine)
    assert current_revision(database.engine) == "9999"


def test_a_database_that_refuses_a_step_is_named_not_quoted(empty_database: Database) -> None:
    with empty_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (somebody_elses INTEGER)"))
    with pytest.raises(StoreError, match=r"^database: [A-Za-z]+ [A-Z0-9_]+$"):
        migrate(empty_database.engine)


def test_programs_that_start_at_once_migrate_once(empty_database: Database) -> None:
    url = empty_database.engine.url.render_as_string(hide_password=False)

    def start(_: int) -> None:
        engine = create_database_engine(url)
        migrate(engine)
        engine.dispose()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(start, range(3)))
    assert differences(empty_database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'nobody'",
        "DELETE FROM audit_events",
        "UPDATE tree_heads SET size = 0",
        "DELETE FROM tree_heads",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(database: Database, statement: str) -> None:
    log = AuditLog(database)
    log.record(AuditEvent(AT, "system", AuditAction.CEREMONY, "root"))
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tree_heads VALUES (1, :at, :octets, 'k', :octets)"),
            {"at": AT.isoformat(sep=" "), "octets": b"x"},
        )
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_copy_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    database = Database.open(f"sqlite:///{file}")
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        database.copy_to(tmp_path / "copy.db")


def test_sqlite_is_set_up_to_survive_power_loss(sqlite_server: SqliteServer) -> None:
    database = Database.open(sqlite_server.migrated_url())
    with database.engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.dispose()
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }

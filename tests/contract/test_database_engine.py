"""Opening databases by URL, transactions, and the driver's errors as ours."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import Challenge
from cardsvc.store.engine import Database, create_database_engine
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.migrate import migrate
from cardsvc.store.schema import CrlNumberRow, SpentNonceRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.spent_nonces import SqlSpentNonces
from cardsvc.store.verification_store import SqlCardDirectory
from cardsvc.terms import AssuranceLevel
from tests.support.databases import make_sealer, open_sqlite
from tests.support.issuance_store_contract import make_application, make_card


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "mysql://h/x"],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        create_database_engine(url)


def test_a_bare_postgresql_url_means_psycopg_3() -> None:
    engine = create_database_engine("postgresql://somebody@127.0.0.1:1/cards")
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'cards.db'}")
    migrate(database.engine)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert "cards.db" in modes
    assert set(modes.values()) == {0o600}
    database.dispose()


@pytest.mark.reason(ReasonCode.SERVICE_UNAVAILABLE)
def test_a_database_that_cannot_be_reached_is_unavailable() -> None:
    database = Database.open("postgresql://somebody:geheim@127.0.0.1:1/cards")
    for opened in (database.reading(), database.writing()):
        with pytest.raises(StoreError) as caught, opened as session:
            session.execute(select(1))
        assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE
        assert "geheim" not in str(caught.value)
    database.dispose()


def test_a_schema_that_is_missing_is_unavailable(empty_database: Database) -> None:
    challenge = Challenge(
        bytes(32), "party", "service", "agent", AssuranceLevel.X1, datetime.max.replace(tzinfo=UTC)
    )
    for ask in (
        lambda: SqlSpentNonces(empty_database).spend(challenge),
        lambda: SqlCardDirectory(empty_database).find(CardGuid(bytes(16))),
    ):
        with pytest.raises(StoreError) as caught:
            ask()
        assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE


def test_readers_see_one_snapshot_and_do_not_wait_for_a_writer(database: Database) -> None:
    numbers = select(CrlNumberRow.last_number)
    with database.writing() as writer:
        writer.execute(insert(CrlNumberRow).values(issuer_key_id=b"a", last_number=1))
        with database.reading() as reader:
            assert reader.scalars(numbers).all() == []
    with database.reading() as reader:
        assert reader.scalars(numbers).all() == [1]
        with database.writing() as writer:
            writer.execute(insert(CrlNumberRow).values(issuer_key_id=b"b", last_number=2))
        assert reader.scalars(numbers).all() == [1]


def test_what_fails_is_rolled_back(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.execute(insert(CrlNumberRow).values(issuer_key_id=b"a", last_number=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.scalars(select(CrlNumberRow.last_number)).all() == []


def test_instants_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    challenge = Challenge(b"n" * 32, "party", "service", "agent", AssuranceLevel.X1, at)
    SqlSpentNonces(database).spend(challenge)
    with database.reading() as session:
        found = session.scalars(select(SpentNonceRow.expires_at)).one()
    assert found == at
    assert found.utcoffset() == timedelta(0)


@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE cards SET state = 'blessed'",
        "UPDATE cards SET card_type = 'royal'",
        "UPDATE cards SET replaced_by = 'not a GUID'",
        "UPDATE card_keys SET slot = 1",
        "UPDATE card_keys SET algorithm = 1",
        "UPDATE card_keys SET serial = 'xyz'",
    ],
)
def test_a_record_that_is_not_ours_is_not_read(tmp_path: Path, change: str) -> None:
    database, sealer = open_sqlite(tmp_path), make_sealer()
    guid = add_card(database, sealer)
    found = SqlCardDirectory(database).find(guid)
    assert found is not None
    assert found.card.state is CardState.PERSONALISING
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        connection.execute(text(change))
        connection.commit()
    with (
        pytest.raises(StoreError) as caught,
        SqlIssuanceStore(database, sealer).transaction() as unit,
    ):
        unit.card(guid)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT
    if change.endswith(("'blessed'", "'royal'")):  # a decision reads nothing else of these
        with pytest.raises(StoreError) as caught:
            SqlCardDirectory(database).find(guid)
        assert caught.value.reason is ReasonCode.RECORD_CORRUPT
    database.dispose()


def add_card(database: Database, sealer: Sealer) -> CardGuid:
    application = make_application()
    card = make_card(application)
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    with database.writing() as session:
        values = {
            "guid": str(card.guid),
            "octets": b"x" * 32,
            "at": "2027-01-01 00:00:00.000000",
        }
        session.execute(
            text(
                "INSERT INTO card_keys VALUES "
                "(:guid, 158, 0, 17, :octets, :octets, 'ab', :octets, :at)"
            ),
            values,
        )
    return card.guid

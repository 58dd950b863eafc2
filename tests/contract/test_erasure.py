"""Erasure leaves no trace of a person, and an audit log that still proves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, inspect, select, text

from cardsvc.import_records import RowOutcome, RowState
from cardsvc.lifecycle import CardState
from cardsvc.privacy_records import RequestKind, RequestState
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.store.erasure import ERASED_NAME, ERASED_TABLES, KEPT_TABLES
from cardsvc.store.migrate import migrate
from cardsvc.store.schema import (
    Base,
    HolderResidenceRow,
    HolderRow,
    ImportRecordRow,
    ImportRowRow,
)
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType
from tests.support.issuance_store_contract import AT
from tests.support.privacy_office import (
    EMAIL,
    FORMER,
    ISSUER,
    LONG_AGO,
    NAME,
    NUMBER,
    PHONE,
    Office,
    next_number,
)
from tests.support.tree_head_keys import HeadKey


@pytest.fixture
def office(database: Database, sealer: Sealer) -> Office:
    return Office(database, sealer)


def traces(database: Database) -> Iterator[tuple[str, str]]:
    """Yield table and what was found in it of the person, in any column of any table."""
    needles = [NAME, NUMBER, FORMER, PHONE, "0912345678", EMAIL, "MNV-77"]
    needles += ["Nguyễn", "nguyen", "Phòng Công chức"]
    with database.engine.connect() as connection:
        for table in inspect(database.engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")).all():
                for value in row:
                    octets = value if isinstance(value, bytes) else str(value).encode()
                    for needle in needles:
                        if needle.encode() in octets:
                            yield table, needle


def test_an_erased_person_is_in_no_table_and_the_log_still_proves(
    office: Office, database: Database
) -> None:
    keys = HeadKey()
    application = office.person()
    office.order(application, LONG_AGO)
    assert dict(traces(database)).keys() >= {"holders", "holder_words", "certificate_ledger"}
    log = AuditLog(database)
    signed = log.sign_head(keys, AT)
    request = office.asked(RequestKind.ERASURE)
    granted = office.requests.grant(request, operator="hung", at=AT)
    assert granted.state is RequestState.GRANTED
    assert list(traces(database)) == []
    verified = log.verify(keys, (signed,))
    assert verified.size > signed.head.size
    with office.store.transaction() as unit:
        left = unit.application(application.id)
        (card,) = unit.cards_of_application(application.id)
    with database.reading() as session:
        assert session.get(HolderResidenceRow, office.holder.id) is None
    assert left.holder.id == office.holder.id
    assert left.holder.name.value == ERASED_NAME
    assert (left.holder.employment, left.holder.aliases) == (None, ())
    assert card.state is CardState.REVOKED
    # the CRL still lists what was revoked
    entry = SqlCertificateLedger(database).find(ISSUER, int.from_bytes(card.guid.octets, "big"))
    assert entry is not None
    assert entry.revocation is not None
    assert entry.certificate_der == b""


def test_the_rows_of_an_imported_list_are_erased_too(office: Office, database: Database) -> None:
    office.person()
    with database.writing() as session:
        session.add(
            ImportRecordRow(
                id="import-1", card_type=CardType.INDIVIDUAL, fingerprint="f", operator="lan",
                started_at=AT, rows=1, agency="", confirmed="", notices="",
            )
        )  # fmt: skip
        session.flush()
        session.add(
            ImportRowRow(
                import_id="import-1", number=1, content_sealed=b"what stood in the row",
                state=RowState.APPLIED, outcome=RowOutcome.NEW, holder_id=office.holder.id,
                codes="", assigned_to="", photo="aa" * 32, version=0,
            )
        )  # fmt: skip
    with office.privacy.transaction() as unit:
        unit.erase(office.holder.id, AT)
    with database.reading() as session:
        row = session.get(ImportRowRow, ("import-1", 1))
        assert row is not None
        assert (row.content_sealed, row.photo) == (None, "")


def test_the_same_person_may_come_again(office: Office) -> None:
    office.person()
    with office.privacy.transaction() as unit:
        assert unit.erase(office.holder.id, AT)
        assert not unit.erase(office.holder.id, AT)
    office.holder = replace(office.holder, id="holder-again")
    office.person()


def test_nothing_of_an_erased_person_is_in_the_file(tmp_path: Path, sealer: Sealer) -> None:
    file = tmp_path / "one.db"
    database = Database.open(f"sqlite:///{file}")
    migrate(database.engine)
    office = Office(database, sealer)
    for _ in range(30):  # more than a page, so that pages are freed
        application = office.person()
        office.order(application, LONG_AGO)
        office.holder = replace(
            office.holder, id=f"{office.holder.id}x", personal_number=next_number(office.holder)
        )
    everybody = [f"holder-1{'x' * number}" for number in range(30)]
    octets = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert NAME.encode() in octets
    assert NUMBER.encode() not in octets  # sealed from the first day on
    assert EMAIL.encode() not in octets
    with office.privacy.transaction() as unit:
        for holder_id in everybody:
            assert unit.erase(holder_id, AT)
    database.forget_erased()
    octets = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    for needle in (NAME, "Hoà", "MNV-77", "Phòng Công chức", "a portrait"):
        assert needle.encode() not in octets, needle
    database.dispose()


def test_a_file_in_use_is_told(tmp_path: Path, sealer: Sealer) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'one.db'}")
    migrate(database.engine)
    other = sqlite3.connect(tmp_path / "one.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA busy_timeout = 10")
    with pytest.raises(Exception, match="rewrite it later"):
        database.forget_erased()
    other.close()
    database.dispose()


def test_every_table_with_a_person_in_it_is_erased_or_known_to_hold_no_fact() -> None:
    named = {
        name
        for name, table in Base.metadata.tables.items()
        for column in table.columns
        if column.key == "holder_id"
        or column.key.endswith(("_sealed", "_der", "number_index", "pseudonym"))
        or (name == "holders" and isinstance(column.type, LargeBinary))
    }
    assert named == ERASED_TABLES.keys() | (KEPT_TABLES & named)
    assert Base.metadata.tables.keys() >= KEPT_TABLES


def test_no_sealed_value_is_plain(office: Office, database: Database) -> None:
    office.person()
    with database.reading() as session:
        row = session.scalars(select(HolderRow)).one()
        for column in HolderRow.__table__.columns:
            if column.key.endswith("_sealed") and (value := getattr(row, column.key)):
                assert value[0] == 1, column.key
    found = {needle for _, needle in traces(database)}
    assert not found & {NUMBER, FORMER, PHONE, "0912345678", EMAIL}

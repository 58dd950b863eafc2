"""The SQL issuance store passes the contract, and what only a database can get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select, text

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.records import Application
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.schema import ApplicationRow, HolderRow
from cardsvc.store.sealed import Sealer
from issuance.ports import IssuanceStore
from keys.ports import CertificateLedger
from tests.support.issuance_store_contract import (
    AT,
    LATER,
    AuditEvents,
    IssuanceStoreContract,
    make_application,
    make_card,
    make_event,
)

OF_THE_CA = {AuditAction.CERTIFICATE_RESERVED, AuditAction.CERTIFICATE_SIGNED}


@pytest.fixture
def store(database: Database, sealer: Sealer) -> IssuanceStore:
    protocol: IssuanceStore = SqlIssuanceStore(database, sealer)
    return protocol


@pytest.fixture
def audit_events(database: Database) -> AuditEvents:
    """What issuance committed; the ledger's own reservations are not its events."""

    def committed() -> Sequence[AuditEvent]:
        logged = [entry.event for entry in AuditLog(database).events()]
        return [event for event in reversed(logged) if event.action not in OF_THE_CA]

    return committed


def save_and_record(store: IssuanceStore, application: Application, *, new: bool = False) -> None:
    with store.transaction() as unit:
        unit.record(make_event(application.id))
        (unit.add_application if new else unit.save_application)(application)


class TestSqlIssuanceStore(IssuanceStoreContract):
    @pytest.fixture
    def ledger(self, database: Database) -> CertificateLedger:
        return SqlCertificateLedger(database)


def test_a_refused_audit_event_takes_the_state_with_it(
    database: Database, store: IssuanceStore
) -> None:
    application = make_application()
    with store.transaction() as unit:
        unit.add_application(application)
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events RENAME TO hidden"))
    with pytest.raises(StoreError):
        save_and_record(store, replace(application, state=ApplicationState.REJECTED))
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO audit_events"))
    with store.transaction() as unit:
        assert unit.application(application.id) == application
    assert AuditLog(database).verify().size == 0


@pytest.mark.reason(ReasonCode.AUDIT_BROKEN)
def test_without_a_head_nothing_is_written(database: Database, store: IssuanceStore) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_head"))
    application = make_application()
    with pytest.raises(StoreError) as caught:
        save_and_record(store, application, new=True)
    assert caught.value.reason is ReasonCode.AUDIT_BROKEN
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ApplicationRow)) == 0


def test_a_refused_state_takes_the_audit_event_with_it(
    database: Database, store: IssuanceStore, audit_events: AuditEvents
) -> None:
    application = make_application()
    with store.transaction() as unit:
        unit.add_application(application)
    # the database itself refuses an approval by the one who asked
    same_person = replace(
        application,
        state=ApplicationState.APPROVED,
        approved_by=application.requested_by,
        approved_at=LATER,
    )
    with pytest.raises(IssuanceError):
        save_and_record(store, same_person)
    assert not audit_events()
    with store.transaction() as unit:
        assert unit.application(application.id) == application


def test_a_naive_instant_is_refused(store: IssuanceStore) -> None:
    naive = replace(make_application(), requested_at=AT.replace(tzinfo=None))
    with pytest.raises(Exception, match="time zone"), store.transaction() as unit:
        unit.add_application(naive)


def test_changes_at_the_same_moment_all_count_and_the_log_stays_whole(
    database: Database, store: IssuanceStore
) -> None:
    application = make_application()
    card = make_card(application)
    with store.transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    workers, rounds = 8, 5
    ready = Barrier(workers)

    def change(worker: int) -> int:
        ready.wait()
        for turn in range(rounds):
            with store.transaction() as unit:
                unit.record(make_event(f"worker-{worker}-{turn}"))
                unit.save_card(unit.card(card.guid))
        return rounds

    with ThreadPoolExecutor(workers) as pool:
        assert sum(pool.map(change, range(workers))) == workers * rounds
    with store.transaction() as unit:
        assert unit.card(card.guid).version == workers * rounds
    assert AuditLog(database).verify().size == workers * rounds


@pytest.mark.reason(ReasonCode.CONCURRENT_CHANGE)
def test_of_writers_with_the_same_version_one_wins(store: IssuanceStore) -> None:
    application = make_application()
    card = make_card(application)
    with store.transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    ready = Barrier(8)

    def overwrite(_: int) -> ReasonCode | None:
        ready.wait()
        try:
            with store.transaction() as unit:
                unit.save_card(replace(card, state=CardState.TORN))
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(overwrite, range(8)))
    assert outcomes == {None: 1, ReasonCode.CONCURRENT_CHANGE: 7}


@pytest.mark.reason(ReasonCode.CARD_IN_USE)
def test_a_guid_is_given_once(store: IssuanceStore) -> None:
    application = make_application()
    card = make_card(application)
    with store.transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
        unit.add_card(card)
    assert caught.value.reason is ReasonCode.CARD_IN_USE


@pytest.mark.reason(ReasonCode.HOLDER_UNKNOWN)
def test_a_card_is_its_applications_holders(store: IssuanceStore) -> None:
    application = make_application()
    with store.transaction() as unit:
        unit.add_application(application)
    with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
        unit.add_card(replace(make_card(application), holder_id="holder-2"))
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN


def test_no_number_is_readable_in_the_database(
    database: Database, store: IssuanceStore, sealer: Sealer
) -> None:
    application = make_application()
    number = application.holder.personal_number.value
    with store.transaction() as unit:
        unit.add_application(application)
    with database.reading() as session:
        row = session.get(HolderRow, application.holder.id)
        assert row is not None
        values = [getattr(row, column.key) for column in HolderRow.__table__.columns]
        assert not any(number.encode() in value for value in values if isinstance(value, bytes))
        assert number not in [value for value in values if isinstance(value, str)]
        assert row.personal_number_index == sealer.blind_index(number, "personal_number")


@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
def test_a_number_moved_to_another_person_does_not_open(
    database: Database, store: IssuanceStore
) -> None:
    first = make_application()
    other = replace(first.holder, id="holder-9", personal_number=PersonalNumber("001190054321"))
    second = replace(make_application("application-2"), holder=other)
    with store.transaction() as unit:
        unit.add_application(first)
        unit.add_application(second)
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE holders SET personal_number_sealed = (SELECT personal_number_sealed "
                "FROM holders WHERE id = 'holder-1') WHERE id = 'holder-9'"
            )
        )
    with pytest.raises(StoreError) as caught, store.transaction() as unit:
        unit.application(second.id)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT

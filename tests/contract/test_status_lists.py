"""Places in status lists, what the lists say, and counters of changes, on both databases."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, KeyRecord
from cardsvc.status_list import TokenStatus
from cardsvc.status_records import PublishedDocument, StatusPlace
from cardsvc.store import status_lists
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.migrate import downgrade, migrate
from cardsvc.store.published_documents import SqlPublishedDocuments
from cardsvc.store.schema import StatusEntryRow, StatusListRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import LIST_SIZE, SqlStatusLists
from cardsvc.terms import RevocationReason
from keys.ports import CardStatusLists, DocumentStore, Reservation
from keys.published import MemoryDocuments
from tests.support.issuance_store_contract import AT, ISSUER, make_application, make_card

EXPECTED = {
    CardState.PERSONALISING: TokenStatus.SUSPENDED,
    CardState.TORN: TokenStatus.SUSPENDED,
    CardState.PERSONALISED: TokenStatus.SUSPENDED,
    CardState.ISSUED: TokenStatus.SUSPENDED,
    CardState.ACTIVE: TokenStatus.VALID,
    CardState.SUSPENDED: TokenStatus.SUSPENDED,
    CardState.REVOKED: TokenStatus.INVALID,
    CardState.REPLACED: TokenStatus.INVALID,
    CardState.SPOILED: TokenStatus.INVALID,
    CardState.DESTROYED: TokenStatus.INVALID,
}


@pytest.fixture
def store(database: Database, sealer: Sealer) -> SqlIssuanceStore:
    return SqlIssuanceStore(database, sealer)


@pytest.fixture
def lists(database: Database) -> SqlStatusLists:
    protocol: CardStatusLists = SqlStatusLists(database)
    assert protocol is not None
    return SqlStatusLists(database)


def add_cards(store: SqlIssuanceStore, number: int, name: str = "a-1") -> list[CardRecord]:
    application = make_application(name)
    cards = [make_card(application) for _ in range(number)]
    with store.transaction() as unit:
        unit.add_application(application)
        for card in cards:
            unit.add_card(card)
    return cards


def put(store: SqlIssuanceStore, guid: CardGuid, state: CardState) -> None:
    with store.transaction() as unit:
        unit.save_card(replace(unit.card(guid), state=state))


def place_of(lists: SqlStatusLists, guid: CardGuid) -> StatusPlace:
    place = lists.place(guid)
    assert place is not None
    return place


def said_of(lists: SqlStatusLists, guid: CardGuid) -> TokenStatus:
    place = place_of(lists, guid)
    read = lists.read(place.list_number)
    assert read is not None
    said = dict(read.statuses)
    assert len(said) == len(read.statuses)
    return said.get(place.index, TokenStatus.VALID)


def test_each_card_gets_a_place_of_its_own(store: SqlIssuanceStore, lists: SqlStatusLists) -> None:
    cards = add_cards(store, 60)
    places = [place_of(lists, card.guid) for card in cards]
    assert len(set(places)) == 60
    assert {place.list_number for place in places} == {1}
    indices = [place.index for place in places]
    assert indices != sorted(indices)
    assert max(indices) > LIST_SIZE // 2  # 2^-60 that all of them lie in one half
    assert min(indices) < LIST_SIZE // 2
    assert lists.place(CardGuid(bytes(16))) is None
    assert lists.numbers() == [1]
    read = lists.read(1)
    assert read is not None
    assert read.size == LIST_SIZE
    assert lists.read(2) is None


def test_a_place_outlives_every_change(store: SqlIssuanceStore, lists: SqlStatusLists) -> None:
    (card,) = add_cards(store, 1)
    before = place_of(lists, card.guid)
    for state in CardState:
        put(store, card.guid, state)
    assert place_of(lists, card.guid) == before


def test_a_failed_reservation_takes_no_place(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    application = make_application()

    def fail() -> None:
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(make_card(application))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StatusEntryRow)) == 0
    assert lists.changes(1) == 0


def test_a_full_list_is_followed_by_another(
    store: SqlIssuanceStore,
    lists: SqlStatusLists,
    database: Database,
) -> None:
    with database.writing() as session:
        session.execute(insert(StatusListRow).values(number=1, size=16))
    cards = add_cards(store, 40)
    places = [place_of(lists, card.guid) for card in cards]
    assert len(set(places)) == 40
    for number in (1, 2):  # each list tells of its own cards alone
        read = lists.read(number)
        assert read is not None
        assert {index for index, _ in read.statuses} == {
            place.index for place in places if place.list_number == number
        }
    each = Counter(place.list_number for place in places)
    assert set(each) == {1, 2}
    assert each[1] > 12
    assert all(place.index < 16 for place in places if place.list_number == 1)


def test_of_cards_at_once_none_shares_a_place(
    store: SqlIssuanceStore,
    lists: SqlStatusLists,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_lists, "LIST_SIZE", 64)
    with database.writing() as session:
        session.execute(insert(StatusListRow).values(number=1, size=64))

    def add(number: int) -> list[CardRecord]:
        return list(
            itertools.chain.from_iterable(
                add_cards(store, 1, f"a-{number}-{again}") for again in range(12)
            )
        )

    cards = add(6)  # their holder is there already, then
    with ThreadPoolExecutor(6) as pool:
        cards += itertools.chain.from_iterable(pool.map(add, range(6)))
    places = [place_of(lists, card.guid) for card in cards]
    assert len(set(places)) == 84
    assert set(lists.numbers()) == {1, 2}


def test_a_list_says_what_the_cards_states_say(
    store: SqlIssuanceStore, lists: SqlStatusLists
) -> None:
    assert set(EXPECTED) == set(CardState)
    cards = add_cards(store, len(EXPECTED))
    changes = lists.changes(1)
    for card, state in zip(cards, EXPECTED, strict=True):
        put(store, card.guid, state)
        assert lists.changes(1) > changes
        changes = lists.changes(1)
    for card, (state, expected) in zip(cards, EXPECTED.items(), strict=True):
        assert said_of(lists, card.guid) is expected, state


def certify(ledger: SqlCertificateLedger, card: CardRecord, serial: int) -> KeyRecord:
    key = KeyRecord(
        slot=KeySlot.CARD_AUTHENTICATION,
        algorithm=Algorithm.ECC_P256,
        spki_sha256=secrets.token_bytes(32),
        issuer_key_id=ISSUER,
        serial=serial,
        certificate_der=b"der",
        not_after=AT + timedelta(days=900),
    )
    token = hashlib.sha256(secrets.token_bytes(32)).digest()
    ledger.reserve(
        Reservation(
            ISSUER, serial, "card_authentication", card.guid, key.spki_sha256,
            key.not_after, AT, token, b"draft",
        )
    )  # fmt: skip
    ledger.redeem(token, AT)
    ledger.record_signed(ISSUER, serial, b"der", AT)
    return key


def test_what_the_ca_revokes_is_in_the_list_too(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    ledger = SqlCertificateLedger(database)
    torn, card = add_cards(store, 2)
    for one, serial in ((torn, 3), (card, 4)):
        key = certify(ledger, one, serial)
        with store.transaction() as unit:
            record = unit.card(one.guid)
            # the torn card's key is not on record: its certificate tells nothing of the card
            keys = (key,) if one is card else ()
            unit.save_card(replace(record, state=CardState.ACTIVE, keys=keys))
    ledger.revoke(ISSUER, 3, RevocationReason.CESSATION_OF_OPERATION, AT)
    assert said_of(lists, torn.guid) is TokenStatus.VALID
    steps: list[tuple[Callable[[], None], TokenStatus]] = [
        (lambda: hold(ledger), TokenStatus.SUSPENDED),
        (lambda: ledger.release_hold(ISSUER, 4, AT), TokenStatus.VALID),
        (lambda: hold(ledger), TokenStatus.SUSPENDED),
        (lambda: put(store, card.guid, CardState.REVOKED), TokenStatus.INVALID),
        (lambda: put(store, card.guid, CardState.ACTIVE), TokenStatus.SUSPENDED),
        (
            lambda: ledger.revoke(ISSUER, 4, RevocationReason.KEY_COMPROMISE, AT),
            TokenStatus.INVALID,
        ),
        (lambda: put(store, card.guid, CardState.SUSPENDED), TokenStatus.INVALID),
    ]
    for step, expected in steps:
        changes = lists.changes(1)
        step()
        assert lists.changes(1) > changes
        assert said_of(lists, card.guid) is expected


def hold(ledger: SqlCertificateLedger) -> None:
    ledger.revoke(ISSUER, 4, RevocationReason.CERTIFICATE_HOLD, AT)


def test_nothing_is_counted_where_nothing_changed(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    ledger = SqlCertificateLedger(database)
    (card,) = add_cards(store, 1)
    certify(ledger, card, 5)
    assert ledger.crl_changes(ISSUER) == 0
    with store.transaction() as unit:
        unit.card(card.guid)
        unit.release_hold(card.guid, AT)
    assert (ledger.crl_changes(ISSUER), lists.changes(1)) == (0, 1)
    for expected in (1, 1):  # the second says nothing new
        ledger.revoke(ISSUER, 5, RevocationReason.KEY_COMPROMISE, AT)
        assert ledger.crl_changes(ISSUER) == expected
    assert ledger.crl_changes(bytes(20)) == 0


def test_one_transaction_is_one_change_of_each(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    ledger = SqlCertificateLedger(database)
    cards = add_cards(store, 5)
    for serial, card in enumerate(cards, start=10):
        certify(ledger, card, serial)
    before = lists.changes(1)
    with store.transaction() as unit:
        for card in cards:
            unit.revoke_certificates(card.guid, RevocationReason.SUPERSEDED, AT)
            unit.save_card(replace(card, state=CardState.REPLACED))
    assert (ledger.crl_changes(ISSUER), lists.changes(1)) == (1, before + 1)


def test_writers_at_once_are_all_counted(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    ledger = SqlCertificateLedger(database)
    cards = add_cards(store, 24)
    for serial, card in enumerate(cards, start=10):
        certify(ledger, card, serial)
    before = lists.changes(1)

    def revoke(card: CardRecord) -> None:
        with store.transaction() as unit:
            record = unit.card(card.guid)
            unit.revoke_certificates(card.guid, RevocationReason.SUPERSEDED, AT)
            unit.save_card(replace(record, state=CardState.REPLACED))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(revoke, cards))
    assert (ledger.crl_changes(ISSUER), lists.changes(1)) == (24, before + 24)


def test_cards_of_an_older_schema_get_places(empty_database: Database, sealer: Sealer) -> None:
    migrate(empty_database.engine)
    store = SqlIssuanceStore(empty_database, sealer)
    cards = add_cards(store, 30)
    downgrade(empty_database.engine, "0001")
    migrate(empty_database.engine)
    lists = SqlStatusLists(empty_database)
    places = [place_of(lists, card.guid) for card in cards]
    assert len(set(places)) == 30
    assert {place.list_number for place in places} == {1}
    (new,) = add_cards(store, 1, "a-2")
    assert place_of(lists, new.guid) not in places


@pytest.fixture(params=["sql", "memory"])
def documents(request: pytest.FixtureRequest, database: Database) -> DocumentStore:
    sql: DocumentStore = SqlPublishedDocuments(database)
    return sql if request.param == "sql" else MemoryDocuments()


def test_the_latest_edition_stands(documents: DocumentStore) -> None:
    def edition(number: int, changes: int, octets: bytes = b"x") -> PublishedDocument:
        return PublishedDocument(octets, AT + timedelta(microseconds=number), number, changes)

    assert documents.find("list/1") is None
    assert documents.keep("list/1", edition(2, 7), after=0)
    for refused, after in (
        (edition(3, 7), 0),
        (edition(3, 7), 1),
        (edition(4, 9), 3),
        (edition(3, 6), 2),
    ):
        assert not documents.keep("list/1", refused, after=after)
        assert documents.find("list/1") == edition(2, 7)
    large = edition(5, 7, secrets.token_bytes(300_000))
    assert documents.keep("list/1", large, after=2)
    assert documents.find("list/1") == large
    assert documents.find("list/2") is None


def test_of_publishers_at_once_one_follows_each_edition(documents: DocumentStore) -> None:
    def keep(writer: int) -> int:
        return sum(
            documents.keep("crl", PublishedDocument(b"%d" % writer, AT, after + 1, 0), after=after)
            for after in range(10)
        )

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(keep, range(4))) == 10


def test_the_database_refuses_a_second_card_on_a_place(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    first, second = add_cards(store, 2)
    place = place_of(lists, first.guid)
    statement = text("UPDATE status_entries SET idx = :idx WHERE guid = :guid")
    with pytest.raises(Exception, match=r"(?i)unique"), database.engine.begin() as connection:
        connection.execute(statement, {"idx": place.index, "guid": str(second.guid)})


def test_a_list_is_read_from_the_few_cards_that_are_not_valid(
    store: SqlIssuanceStore, lists: SqlStatusLists, database: Database
) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics that a small database does not have")
    add_cards(store, 1)
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_1: object, _2: object, statement: str, parameters: Any, *_3: object) -> None:
        if "JOIN" in statement:
            asked.append((statement, tuple(parameters)))

    event.listen(database.engine, "before_cursor_execute", note)
    assert lists.read(1) is not None
    event.remove(database.engine, "before_cursor_execute", note)
    plans = []
    with database.engine.connect() as connection:
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append([row[3] for row in rows])
    # one walk over the revoked certificates, one by state over the cards; which index: its choice
    firsts = sorted(plan[0] for plan in plans)
    assert firsts[0] == "SCAN certificate_ledger USING INDEX ix_certificate_ledger_revoked"
    assert firsts[1].startswith("SEARCH cards USING ")
    assert firsts[1].endswith(" (state=?)")
    assert len(firsts) == 2
    assert not [step for plan in plans for step in plan if "list_number" in step]

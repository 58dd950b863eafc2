"""The books of blanks in memory and in SQL, and what the database itself refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.stock_records import BlankState, MovementKind
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.stock_directory import SqlStockDirectory
from issuance.ports import IssuanceStore
from issuance.stock.card_blanks import BlankDesk, StockRule
from issuance.stock.days import close_day, count_stock
from issuance.stock.keeping import move_blanks
from tests.support.blanks import STOCK_KEEPER, STORE_ROOM, add_keeper, serials, stocked
from tests.support.issuance_store_contract import AT, AuditEvents, make_application, make_card
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.stock_contract import StockContract


class TestMemoryStock(StockContract):
    @pytest.fixture
    def store(self) -> MemoryIssuanceStore:
        return MemoryIssuanceStore(MemoryCertificateLedger())

    @pytest.fixture
    def audit_events(self, store: MemoryIssuanceStore) -> AuditEvents:
        return lambda: list(store.events)


class TestSqlStock(StockContract):
    @pytest.fixture
    def store(self, database: Database, sealer: Sealer) -> IssuanceStore:
        return SqlIssuanceStore(database, sealer)

    @pytest.fixture
    def audit_events(self, database: Database) -> AuditEvents:
        def committed() -> Sequence[AuditEvent]:
            return [entry.event for entry in AuditLog(database).events()][::-1]

        return committed


@pytest.fixture
def store(database: Database, sealer: Sealer) -> IssuanceStore:
    return SqlIssuanceStore(database, sealer)


WRITE_PAST = {
    "another state": "UPDATE stock_blanks SET state = 'destroyed'",
    "another keeper": "UPDATE stock_blanks SET keeper = 'ban-1'",
    "a movement undone": "UPDATE stock_blanks SET moves = 1, state = 'in_stock'",
    "a movement changed": "UPDATE stock_movements SET operator = 'nobody'",
    "a movement deleted": "DELETE FROM stock_movements",
    "a count changed": "UPDATE stock_counts SET counted = 9",
    "a difference deleted": "DELETE FROM stock_differences",
    "a closed day reopened": "DELETE FROM stock_days",
    "a balance changed": "UPDATE stock_day_lines SET lost = 1, closing = closing - 1",
}


@pytest.mark.parametrize("statement", WRITE_PAST.values(), ids=WRITE_PAST.keys())
def test_the_database_refuses_to_falsify_the_books(
    database: Database, store: IssuanceStore, statement: str
) -> None:
    add_keeper(store, "ban-1", AT)
    stocked(store, STORE_ROOM, serials(2), AT)
    count_stock(store, STORE_ROOM, serials(1), count_id="c-1", operator=STOCK_KEEPER, at=AT)
    count_stock(
        store,
        STORE_ROOM,
        serials(2),
        count_id="c-2",
        operator=STOCK_KEEPER,
        at=AT.replace(minute=1),
    )
    close_day(store, STORE_ROOM, operator=STOCK_KEEPER, at=AT.replace(minute=1))
    move_blanks(store, serials(1), MovementKind.HOLD, operator=STOCK_KEEPER, at=AT)
    with pytest.raises(Exception, match=r"append-only|constraint"), database.engine.begin() as one:
        one.execute(text(statement))


def test_the_database_refuses_a_movement_on_a_closed_day(
    database: Database, store: IssuanceStore
) -> None:
    stocked(store, STORE_ROOM, serials(1), AT)
    count_stock(store, STORE_ROOM, serials(1), count_id="c", operator=STOCK_KEEPER, at=AT)
    close_day(store, STORE_ROOM, operator=STOCK_KEEPER, at=AT)
    backdated = (
        "INSERT INTO stock_movements (serial, ordinal, previous, kind, at, from_day, to_day, "
        "operator, from_state, from_keeper, to_state, to_keeper, document, reference, reason) "
        "SELECT serial, 2, 1, 'hold', at, to_day, to_day, operator, to_state, to_keeper, 'held', "
        "to_keeper, document, '', '' FROM stock_movements"
    )
    with pytest.raises(Exception, match="the day is closed"), database.engine.begin() as one:
        one.execute(text(backdated))


@pytest.mark.reason(ReasonCode.BLANK_NOT_IN_STOCK)
def test_of_desks_that_take_one_blank_at_once_one_gets_it(store: IssuanceStore) -> None:
    (serial,) = serials(1)
    stocked(store, "ban-1", [serial], AT)
    cards = []
    for number in range(6):
        application = make_application(f"application-{number}")
        cards.append(make_card(application))
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(cards[-1])
    ready = Barrier(len(cards))

    def take(number: int) -> ReasonCode | None:
        desk = BlankDesk(StockRule.ENFORCE, "ban-1", "mai", AT, "job")
        ready.wait()
        try:
            with store.transaction() as unit:
                desk.take(unit, serial, cards[number].guid)
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(len(cards)) as pool:
        outcomes = Counter(pool.map(take, range(len(cards))))
    assert outcomes == {None: 1, ReasonCode.BLANK_NOT_IN_STOCK: 5}


def test_of_clerks_that_close_a_day_at_once_one_does(store: IssuanceStore) -> None:
    stocked(store, STORE_ROOM, serials(2), AT)
    count_stock(store, STORE_ROOM, serials(2), count_id="c", operator=STOCK_KEEPER, at=AT)
    ready = Barrier(4)

    def close(_: int) -> ReasonCode | None:
        ready.wait()
        try:
            close_day(store, STORE_ROOM, operator=STOCK_KEEPER, at=AT)
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(close, range(4)))
    assert outcomes == {None: 1, ReasonCode.STOCK_DAY_CLOSED: 3}


def test_lists_for_the_people_who_work_with_them(database: Database, store: IssuanceStore) -> None:
    stocked(store, STORE_ROOM, serials(5), AT)
    move_blanks(store, serials(2), MovementKind.HOLD, operator=STOCK_KEEPER, at=AT, reason="lot")
    count_stock(store, STORE_ROOM, serials(5), count_id="c", operator=STOCK_KEEPER, at=AT)
    close_day(store, STORE_ROOM, operator=STOCK_KEEPER, at=AT)
    lists = SqlStockDirectory(database)
    assert [one.id for one in lists.keepers()] == [STORE_ROOM]
    assert {(one.state, one.quantity) for one in lists.totals(site="tru-so")} == {
        (BlankState.HELD, 2),
        (BlankState.IN_STOCK, 3),
    }
    assert lists.totals(keeper="ban-1") == []
    page = lists.blanks(keeper=STORE_ROOM, box="HOP-1", limit=2)
    assert [one.serial for one in page] == list(serials(2))
    rest = lists.blanks(after=page[-1].serial, state=BlankState.IN_STOCK)
    assert [one.serial for one in rest] == list(serials(3, first=3))
    kinds = [one.kind for one in lists.movements(serials(1)[0])]
    assert kinds == [MovementKind.RECEIVE, MovementKind.HOLD]
    (day,) = lists.days(STORE_ROOM)
    (line,) = day.lines
    assert (line.received, line.closing) == (5, 5)
    assert [one.id for one in lists.counts(STORE_ROOM)] == ["c"]

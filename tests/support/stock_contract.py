"""What every store must do for the stock of blanks; each implementation runs this."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.stock_records import (
    BlankState,
    DifferenceKind,
    Entry,
    MovementKind,
    StockKeeper,
)
from issuance.ports import IssuanceStore
from issuance.stock.booking import Booking, book
from issuance.stock.days import UnexplainedDifferences, close_day, count_stock, position
from issuance.stock.keeping import move_blanks, receive
from tests.support.blanks import STOCK_KEEPER, STORE_ROOM, WITNESS, add_keeper, serials, stocked
from tests.support.issuance_store_contract import AT, AuditEvents, make_application, make_card

DESK = "ban-1"
TOMORROW = AT + timedelta(days=1)
_K = MovementKind


class StockContract:
    """Sub-class it; give fixtures ``store`` and ``audit_events``, as the issuance contract."""

    def count(self, store: IssuanceStore, keeper: str, *there: str, at: datetime = AT) -> None:
        name = f"count-{keeper}-{len(there)}-{at}"
        count_stock(store, keeper, there, count_id=name, operator=STOCK_KEEPER, at=at)

    def card(self, store: IssuanceStore) -> CardGuid:
        application = make_application()
        card = make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
        return card.guid

    def test_a_delivery_is_in_stock_and_in_the_audit(
        self, store: IssuanceStore, audit_events: AuditEvents
    ) -> None:
        named = serials(1200)
        stocked(store, STORE_ROOM, named, AT)
        with store.transaction() as unit:
            there = unit.stock.present(STORE_ROOM)
        assert [blank.serial for blank in there] == list(named)
        assert {(blank.state, blank.moves) for blank in there} == {(BlankState.IN_STOCK, 1)}
        event = audit_events()[-1]
        assert (event.action, event.facts["blanks"]) == (AuditAction.STOCK_MOVED, 1200)
        assert event.facts["reference"] == "PN-1/2026"

    @pytest.mark.reason(ReasonCode.BLANK_KNOWN)
    def test_a_serial_is_received_once_and_then_none_of_its_box(
        self, store: IssuanceStore, audit_events: AuditEvents
    ) -> None:
        stocked(store, STORE_ROOM, serials(2), AT)
        before = len(audit_events())
        with pytest.raises(IssuanceError) as caught:
            receive(
                store,
                serials(3),
                product="P",
                box="B",
                keeper=STORE_ROOM,
                delivery_note="N",
                operator=STOCK_KEEPER,
                at=AT,
            )
        assert caught.value.reason is ReasonCode.BLANK_KNOWN
        with store.transaction() as unit:
            assert len(unit.stock.present(STORE_ROOM)) == 2
        assert len(audit_events()) == before

    @pytest.mark.reason(ReasonCode.STOCK_KEEPER_UNKNOWN)
    def test_nobody_unknown_keeps_blanks(self, store: IssuanceStore) -> None:
        stocked(store, STORE_ROOM, serials(1), AT)
        with pytest.raises(IssuanceError) as caught:
            move_blanks(
                store, serials(1), _K.ISSUE, operator=STOCK_KEEPER, at=AT, to_keeper="nowhere"
            )
        assert caught.value.reason is ReasonCode.STOCK_KEEPER_UNKNOWN

    def test_a_keeper_can_be_renamed(self, store: IssuanceStore) -> None:
        for name in ("Kho", "Kho tỉnh"):
            with store.transaction() as unit:
                unit.stock.put_keeper(StockKeeper(STORE_ROOM, name, "tru-so"))
        with store.transaction() as unit:
            assert unit.stock.last_closed(STORE_ROOM) is None

    def test_a_blank_of_a_card_is_found_and_remembered(self, store: IssuanceStore) -> None:
        guid = self.card(store)
        stocked(store, DESK, serials(2), AT)
        with store.transaction() as unit:
            assert unit.stock.blank_of_card(guid) is None
            (first, second) = unit.stock.present(DESK)
            booking = Booking(_K.RESERVE, "mai", AT, card=guid)
            (reserved,) = book(unit, [first], booking)
        with store.transaction() as unit:
            assert unit.stock.blank_of_card(guid) == reserved
            book(unit, [reserved], replace(booking, kind=_K.SPOIL))
            assert unit.stock.last_movement(first.serial).kind is _K.SPOIL
            (other,) = book(unit, [second], booking)
        with store.transaction() as unit:
            assert unit.stock.blank_of_card(guid) == other
            book(unit, [other], replace(booking, kind=_K.SPOIL))
        with store.transaction() as unit:
            found = unit.stock.blank_of_card(guid)
            assert found is not None
            assert (found.serial, found.state, found.card) == (
                second.serial,
                BlankState.SPOILED,
                None,
            )

    @pytest.mark.reason(ReasonCode.CONCURRENT_CHANGE)
    def test_a_movement_of_a_blank_that_moved_is_refused(self, store: IssuanceStore) -> None:
        (blank,) = stocked(store, STORE_ROOM, serials(1), AT)
        held = Booking(_K.HOLD, STOCK_KEEPER, AT)
        with store.transaction() as unit:
            book(unit, [blank], held)
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            book(unit, [blank], held)
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE

    def test_a_day_balances_and_the_next_opens_where_it_closed(self, store: IssuanceStore) -> None:
        guid = self.card(store)
        stocked(store, STORE_ROOM, serials(10), AT)
        add_keeper(store, DESK, AT)
        a, b, c, d, *rest = serials(10)
        move_blanks(store, (a, b, c, d), _K.ISSUE, operator=STOCK_KEEPER, at=AT, to_keeper=DESK)
        with store.transaction() as unit:
            found = unit.stock.blanks([a])
            (reserved,) = book(unit, [found[a]], Booking(_K.RESERVE, "mai", AT, card=guid))
            book(unit, [reserved], Booking(_K.USE, "mai", AT, card=guid))
        move_blanks(store, [b], _K.SPOIL, operator="mai", at=AT, reason="chip_fault")
        self.count(store, DESK, b, c, d)
        (line,) = close_day(store, DESK, operator=STOCK_KEEPER, at=AT).lines
        assert (line.opening, line.brought, line.used, line.spoiled) == (0, 4, 1, 1)
        assert (line.closing, line.spoiled_kept) == (2, 1)

        # booked on the evening of the closed day: it counts on the next
        move_blanks(
            store, [b], _K.DESTROY, operator="mai", at=AT, reference="BB-1", witness=WITNESS
        )
        (now,) = position(store, DESK, AT).lines
        assert (now.opening, now.closing, now.spoiled_kept) == (2, 2, 0)
        move_blanks(store, rest[:1], _K.ISSUE, operator=STOCK_KEEPER, at=TOMORROW, to_keeper=DESK)
        self.count(store, DESK, c, d, rest[0], at=TOMORROW)
        (line,) = close_day(store, DESK, operator=STOCK_KEEPER, at=TOMORROW).lines
        assert (line.opening, line.brought, line.closing) == (2, 1, 3)

        # what left a keeper that has closed no day counts there, wherever it went
        self.count(store, STORE_ROOM, *rest[1:], at=TOMORROW)
        (line,) = close_day(store, STORE_ROOM, operator=STOCK_KEEPER, at=TOMORROW).lines
        assert (line.received, line.sent, line.closing) == (10, 5, 5)

    @pytest.mark.reason(ReasonCode.STOCK_DIFFERENCES)
    def test_differences_are_told_by_serial_and_explained_by_movements(
        self, store: IssuanceStore
    ) -> None:
        stocked(store, DESK, serials(3), AT)
        stocked(store, STORE_ROOM, serials(2, first=50), AT)
        gone, a, b = serials(3)
        astray, _ = serials(2, first=50)
        count = count_stock(store, DESK, {a, b, astray}, count_id="c", operator=STOCK_KEEPER, at=AT)
        told = {gone: DifferenceKind.MISSING, astray: DifferenceKind.SURPLUS}
        assert count.differences == told
        with store.transaction() as unit:
            assert unit.stock.latest_count(DESK) == count
        with pytest.raises(UnexplainedDifferences) as caught:
            close_day(store, DESK, operator=STOCK_KEEPER, at=AT)
        assert caught.value.differences == told
        move_blanks(
            store, [gone], _K.LOSE, operator=STOCK_KEEPER, at=AT, reference="BB-2", witness=WITNESS
        )
        move_blanks(store, [astray], _K.ISSUE, operator=STOCK_KEEPER, at=AT, to_keeper=DESK)
        (line,) = close_day(store, DESK, operator=STOCK_KEEPER, at=AT).lines
        assert (line.lost, line.brought, line.closing) == (1, 1, 3)

    @pytest.mark.reason(ReasonCode.STOCK_NOT_COUNTED)
    def test_a_day_is_closed_on_a_count_of_that_day_and_moment(self, store: IssuanceStore) -> None:
        stocked(store, DESK, serials(3), AT)

        def refused(at: datetime = AT) -> bool:
            with pytest.raises(IssuanceError) as caught:
                close_day(store, DESK, operator=STOCK_KEEPER, at=at)
            return caught.value.reason is ReasonCode.STOCK_NOT_COUNTED

        assert refused()
        self.count(store, DESK, *serials(3))
        assert refused(TOMORROW)
        receive(
            store,
            serials(1, first=9),
            product="PIV-80K",
            box="HOP-2",
            keeper=DESK,
            delivery_note="PN-2",
            operator=STOCK_KEEPER,
            at=AT,
        )
        assert refused()

    @pytest.mark.reason(ReasonCode.STOCK_DAY_CLOSED)
    def test_a_closed_day_is_neither_counted_nor_closed_again(self, store: IssuanceStore) -> None:
        stocked(store, DESK, serials(1), AT)
        self.count(store, DESK, *serials(1))
        day = close_day(store, DESK, operator=STOCK_KEEPER, at=AT)
        for again in (
            lambda: close_day(store, DESK, operator=STOCK_KEEPER, at=AT),
            lambda: self.count(store, DESK, *serials(1), at=AT + timedelta(minutes=1)),
        ):
            with pytest.raises(IssuanceError) as caught:
                again()
            assert caught.value.reason is ReasonCode.STOCK_DAY_CLOSED
        with pytest.raises(IssuanceError), store.transaction() as unit:
            unit.stock.add_day(day)

    def test_nothing_of_a_failed_transaction_stays(self, store: IssuanceStore) -> None:
        (blank,) = stocked(store, STORE_ROOM, serials(1), AT)
        held = Booking(_K.HOLD, STOCK_KEEPER, AT)

        def hold_and_fail() -> None:
            with store.transaction() as unit:
                (moved,) = book(unit, [blank], held)
                book(unit, [moved], held)

        with pytest.raises(IssuanceError):
            hold_and_fail()
        with store.transaction() as unit:
            assert unit.stock.blanks([blank.serial]) == {blank.serial: blank}
            unit.stock.book(list[Entry]())

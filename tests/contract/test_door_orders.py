"""Orders to open a door, on both databases: two people, once, and in time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.door_order_records import DoorOrderState
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.door_orders import SqlDoorOrders
from cardsvc.store.engine import Database
from verification.doors.orders import APPROVE_WITHIN, TAKE_WITHIN, DoorOrderDesk

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NONCE = bytes(range(32))
DOORS = ("cua-bac", "cua-nam")
_SECOND = timedelta(seconds=1)


class ClaimsAsText:
    def sign(self, claims: object) -> str:
        return repr(claims)


@pytest.fixture
def desk(database: Database) -> DoorOrderDesk:
    for agent in ("cua-1", "cua-2"):
        SqlAccessStore(database).enrol_agent(agent, "Cửa", operator="admin", at=AT)
    return DoorOrderDesk(SqlDoorOrders(database), ClaimsAsText())


def asked(desk: DoorOrderDesk, name: str = "order-1") -> None:
    desk.ask("cua-1", "cua-bac", order_id=name, operator="Lan", at=AT)


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises(CardsvcError) as caught:
        call()
    return caught.value.reason


def test_an_order_from_the_question_to_the_door(database: Database, desk: DoorOrderDesk) -> None:
    asked(desk)
    assert desk.take("cua-1", DOORS, NONCE, AT) is None, "one person opens nothing"
    desk.approve("order-1", operator="hùng", at=AT)
    assert desk.take("cua-2", DOORS, NONCE, AT) is None, "another agent's"
    assert desk.take("cua-1", ("cua-nam",), NONCE, AT) is None, "another door"
    token = desk.take("cua-1", DOORS, NONCE, AT)
    assert token is not None
    assert "order-1" in token
    assert desk.take("cua-1", DOORS, NONCE, AT) is None, "once"
    told = [one.event for one in AuditLog(database).events()]
    about = [one for one in told if one.subject == "order-1"]
    assert [(one.action, one.actor) for one in about][::-1] == [
        (AuditAction.DOOR_ORDER_REQUESTED, "lan"),
        (AuditAction.DOOR_ORDER_APPROVED, "hùng"),
        (AuditAction.DOOR_ORDER_TAKEN, "cua-1"),
    ]


def test_who_asked_approves_nothing(desk: DoorOrderDesk) -> None:
    asked(desk)
    same = refusal(lambda: desk.approve("order-1", operator="LAN", at=AT))
    assert same is ReasonCode.SAME_OPERATOR


def test_the_database_itself_wants_two_persons(desk: DoorOrderDesk) -> None:
    asked(desk)
    order = desk.store.find("order-1")
    alone = replace(order, state=DoorOrderState.APPROVED, decided_by="lan", decided_at=AT)
    event = AuditEvent(AT, "lan", AuditAction.DOOR_ORDER_APPROVED, "order-1")
    with pytest.raises(CardsvcError):
        desk.store.change(alone, expected=DoorOrderState.REQUESTED, event=event)
    assert desk.store.find("order-1").state is DoorOrderState.REQUESTED


@pytest.mark.reason(ReasonCode.DOOR_ORDER_OVER)
def test_an_order_that_is_over_is_neither_approved_nor_taken(desk: DoorOrderDesk) -> None:
    asked(desk)
    late = refusal(lambda: desk.approve("order-1", operator="hung", at=AT + APPROVE_WITHIN))
    assert late is ReasonCode.DOOR_ORDER_OVER
    asked(desk, "order-2")
    desk.approve("order-2", operator="hung", at=AT)
    assert desk.take("cua-1", DOORS, NONCE, AT + TAKE_WITHIN) is None
    assert desk.take("cua-1", DOORS, NONCE, AT + TAKE_WITHIN - _SECOND) is not None
    again = refusal(lambda: desk.approve("order-2", operator="minh", at=AT))
    assert again is ReasonCode.DOOR_ORDER_OVER


def test_an_order_can_be_withdrawn(desk: DoorOrderDesk) -> None:
    asked(desk)
    desk.withdraw("order-1", operator="lan", at=AT)
    assert refusal(lambda: desk.approve("order-1", operator="hung", at=AT)) is (
        ReasonCode.DOOR_ORDER_OVER
    )


@pytest.mark.reason(ReasonCode.DOOR_ORDER_UNKNOWN)
def test_what_nobody_asked_for_is_unknown(desk: DoorOrderDesk) -> None:
    assert refusal(lambda: desk.approve("order-9", operator="hung", at=AT)) is (
        ReasonCode.DOOR_ORDER_UNKNOWN
    )
    nobody = refusal(lambda: desk.ask("no-agent", "x", order_id="o", operator="lan", at=AT))
    assert nobody is ReasonCode.DOOR_ORDER_UNKNOWN


def test_of_many_who_ask_at_once_one_gets_it(desk: DoorOrderDesk) -> None:
    asked(desk)
    desk.approve("order-1", operator="hung", at=AT)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: desk.take("cua-1", DOORS, NONCE, AT), range(8)))
    assert len([one for one in found if one is not None]) == 1


def test_orders_are_listed_page_by_page_newest_first(
    database: Database, desk: DoorOrderDesk
) -> None:
    for number in range(5):
        at = AT + number // 2 * _SECOND
        desk.ask("cua-1", "cua-bac", order_id=f"order-{number}", operator="Lan", at=at)
    orders = SqlDoorOrders(database)
    first = orders.latest(2)
    rest = orders.latest(9, after=first[-1].id)
    assert [one.id for one in (*first, *rest)] == [f"order-{number}" for number in (4, 3, 2, 1, 0)]

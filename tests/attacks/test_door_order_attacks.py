"""Orders to open a door that the service did not give, not to us, not now, or not for this door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.wire.door_order import DoorAnswer, DoorQuestion
from reader_agent.door.moves import RemoteOpen
from reader_agent.door.orders import DoorOrders, OrderTools
from reader_agent.door.taps import DoorQueue
from tests.support.token_keys import TokenKey
from verification.doors.token import ORDER_TYPE, DoorCommand, verify_command

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NONCE = bytes(range(32))
DOORS = frozenset({"cua-bac"})
KEY = TokenKey(ORDER_TYPE)
COMMAND = DoorCommand("order-1", "cua-1", "cua-bac", NONCE, AT + timedelta(seconds=20))


def verify(token: str, at: datetime = AT, nonce: bytes = NONCE) -> DoorCommand:
    return verify_command(token, KEY.key_set, expected_doors=DOORS, expected_nonce=nonce, at=at)


def test_the_services_own_order_is_obeyed() -> None:
    assert verify(KEY.sign(COMMAND.claims())) == COMMAND


CLAIMS = COMMAND.claims()
FORGERIES = KEY.forgeries(CLAIMS, more={"area": "all"}, less="exp") | {
    "a bundle's signature": KEY.sign(CLAIMS, typ="cardsvc-bundle+jwt"),
    "a receipt's type": KEY.sign(CLAIMS, typ="cardsvc-receipt+jwt"),
    "another door": KEY.sign(CLAIMS | {"door": "cua-kho"}),
    "a nonce cut short": KEY.sign(CLAIMS | {"nonce": "AAAA"}),
    "a date that is none": KEY.sign(CLAIMS | {"exp": "soon"}),
    "not a token": "open sesame",
    "far too long": KEY.sign(CLAIMS | {"jti": "x" * 5000}),
}


@pytest.mark.reason(ReasonCode.DOOR_ORDER_REFUSED)
@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_order_opens_nothing(token: str) -> None:
    with pytest.raises(VerificationError) as caught:
        verify(token)
    assert caught.value.reason is ReasonCode.DOOR_ORDER_REFUSED


def test_an_order_for_an_earlier_question_or_of_yesterday_opens_nothing() -> None:
    token = KEY.sign(CLAIMS)
    for at, nonce in ((AT, bytes(32)), (AT + timedelta(days=1), NONCE)):
        with pytest.raises(VerificationError) as caught:
            verify(token, at, nonce)
        assert caught.value.reason is ReasonCode.DOOR_ORDER_REFUSED


@settings(max_examples=100)
@given(
    st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[a-z]{0,9}")
)
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(VerificationError):
        verify(junk)


class Service:
    """Answers with the token that it is given, or replays what it gave before."""

    def __init__(self) -> None:
        self.replayed: str | None = None
        self.asked: list[DoorQuestion] = []

    def door_order(self, asked: DoorQuestion) -> DoorAnswer:
        self.asked.append(asked)
        command = DoorCommand("order-1", "cua-1", "cua-bac", asked.nonce, COMMAND.expires_at)
        self.replayed = self.replayed or KEY.sign(command.claims())
        return DoorAnswer(self.replayed, 0)

    def bundle_keys(self) -> dict[str, Any]:
        return KEY.key_set


class Shelf:
    def __init__(self, keys: dict[str, Any] | None = None) -> None:
        self.kept = keys

    def keys(self) -> dict[str, Any] | None:
        return self.kept

    def put_keys(self, key_set: dict[str, Any]) -> None:
        self.kept = key_set


def agent(service: Service, shelf: Shelf) -> tuple[DoorOrders, DoorQueue]:
    queue: DoorQueue = SimpleQueue()
    nonces = iter(bytes([number]) * 32 for number in range(9))
    tools = OrderTools(service, shelf, SettableClock(AT), lambda: 500.0, lambda _: next(nonces))
    return DoorOrders({"cua-bac": queue}, tools), queue


def test_an_order_that_is_replayed_is_handed_on_once() -> None:
    service, shelf = Service(), Shelf()
    orders, queue = agent(service, shelf)
    orders.ask()
    orders.ask()
    assert queue.get_nowait() == RemoteOpen("order-1", 500.0)
    assert queue.empty()
    assert shelf.kept == KEY.key_set


def test_a_service_with_other_keys_than_those_seen_first_opens_nothing() -> None:
    orders, queue = agent(Service(), Shelf(TokenKey(ORDER_TYPE).key_set))
    orders.ask()
    assert queue.empty()

"""Orders to open a door that the service did not give, not to us, not now, or not for this door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.wire.door_order import DoorAnswer, DoorQuestion
from reader_agent.door.moves import RemoteOpen
from reader_agent.door.orders import DoorOrders, OrderTools
from reader_agent.door.taps import DoorQueue
from verification.doors.token import ORDER_TYPE, DoorCommand, verify_command

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NONCE = bytes(range(32))
DOORS = frozenset({"cua-bac"})
KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
COMMAND = DoorCommand("order-1", "cua-1", "cua-bac", NONCE, AT + timedelta(seconds=20))


def jwk(key: ec.EllipticCurvePrivateKey, kid: str = "k-1") -> dict[str, Any]:
    return json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())) | {"kid": kid}


KEYS = {"keys": [jwk(KEY)]}


def signed(
    claims: Mapping[str, object],
    key: ec.EllipticCurvePrivateKey = KEY,
    header: Mapping[str, str] | None = None,
) -> str:
    head = {"kid": "k-1", "typ": ORDER_TYPE} | dict(header or {})
    return jwt.encode(dict(claims), key, algorithm="ES256", headers=head)


def verify(token: str, at: datetime = AT, nonce: bytes = NONCE) -> DoorCommand:
    return verify_command(token, KEYS, expected_doors=DOORS, expected_nonce=nonce, at=at)


def test_the_services_own_order_is_obeyed() -> None:
    assert verify(signed(COMMAND.claims())) == COMMAND


CLAIMS = COMMAND.claims()
FORGERIES = {
    "another's signature": signed(CLAIMS, OTHER),
    "another key's name": signed(CLAIMS, header={"kid": "k-2"}),
    "a bundle's signature": signed(CLAIMS, header={"typ": "cardsvc-bundle+jwt"}),
    "a receipt's type": signed(CLAIMS, header={"typ": "cardsvc-receipt+jwt"}),
    "no signature": jwt.encode(CLAIMS, None, algorithm="none", headers={"typ": ORDER_TYPE}),
    "a shared secret": jwt.encode(
        CLAIMS, "k" * 32, algorithm="HS256", headers={"typ": ORDER_TYPE, "kid": "k-1"}
    ),
    "another door": signed(CLAIMS | {"door": "cua-kho"}),
    "a claim more": signed(CLAIMS | {"area": "all"}),
    "a claim less": signed({name: one for name, one in CLAIMS.items() if name != "exp"}),
    "a nonce cut short": signed(CLAIMS | {"nonce": "AAAA"}),
    "a date that is none": signed(CLAIMS | {"exp": "soon"}),
    "not a token": "open sesame",
    "far too long": signed(CLAIMS | {"jti": "x" * 5000}),
}


@pytest.mark.reason(ReasonCode.DOOR_ORDER_REFUSED)
@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_order_opens_nothing(token: str) -> None:
    with pytest.raises(VerificationError) as caught:
        verify(token)
    assert caught.value.reason is ReasonCode.DOOR_ORDER_REFUSED


def test_an_order_for_an_earlier_question_or_of_yesterday_opens_nothing() -> None:
    token = signed(CLAIMS)
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
        self.replayed = self.replayed or signed(command.claims())
        return DoorAnswer(self.replayed, 0)

    def bundle_keys(self) -> dict[str, Any]:
        return KEYS


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
    assert shelf.kept == KEYS


def test_a_service_with_other_keys_than_those_seen_first_opens_nothing() -> None:
    orders, queue = agent(Service(), Shelf({"keys": [jwk(OTHER)]}))
    orders.ask()
    assert queue.empty()

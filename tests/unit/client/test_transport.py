"""What the client does where the network, a proxy or the service misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc_client import (
    ClockOff,
    Conflict,
    NotAllowed,
    NotAuthorised,
    NotFound,
    PartnerClient,
    PartnerKey,
    Refused,
    RequestInvalid,
    ServiceUnavailable,
    StaticToken,
    TooManyRequests,
    Transport,
    UnexpectedAnswer,
    Unreachable,
)
from cardsvc_client.answers import challenge_of, decision_of, parse_json, status_of
from cardsvc_client.errors import refusal
from cardsvc_client.transport import MOST_ANSWER_OCTETS
from tests.support.scripted_http import Said, ScriptedServer, scripted_server

NOW = 1_790_000_000.0
PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
TOKEN = Said(body=b'{"access_token": "cat.1", "expires_in": 300}')


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    one = Transport(server.url, StaticToken("t"))
    yield one
    one.close()


def problem(status: int, reason: str, **headers: str) -> Said:
    body = {"status": status, "reason": reason, "title": "why"}
    return Said(status, json.dumps(body).encode(), dict(headers))


def test_reading_is_tried_again(server: ScriptedServer, transport: Transport) -> None:
    server.script = [Said(503), Said(hang_up=True), Said(body=b'{"a": 1}')]
    assert transport.get("/x", {"a": "ớ&"}).body == b'{"a": 1}'
    assert [one.path for one in server.asked] == ["/x?a=%E1%BB%9B%26"] * 3
    assert len({one.headers["X-Request-Id"] for one in server.asked}) == 1


def test_sending_again_has_the_same_key(server: ScriptedServer, transport: Transport) -> None:
    server.script = [Said(502), Said()]
    transport.post("/x", b"{}")
    transport.post("/x", b"{}", key="mine-1")
    first, again, other = server.asked
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    assert first.headers["Idempotency-Key"] != other.headers["Idempotency-Key"] == "mine-1"
    assert {one.body for one in server.asked} == {b"{}"}


def test_what_is_sent_once_is_sent_once(server: ScriptedServer, transport: Transport) -> None:
    server.script = [problem(503, "service_unavailable")]
    with pytest.raises(ServiceUnavailable):
        transport.send_once("POST", "/x", b"{}")
    server.script = [Said(hang_up=True)]
    with pytest.raises(Unreachable):
        transport.send_once("POST", "/x", b"{}")
    assert len(server.asked) == 2
    assert "Idempotency-Key" not in server.asked[0].headers


def test_nobody_there_is_said_in_the_end() -> None:
    with pytest.raises(Unreachable):
        Transport("http://127.0.0.1:9", retries=1).get("/x")
    for address in ("ftp://x", "127.0.0.1:80", "", "file:///etc/passwd"):
        with pytest.raises(ValueError, match="http"):
            Transport(address)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RequestInvalid), (401, NotAuthorised), (403, NotAllowed), (404, NotFound),
     (409, Conflict), (410, NotFound), (413, RequestInvalid), (422, RequestInvalid),
     (429, TooManyRequests), (418, Refused), (302, Refused), (500, ServiceUnavailable)],
)  # fmt: skip
def test_a_problem_is_a_typed_error(
    server: ScriptedServer, transport: Transport, status: int, kind: type[Refused]
) -> None:
    extra = {"X-Request-Id": "r-12345678", "Retry-After": "7", "Location": "http://evil.example/"}
    server.script = [problem(status, "some_reason", **extra)]
    with pytest.raises(Refused) as caught:
        transport.get("/x")
    assert type(caught.value) is kind
    error = caught.value
    assert (error.status, error.reason, error.title) == (status, "some_reason", "why")
    assert (error.request_id, error.retry_after_seconds) == ("r-12345678", 7)
    assert len(server.asked) == 1


def test_an_answer_has_bounds(server: ScriptedServer, transport: Transport) -> None:
    server.script = [Said(body=b" " * (MOST_ANSWER_OCTETS + 1))]
    with pytest.raises(UnexpectedAnswer, match="too large"):
        transport.get("/x")


def key(server: ScriptedServer) -> PartnerKey:
    return PartnerKey(server.url, "benh-vien", PEM, "k1", now=lambda: NOW)


def test_one_token_serves_until_it_is_refused(server: ScriptedServer) -> None:
    status = Said(body=b'{"state": "active", "usable": true}')
    server.script = [TOKEN, status, status, problem(401, "access_denied"), TOKEN, status]
    client = PartnerClient(server.url, "benh-vien", key(server))
    for _ in range(3):
        assert client.status_of_card("x").usable
    client.close()
    assert [one.path for one in server.asked].count("/oauth/token") == 2
    assert server.asked[1].headers["Authorization"] == "Bearer cat.1"


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_clock_that_is_off_is_blamed(server: ScriptedServer, ahead: int) -> None:
    refused = Said(401, b'{"error": "invalid_client"}', {"Date": formatdate(NOW - ahead)})
    server.script = [refused]
    client = PartnerClient(server.url, "benh-vien", key(server))
    with pytest.raises(ClockOff) as caught:
        client.status_of_card("x")
    assert caught.value.seconds == pytest.approx(ahead, abs=1)
    client.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"access_token": "a", "expires_in": "x"}'])
def test_a_token_endpoint_that_gives_none(server: ScriptedServer, body: bytes) -> None:
    server.script = [Said(body=body)]
    client = PartnerClient(server.url, "benh-vien", key(server))
    with pytest.raises(UnexpectedAnswer):
        client.status_of_card("x")
    client.close()


def test_secrets_are_not_shown() -> None:
    assert "geheim" not in repr(StaticToken("geheim"))


def test_a_feed_that_does_not_go_on_is_left(server: ScriptedServer) -> None:
    server.script = [Said(body=b'{"events": [{"id": "1"}], "more": true, "after": 0}')]
    client = PartnerClient(server.url, "b", StaticToken("t"))
    with pytest.raises(UnexpectedAnswer):
        list(client.events())
    client.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["granted", "released", "message", "nonce", "consent", "usable", "id"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30))
def test_junk_is_an_unexpected_answer_and_nothing_else(body: bytes) -> None:
    for read in (challenge_of, decision_of, status_of):
        with pytest.raises(UnexpectedAnswer):
            read(parse_json(body))


@settings(max_examples=100)
@given(st.integers(300, 599), json_values.map(lambda one: json.dumps(one).encode())
       | st.binary(max_size=30))  # fmt: skip
def test_a_refusal_of_junk_is_a_refusal(status: int, body: bytes) -> None:
    assert refusal(status, body, {"Retry-After": "soon"}).status == status

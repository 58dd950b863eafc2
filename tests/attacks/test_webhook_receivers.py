"""What receivers of webhooks may try: hang, drip, redirect, answer without end, be another."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import webhook_receivers as receivers
from tests.support.webhook_receivers import Answer, Receiver, answer_with, receiving
from web.events.endpoint import AddressRule, Endpoint, parse_networks
from web.events.sender import Blame, CallOutcome, WebhookSender

LOOPBACK = AddressRule(parse_networks("127.0.0.0/8"))


def make_sender(receiver: Receiver, *, seconds: float = 1.0) -> WebhookSender:
    tls = ssl.create_default_context(cafile=receiver.ca_file)
    return WebhookSender(LOOPBACK, tls, call_seconds=seconds)


def send(receiver: Receiver, sender: WebhookSender | None = None) -> CallOutcome:
    endpoint = Endpoint.parse(receiver.url)
    return (sender or make_sender(receiver)).send(endpoint, {"webhook-id": "e-1"}, b"{}")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answer_with("204 No Content"), CallOutcome("http_204", None)),
        (answer_with("500 No"), CallOutcome("http_500", Blame.ENDPOINT)),
        (answer_with("503 No", "Retry-After: 70"), CallOutcome("http_503", Blame.ENDPOINT, 70)),
        (
            answer_with("429 No", "Retry-After: 99999999"),
            CallOutcome("http_429", Blame.ENDPOINT, 3600),
        ),
        (answer_with("503 No", "Retry-After: -1"), CallOutcome("http_503", Blame.ENDPOINT)),
        (answer_with("400 Bad"), CallOutcome("http_400", Blame.EVENT)),
        (answer_with("410 Gone"), CallOutcome("http_410", Blame.GONE)),
        (
            answer_with("302 Found", "Location: https://127.0.0.1/"),
            CallOutcome("http_302", Blame.EVENT),
        ),
        (receivers.nonsense, CallOutcome("broke_off", Blame.ENDPOINT)),
        (receivers.huge_header, CallOutcome("broke_off", Blame.ENDPOINT)),
        (receivers.huge_body, CallOutcome("http_200", None)),
        (receivers.hang, CallOutcome("timeout", Blame.ENDPOINT)),
        (receivers.drip, CallOutcome("timeout", Blame.ENDPOINT)),
    ],
)
def test_whatever_comes_back_is_an_outcome_in_time(
    tmp_path: Path, answer: Answer, outcome: CallOutcome
) -> None:
    with receiving(tmp_path, answer) as receiver:
        began = time.monotonic()
        assert send(receiver) == outcome
        assert time.monotonic() - began < 3
        (call,) = receiver.calls
    assert call.body == b"{}"
    assert call.headers["request"] == "POST /events?from=cardsvc HTTP/1.1"


def test_a_server_of_another_name_or_issuer_is_not_talked_to(tmp_path: Path) -> None:
    with (
        receiving(tmp_path / "one", answer_with("204 No Content")) as one,
        receiving(tmp_path / "other", answer_with("204 No Content")) as other,
    ):
        assert send(one, make_sender(other)) == CallOutcome("certificate_not_valid", Blame.ENDPOINT)
        named = replace(make_sender(one), resolve=lambda *_: ["127.0.0.1"])
        port = Endpoint.parse(one.url).port
        outcome = named.send(Endpoint("another.example", port, "/"), {}, b"")
        assert outcome == CallOutcome("certificate_not_valid", Blame.ENDPOINT)
        assert (one.calls, other.calls) == ([], [])


def test_a_name_that_points_inside_is_not_called(tmp_path: Path) -> None:
    with receiving(tmp_path, answer_with("204 No Content")) as receiver:
        inside = replace(make_sender(receiver), rule=AddressRule())
        assert send(receiver, inside) == CallOutcome("address_not_allowed", Blame.ENDPOINT)
        # one allowed address does not open the door for another of the same name
        both = replace(make_sender(receiver), resolve=lambda *_: ["127.0.0.1", "169.254.169.254"])
        assert send(receiver, both) == CallOutcome("address_not_allowed", Blame.ENDPOINT)
        assert receiver.calls == []


def test_the_address_that_was_checked_is_the_one_that_is_called(tmp_path: Path) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with receiving(tmp_path, answer_with("204 No Content")) as receiver:
        sender = replace(make_sender(receiver), resolve=rebinding)
        assert send(receiver, sender).blame is None
        assert asked == ["127.0.0.1"]


def test_nobody_there_and_no_such_name(tmp_path: Path) -> None:
    with receiving(tmp_path, answer_with("204 No Content")) as receiver:
        sender = make_sender(receiver)
    assert send(receiver, sender) == CallOutcome("not_reached", Blame.ENDPOINT)

    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError

    nobody = replace(sender, resolve=unknown)
    assert send(receiver, nobody) == CallOutcome("name_not_found", Blame.ENDPOINT)

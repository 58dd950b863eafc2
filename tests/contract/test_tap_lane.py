"""A tap's requests are answered alike by the lane before Flask and by Flask (ADR-0036).

Each case is sent both ways. The lane may answer only what succeeds; that it does is looked at, too,
or Flask would be held against itself.
"""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, ChallengeRequest, PresentationMessage
from reader_agent.enrol.ask import enrol_device
from reader_agent.enrol.proof import DeviceKey
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import (
    AGENT,
    DESK,
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
    serve,
)
from tests.support.taps import answer_at
from web.app import create_app
from web.services import Services
from web.tap_lane.lane import TapLane
from web.tap_lane.plain import PlainRequest
from web.tap_lane.sign_in import sign_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ASKING, PRESENTING = "/agent/v1/challenges", "/agent/v1/presentations"
ASKED = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
NO_NONCE = PresentationMessage(bytes(32)).encode()
JSON = "application/json"
FRESH = {"X-Request-Id", "Server-Timing", "Cardsvc-Time", "Date", "Content-Length"}
"""Headers that are another's in each answer; that both have them is looked at."""


class Ways:
    """The same service behind Flask alone and with the lane before it."""

    def __init__(self, services: Services) -> None:
        self.usual = create_app(services, tap_lane=False)
        self.both = create_app(services)
        self._lane = TapLane(self._passed_on, services)
        self.services = services

    def _passed_on(self, _environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("599 Passed on", [])
        return [b""]

    def lane_answers(self, **request: Any) -> bool:
        """Send a request to the lane alone; tell whether it answers it."""
        return Response.from_app(self._lane, environ(**request)).status_code != 599


def environ(**request: Any) -> WSGIEnvironment:
    request.setdefault("method", "POST")
    request.setdefault("content_type", JSON)
    with closing(EnvironBuilder(**request)) as builder:
        return builder.get_environ()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    return service.active_card()[0]


@pytest.fixture(scope="module")
def ways(service: ServiceUnderTest) -> Ways:
    return Ways(service.installation.services)


@pytest.fixture(scope="module")
def key(service: ServiceUnderTest, tmp_path_factory: pytest.TempPathFactory) -> DeviceKey:
    folder = tmp_path_factory.mktemp("device")
    desk = service.installation.services.agents.enrolment
    code = desk.invite("ki-ot-7", "Ki-ốt", operator="an", at=service.clock.now())
    config = AgentConfig("rp", folder, ServiceConfig(service.url))
    return DeviceKey(enrol_device(config, code), service.clock, os.urandom)


def bearer(service: ServiceUnderTest) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {service.agent_token}"}


def presented(service: ServiceUnderTest, card: VirtualCard) -> bytes:
    """Return a card's answer to a challenge of its own."""
    given = answer_at(service.kiosk, card).presentation
    return PresentationMessage(given.nonce, given.objects, given.proofs).encode()


def same_form(one: Response, other: Response) -> None:
    """Hold two answers against each other: all but what is fresh in each."""
    assert one.status_code == other.status_code
    assert sorted(one.headers.keys()) == sorted(other.headers.keys())
    for name in set(one.headers.keys()) - FRESH:
        assert one.headers.getlist(name) == other.headers.getlist(name), name


def answer_of(app: Any, **request: Any) -> Response:
    return Response.from_app(app, environ(**request))


def test_a_challenge_is_opened_alike(service: ServiceUnderTest, ways: Ways) -> None:
    request = {"path": ASKING, "data": ASKED, "headers": bearer(service)}
    assert ways.lane_answers(**request)
    one, other = (answer_of(app, **request) for app in (ways.both, ways.usual))
    assert one.status_code == 200
    same_form(one, other)
    first, second = (ChallengeMessage.parse(answer.get_data()) for answer in (one, other))
    assert len(first.message) == len(second.message)
    assert (first.nonce == second.nonce, first.consent) == (False, second.consent)


def test_a_card_is_granted_alike_and_its_answer_serves_once_whichever_way(
    service: ServiceUnderTest, ways: Ways, card: VirtualCard
) -> None:
    headers = bearer(service)
    told, bodies = [], [presented(service, card), presented(service, card)]
    for app, body in zip((ways.both, ways.usual), bodies, strict=True):
        told.append(answer_of(app, path=PRESENTING, data=body, headers=headers))
    same_form(*told)
    first, second = (json.loads(answer.get_data()) for answer in told)
    assert (first["granted"], second["granted"]) == (True, True)
    assert first.keys() == second.keys()
    for name in first.keys() - {"receipt"}:
        assert first[name] == second[name]
    again = [
        answer_of(app, path=PRESENTING, data=body, headers=headers)
        for app in (ways.both, ways.usual)
        for body in bodies
    ]
    assert {json.loads(answer.get_data())["granted"] for answer in again} == {False}
    assert service.last_reason() is ReasonCode.CHALLENGE_UNKNOWN


def test_what_a_device_signed_serves_once_whichever_way(ways: Ways, key: DeviceKey) -> None:
    for path, body in ((ASKING, ASKED), (PRESENTING, NO_NONCE)):
        for first, then in ((ways.both, ways.usual), (ways.usual, ways.both)):
            headers = {"Authorization": key.authorization("POST", path, body)}
            request = {"path": path, "data": body, "headers": headers}
            assert answer_of(first, **request).status_code == 200
            assert answer_of(then, **request).status_code == 401
    signed = {"Authorization": key.authorization("POST", ASKING, ASKED)}
    assert ways.lane_answers(path=ASKING, data=ASKED, headers=signed)
    assert not ways.lane_answers(path=ASKING, data=ASKED, headers=signed)
    other_body = {"Authorization": key.authorization("POST", PRESENTING, ASKED)}
    assert not ways.lane_answers(path=PRESENTING, data=NO_NONCE, headers=other_body)


def test_of_many_who_sign_in_together_each_is_who_it_shows(
    service: ServiceUnderTest, key: DeviceKey
) -> None:
    proof, other = (key.authorization("POST", ASKING, body) for body in (ASKED, NO_NONCE))
    shown = {
        f"Bearer {service.agent_token}": AGENT,
        "Bearer nobody": None,
        proof: "ki-ot-7",
        f"Bearer {service.desk_token}": DESK,
        "Agent e30.e30.e30": None,
        other: None,
    }
    requests = [PlainRequest(ASKING, one, ASKED, "") for one in (*shown, proof, *list(shown)[:2])]
    sign_in(service.installation.services, requests, service.clock.now())
    expected = [*shown.values(), None, AGENT, None]
    assert [one.agent for one in requests] == expected
    # asked again, as for a group that is served anew one by one: who is known stays known
    sign_in(service.installation.services, requests, service.clock.now())
    assert [one.agent for one in requests] == expected


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("no token", {"headers": {"Authorization": ""}}),
    ("nobody's token", {"headers": {"Authorization": "Bearer nobody"}}),
    ("another scheme", {"headers": {"Authorization": "Basic bm9ib2R5"}}),
    ("no proof", {"headers": {"Authorization": "Agent e30.e30.e30"}}),
    ("no body", {"data": b""}),
    ("no JSON", {"data": b"{"}),
    ("a name twice", {"data": ASKED[:-1] + b',"service":"x"}'}),
    ("a field too many", {"data": ASKED[:-1] + b',"x":1}'}),
    ("deep", {"data": b'{"service":' + b"[" * 50_000 + b"]" * 50_000 + b"}"}),
    ("too much", {"data": b'{"service":"' + b"x" * 300_000 + b'"}'}),
    ("another type", {"content_type": "text/plain"}),
    ("packed", {"headers": {"Content-Encoding": "gzip"}}),
    ("a parameter", {"query_string": "x=1"}),
    ("another method", {"method": "PUT"}),
]


@pytest.mark.parametrize("change", [one for _, one in REFUSED], ids=[name for name, _ in REFUSED])
@pytest.mark.parametrize("path", [ASKING, PRESENTING])
def test_what_is_refused_is_refused_by_flask(
    service: ServiceUnderTest, ways: Ways, path: str, change: dict[str, Any]
) -> None:
    body = ASKED if path == ASKING else NO_NONCE
    headers = {**bearer(service), **change.get("headers", {})}
    request = {"path": path, "data": body} | change | {"headers": headers}
    assert not ways.lane_answers(**request)
    one, other = (answer_of(app, **request) for app in (ways.both, ways.usual))
    assert one.status_code >= 400
    same_form(one, other)
    first, second = (json.loads(answer.get_data()) for answer in (one, other))
    assert first | {"request_id": ""} == second | {"request_id": ""}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", ""])
def test_what_is_unusual_but_right_goes_the_usual_way(
    service: ServiceUnderTest, ways: Ways, kind: str
) -> None:
    request = {"path": ASKING, "data": ASKED, "headers": bearer(service), "content_type": kind}
    assert not ways.lane_answers(**request)
    assert answer_of(ways.both, **request).status_code == 200


def test_a_body_that_breaks_off_is_no_request(service: ServiceUnderTest, ways: Ways) -> None:
    sent = environ(path=ASKING, data=ASKED, headers=bearer(service))
    for app in (ways.both, ways.usual):
        broken = sent | {"wsgi.input": io.BytesIO(ASKED[:-5])}
        assert Response.from_app(app, broken).status_code == 400


def test_a_name_that_was_brought_is_said_again_and_logged_with_the_decision(
    service: ServiceUnderTest, ways: Ways, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {**bearer(service), "X-Request-Id": "quay-12345678"}
    said = []
    for app in (ways.both, ways.usual):
        with caplog.at_level(logging.INFO, logger="cardsvc.requests"):
            caplog.clear()
            answer = answer_of(app, path=PRESENTING, data=NO_NONCE, headers=headers)
        assert answer.headers["X-Request-Id"] == "quay-12345678"
        (line,) = (vars(one) for one in caplog.records if one.name == "cardsvc.requests")
        newest = service.installation.history.recent(1)[0].id
        assert (line["request_id"], line["decisions"]) == ("quay-12345678", newest)
        said.append([line[name] for name in ("method", "route", "status")])
    assert said[0] == said[1] == ["POST", PRESENTING, 200]


class Unreachable:
    """A directory whose database is gone."""

    def agent_by_token(self, token_sha256: bytes) -> str | None:
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, "gone")

    def agents_by_tokens(self, tokens_sha256: Iterable[bytes]) -> Mapping[bytes, str]:
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, "gone")


def test_what_fails_before_flask_is_told_by_flask(service: ServiceUnderTest) -> None:
    services = replace(service.installation.services, access=Unreachable())  # type: ignore[arg-type]
    for path, body in ((ASKING, ASKED), (PRESENTING, NO_NONCE)):
        told = [
            answer_of(app, path=path, data=body, headers=bearer(service))
            for app in (create_app(services), create_app(services, tap_lane=False))
        ]
        same_form(*told)
        assert told[0].status_code == 503
        assert json.loads(told[0].get_data())["reason"] == "service_unavailable"

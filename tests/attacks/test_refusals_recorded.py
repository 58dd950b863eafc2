"""Hostile requests get a problem document, leave a trace with their number, and break nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.batch import MAX_BATCH_OCTETS
from cardsvc.wire.tap import ChallengeRequest
from tests.support.http_probe import Probe
from tests.support.installations import (
    AGENT,
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
    serve,
)
from web.app import create_app
from web.refusals import Refusal, RefusalLog

ASKED = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
AT = datetime(2026, 11, 22, tzinfo=UTC)
PATH = "/agent/v1/challenges"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def app(service: ServiceUnderTest) -> Flask:
    return create_app(service.installation.services)  # each counts anew


@pytest.fixture
def probe(app: Flask, service: ServiceUnderTest) -> Probe:
    return Probe(app, (service.agent_token, service.partner_token))


def recorded(service: ServiceUnderTest) -> list[AuditEvent]:
    """Return what was refused, the newest first."""
    events = [one.event for one in service.installation.audit.events(limit=200)]
    return [one for one in events if one.action is AuditAction.REQUESTS_REFUSED]


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"nonce":"' + b"A" * MAX_BATCH_OCTETS + b'"}', {}, 413),
        (b"[" * 200_000, {}, 400),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, {}, 400),
        (ASKED, {"Content-Type": "text/xml"}, 415),
        (ASKED[:-1] + b',"level":"X1"}', {}, 400),
        (ASKED[:-1] + b',"more":1}', {}, 400),
        (ASKED.replace(b'"X1"', b"1" * 5_000), {}, 400),
        (b"\xff\xfe" + ASKED, {}, 400),
    ],
    ids=["large", "deep list", "deep object", "type", "twice", "unknown", "number", "BOM"],
)
def test_hostile_bodies_are_refused_and_recorded(
    service: ServiceUnderTest, probe: Probe, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = probe.send("POST", PATH, body, token=service.agent_token, headers=headers)
    assert response.status_code == status
    problem = json.loads(response.get_data())
    event = recorded(service)[0]
    assert event.facts == {
        "status": status,
        "reason": problem["reason"],
        "count": 1,
        "request_id": problem["request_id"],
    }
    assert event.subject == f"POST {PATH}"
    # who sent it is known where it was asked before the body was looked at
    assert event.actor in {AGENT, "unknown"}


def test_a_flood_is_a_number(service: ServiceUnderTest, probe: Probe) -> None:
    before = len(recorded(service))
    for _ in range(40):
        assert probe.send("POST", PATH, b"{", token=service.agent_token).status_code == 400
    assert len(recorded(service)) == before + 1
    service.clock.advance(timedelta(minutes=1))
    probe.send("POST", PATH, b"{", token=service.agent_token)
    newest = recorded(service)[0]
    assert (newest.actor, newest.facts["count"]) == (AGENT, 40)


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_strangers_are_recorded_without_what_they_wrote(
    service: ServiceUnderTest, probe: Probe
) -> None:
    path = "/api/v1/decisions/046190012345"
    assert probe.refused("GET", path, token="geheim-token") == "401 access_denied"
    event = recorded(service)[0]
    assert event.actor == "unknown"
    assert event.subject == "GET /api/v1/decisions/<decision_id>"
    assert "046190012345" not in str(event)
    assert "geheim" not in str(event)


def test_answers_that_are_none_of_an_attack_are_not_recorded(
    service: ServiceUnderTest, probe: Probe
) -> None:
    before = len(recorded(service))
    unknown = "/api/v1/cards/6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e/status"
    assert probe.refused("GET", unknown, token=service.partner_token) == "404 card_unknown"
    assert probe.send("POST", PATH, ASKED, token=service.agent_token).status_code == 200
    assert probe.refused("GET", "/no/such/page", token=None) == "404 not_found"
    assert len(recorded(service)) == before


def test_the_log_stays_whole(service: ServiceUnderTest) -> None:
    installation = service.installation
    installation.audit.sign_head(installation.log_signer, service.clock.now())
    assert installation.audit.verify(installation.log_verifier).size > 0


def test_what_is_told_apart_is_bounded() -> None:
    told: list[AuditEvent] = []
    log = RefusalLog(told.append)
    for number in range(2_000):
        log.note(Refusal("unknown", f"GET /{number}", 401, "access_denied"), "r", AT)
    log.note(Refusal("unknown", "GET /1999", 401, "access_denied"), "r", AT)
    assert len(told) == 2_000
    log.note(Refusal("unknown", "GET /0", 401, "access_denied"), "r", AT)
    assert len(told) == 2_001

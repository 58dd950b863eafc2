"""Partners that send too much, or one request as another."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.partner_records import ALL_SCOPES, PartnerProfile, RequestLimits, Scope
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    DecisionMessage,
)
from tests.support.http_probe import Probe, reason_of
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.partner import answer
from web.app import create_app
from web.openapi.operation import Caller, operation_of
from web.partners.register import PartnerRegister
from web.partners.request_names import parse_request_key

ASKED = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
CHALLENGES, PRESENTATIONS = "/api/v1/challenges", "/api/v1/presentations"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def app(service: ServiceUnderTest) -> Flask:
    return create_app(service.installation.services)


@pytest.fixture(scope="module")
def probe(app: Flask, service: ServiceUnderTest) -> Probe:
    return Probe(app, (service.partner_token,))


def named(
    service: ServiceUnderTest, probe: Probe, key: str, body: bytes = ASKED, path: str = CHALLENGES
) -> TestResponse:
    headers = {"Idempotency-Key": key}
    return probe.send("POST", path, body, token=service.partner_token, headers=headers)


def test_the_same_request_gets_the_same_answer(service: ServiceUnderTest, probe: Probe) -> None:
    first, again = (named(service, probe, '"yêu-cầu"'.replace("ê", "e")) for _ in range(2))
    assert first.status_code == again.status_code == 400  # ASCII it has to be
    first, again = (named(service, probe, '"mot yeu cau"') for _ in range(2))
    assert (first.status_code, first.get_data()) == (200, again.get_data())
    unnamed = probe.send("POST", CHALLENGES, ASKED, token=service.partner_token)
    assert unnamed.get_data() != first.get_data()


@pytest.mark.reason(ReasonCode.IDEMPOTENCY_KEY_REUSED)
def test_a_key_is_one_requests(service: ServiceUnderTest, probe: Probe) -> None:
    assert named(service, probe, "khoa-1").status_code == 200
    other = ChallengeRequest(RELYING_PARTY, "khac", AssuranceLevel.X1).encode()
    for body, path in ((other, CHALLENGES), (ASKED, PRESENTATIONS), (b"", CHALLENGES)):
        refused = named(service, probe, "khoa-1", body, path)
        assert (refused.status_code, reason_of(refused)) == (422, "idempotency_key_reused")
    # another partner's key of the same name is another key
    at = service.clock.now()
    token = service.installation.access.enrol_relying_party("khac", "Khác", operator="a", at=at)
    asked = ChallengeRequest("khac", SERVICE, AssuranceLevel.X1).encode()
    headers = {"Idempotency-Key": "khoa-1"}
    assert probe.send("POST", CHALLENGES, asked, token=token, headers=headers).status_code == 200


def test_a_decision_is_made_once_and_told_twice(service: ServiceUnderTest, probe: Probe) -> None:
    card, _ = service.active_card()
    token = service.partner_token
    asked = probe.send("POST", CHALLENGES, ASKED, token=token)
    challenge = ChallengeMessage.parse(asked.get_data())
    body = answer(card, challenge).encode()
    before = len(service.installation.history.recent(100))
    first = named(service, probe, "quyet-dinh-1", body, PRESENTATIONS)
    decision = DecisionMessage.parse(first.get_data())
    assert decision.granted
    # the answer was lost on its way: the partner asks again and is told the same
    again = named(service, probe, "quyet-dinh-1", body, PRESENTATIONS)
    assert again.get_data() == first.get_data()
    assert len(service.installation.history.recent(100)) == before + 1
    # without the name it is a replay
    replayed = probe.send("POST", PRESENTATIONS, body, token=token)
    assert not DecisionMessage.parse(replayed.get_data()).granted


def test_a_refusal_frees_the_key(service: ServiceUnderTest, probe: Probe) -> None:
    assert named(service, probe, "cua-ai", b"{").status_code == 400
    foreign = ChallengeRequest("ai-khac", SERVICE, AssuranceLevel.X1).encode()
    for _ in range(2):
        assert named(service, probe, "cua-ai", foreign).status_code == 403
    assert named(service, probe, "cua-ai", ASKED).status_code == 200


@pytest.mark.reason(ReasonCode.REQUEST_RUNNING)
def test_parallel_requests_of_one_name_are_done_once(service: ServiceUnderTest, app: Flask) -> None:
    answers: list[tuple[int, bytes]] = []
    start = threading.Barrier(8)

    def ask() -> None:
        client = app.test_client()
        headers = {"Authorization": f"Bearer {service.partner_token}",
                   "Idempotency-Key": "song-song", "Content-Type": "application/json"}  # fmt: skip
        start.wait()
        answer = client.post(CHALLENGES, data=ASKED, headers=headers)
        answers.append((answer.status_code, answer.get_data()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    given = {body for status, body in answers if status == 200}
    assert len(given) == 1
    assert {status for status, _ in answers} <= {200, 409}
    assert all(b"request_running" in body for status, body in answers if status == 409)


@pytest.mark.reason(ReasonCode.REQUEST_RUNNING)
def test_a_request_that_is_being_answered(service: ServiceUnderTest, probe: Probe) -> None:
    partners = service.installation.services.partners
    body = b"".join((ASKED,))
    parts = (b"POST", f"{CHALLENGES}?".encode(), b"application/json", body)
    partners.named.begin(RELYING_PARTY, "dang-chay", parts, service.clock.now())
    refused = named(service, probe, "dang-chay")
    assert (refused.status_code, reason_of(refused)) == (409, "request_running")


@pytest.mark.parametrize("key", ["", '""', '"a', 'a"', "a b", '"\\x"', "é", "x" * 256, '"a", "b"'])
def test_a_key_that_is_none(service: ServiceUnderTest, probe: Probe, key: str) -> None:
    refused = named(service, probe, key)
    assert (refused.status_code, reason_of(refused)) == (400, "malformed_message")


@given(st.text(max_size=20) | st.text(max_size=20).map(lambda one: f'"{one}"'))
def test_keys_of_junk(junk: str) -> None:
    with contextlib.suppress(Malformed):
        assert 1 <= len(parse_request_key(junk)) <= 255


@pytest.mark.reason(ReasonCode.TOO_MANY_REQUESTS)
def test_a_partner_that_sends_too_much_waits(service: ServiceUnderTest, probe: Probe) -> None:
    at, access = service.clock.now(), service.installation.access
    register = PartnerRegister(service.installation.partners)
    register.enrol(
        "nhieu-qua", PartnerProfile("Nhiều", limits=RequestLimits(3, 100)), operator="a", at=at
    )
    token = access.enrol_relying_party("nhieu-qua", "Nhiều", operator="a", at=at)
    path = "/api/v1/decisions/khong-co"
    for left in (2, 1, 0):
        told = probe.send("GET", path, token=token).headers["RateLimit"]
        assert told.startswith(f'"minute";r={left};t=')
    refused = probe.send("GET", path, token=token)
    assert (refused.status_code, reason_of(refused)) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"minute";q=3;w=60'
    # nobody else waits with it
    assert probe.send("GET", path, token=service.partner_token).status_code == 404


def partner_operations(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and scope of every endpoint that declares itself the partners'."""
    for rule in app.url_map.iter_rules():
        told = operation_of(app.view_functions[rule.endpoint])
        if told is None or told.caller is not Caller.PARTNER:
            continue
        path = re.sub("<[^>]+>", "6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e", rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            yield method, path, told.scope


@pytest.mark.reason(ReasonCode.SCOPE_MISSING)
def test_every_partner_endpoint_asks_for_its_scope_and_counts(
    service: ServiceUnderTest, app: Flask, probe: Probe
) -> None:
    register, at = PartnerRegister(service.installation.partners), service.clock.now()
    operations = list(partner_operations(app))
    assert {scope for _, _, scope in operations} == {one.value for one in Scope}
    for scope in Scope:
        name = f"tru-{scope.value}"
        profile = PartnerProfile(name, scopes=ALL_SCOPES - {scope})
        register.enrol(name, profile, operator="admin", at=at)
        token = service.installation.access.enrol_relying_party(name, name, operator="a", at=at)
        for method, path, needed in operations:
            answer = probe.send(method, path, b"{}", token=token)
            refused = answer.status_code == 403 and reason_of(answer) == "scope_missing"
            assert refused is (needed == scope.value), (method, path)
            assert refused or "RateLimit" in answer.headers

"""Agents that send a request twice, or another under its name: it is done once, and said so."""

from __future__ import annotations

import json
import threading
import uuid
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cardsvc.errors import ReasonCode
from cardsvc.partner_records import KeptAnswer, RequestClaim
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, ChallengeRequest, PresentationMessage
from issuance.job_records import JobOrder
from tests.support.installations import (
    AGENT,
    DESK,
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
    serve,
)
from tests.support.partner import answer
from web.app import create_app
from web.partners.passing_answers import HELD, PassingAnswers

ASKED = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def app(service: ServiceUnderTest) -> Flask:
    return create_app(service.installation.services)


def post(app: Flask, token: str, path: str, body: bytes, key: str | None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return app.test_client().post(
        f"/agent/v1/{path}", data=body, headers=headers, mimetype="application/json"
    )


def reason_of(response: TestResponse) -> tuple[int, str]:
    return response.status_code, json.loads(response.get_data())["reason"]


def shown(service: ServiceUnderTest, app: Flask) -> bytes:
    card, _ = service.active_card()
    asked = post(app, service.agent_token, "challenges", ASKED, None)
    return answer(card, ChallengeMessage.parse(asked.get_data())).encode()


def test_a_lost_answer_is_given_again_and_nothing_is_decided_twice(
    service: ServiceUnderTest, app: Flask
) -> None:
    body, key = shown(service, app), str(uuid.uuid4())
    before = len(service.installation.history.recent(100))
    first = post(app, service.agent_token, "presentations", body, key)
    second = post(app, service.agent_token, "presentations", body, key)
    assert json.loads(first.get_data())["granted"] is True
    assert second.get_data() == first.get_data()
    assert len(service.installation.history.recent(100)) == before + 1
    # by its nature it is done once without a name, too: the nonce is spent
    unnamed = json.loads(post(app, service.agent_token, "presentations", body, None).get_data())
    assert (unnamed["granted"], unnamed["code"]) == (False, "try_again")


@pytest.mark.reason(ReasonCode.IDEMPOTENCY_KEY_REUSED)
@pytest.mark.parametrize("path", ["challenges", "presentations", "activations", "own-checks"])
def test_a_name_is_one_requests(service: ServiceUnderTest, app: Flask, path: str) -> None:
    nothing = PresentationMessage(bytes(32)).encode()
    body, key = ASKED if path == "challenges" else nothing, str(uuid.uuid4())
    first = post(app, service.agent_token, path, body, key)
    assert first.status_code == 200
    assert post(app, service.agent_token, path, body, key).get_data() == first.get_data()
    other = post(app, service.agent_token, path, body + b" ", key)
    assert reason_of(other) == (422, "idempotency_key_reused")
    # another agent's names are its own
    assert post(app, service.desk_token, path, body, key).get_data() != first.get_data()


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize("key", ["", "x" * 256, 'a"b', "ký hiệu".encode().decode("latin-1")])
def test_a_name_that_is_none_is_refused(service: ServiceUnderTest, app: Flask, key: str) -> None:
    refused = post(app, service.agent_token, "challenges", ASKED, key)
    assert reason_of(refused) == (400, "malformed_message")


def test_a_refused_request_may_be_sent_again(service: ServiceUnderTest, app: Flask) -> None:
    key = str(uuid.uuid4())
    assert post(app, service.agent_token, "challenges", b"{", key).status_code == 400
    assert post(app, service.agent_token, "challenges", ASKED, key).status_code == 200


def test_a_batch_whose_answer_was_lost_is_given_again_and_the_card_goes_on(
    service: ServiceUnderTest, app: Flask
) -> None:
    """The commands hold the card's codes: their answers are in no table."""
    order = JobOrder(service.approved_application(), agent=DESK, operator="mai")
    job = service.installation.jobs.open_job(order)
    token, key = service.desk_token, str(uuid.uuid4())
    begun = post(app, token, f"jobs/{job}/start", b"{}", key)
    assert begun.status_code == 200
    assert "commands" in json.loads(begun.get_data())
    again = post(app, token, f"jobs/{job}/start", b"{}", key)
    assert again.get_data() == begun.get_data()
    assert service.installation.jobs.failure(job, DESK) is None  # it was not torn
    # without the name it is begun anew, which tears the card
    post(app, token, f"jobs/{job}/start", b"{}", None)
    with service.installation.database.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT count(*) FROM agent_answered_requests WHERE agent = ?", (DESK,)
        ).scalar_one()
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM agent_answered_requests WHERE agent = ?", (AGENT,)
        ).scalar_one()
    assert others > 0
    post(app, token, f"jobs/{job}/start", b"{}", str(uuid.uuid4()))
    with service.installation.database.engine.connect() as connection:
        after = connection.exec_driver_sql(
            "SELECT count(*) FROM agent_answered_requests WHERE agent = ?", (DESK,)
        ).scalar_one()
    assert after == kept


@pytest.mark.reason(ReasonCode.REQUEST_RUNNING)
def test_of_many_at_once_one_is_decided(service: ServiceUnderTest, app: Flask) -> None:
    body, key, together = shown(service, app), str(uuid.uuid4()), threading.Barrier(6)

    def send(_: int) -> TestResponse:
        together.wait()
        return post(app, service.agent_token, "presentations", body, key)

    before = len(service.installation.history.recent(100))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert len(service.installation.history.recent(100)) == before + 1
    for one in answers:
        if one.status_code == 200:
            assert json.loads(one.get_data())["granted"] is True
        else:
            assert reason_of(one) == (409, "request_running")
    assert any(one.status_code == 200 for one in answers)


class Commands(str):
    """An answer's body that can be watched."""

    __slots__ = ("__weakref__",)


def test_a_cards_codes_are_let_go_when_nobody_may_ask_for_them_again() -> None:
    held, body = PassingAnswers(), Commands('{"commands": []}')
    watched = weakref.ref(body)
    for number in (b"1", b"2"):
        assert held.claim((DESK, number * 32), b"1", AT) is RequestClaim.FIRST
        held.conclude((DESK, number * 32), KeptAnswer(200, body))
    del body
    assert held.claim(("another-desk", b"3" * 32), b"1", AT + HELD / 2) is RequestClaim.FIRST
    assert watched() is not None
    assert held.claim(("another-desk", b"4" * 32), b"1", AT + HELD) is RequestClaim.FIRST
    assert watched() is None


def test_answers_held_in_memory_pass() -> None:
    held, name = PassingAnswers(), (DESK, b"k" * 32)
    assert held.claim(name, b"1", AT) is RequestClaim.FIRST
    assert held.claim(name, b"1", AT) is RequestClaim.RUNNING
    assert held.claim(name, b"2", AT) is RequestClaim.ANOTHER_REQUEST
    held.release(name)
    assert held.claim(name, b"2", AT) is RequestClaim.FIRST
    held.conclude(name, KeptAnswer(200, "{}"))
    held.release(name)
    held.conclude(name, KeptAnswer(200, "other"))
    assert held.claim(name, b"2", AT) == KeptAnswer(200, "{}")
    assert held.claim(name, b"3", AT + HELD) is RequestClaim.FIRST
    for number in range(600):
        held.claim((DESK, number.to_bytes(32, "big")), b"1", AT)
    assert held.claim(name, b"4", AT) is RequestClaim.FIRST

"""The issuing desk in the console: a card is ordered, made by an agent, watched and handed over."""

from __future__ import annotations

import re

import pytest

from cardsvc.access_records import Role
from cardsvc.lifecycle import CardState
from reader_agent.desk import relay_job
from reader_agent.virtual.connection import connect_in_process
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.console_records import JOB, guid_of
from tests.support.installations import DESK


@pytest.fixture
def issuer(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ISSUER))


def _job_of(location: str | None) -> str:
    assert location is not None
    found = re.fullmatch(r"/console/desk/jobs/([0-9a-f-]{36})", location)
    assert found is not None, location
    return found[1]


def test_a_card_from_the_order_to_its_hand_over(console: ConsoleUnderTest, issuer: Browser) -> None:
    first = issuer.get("/console/desk/next")
    assert first.location == "/console/desk/new?application=da-duyet&agent="
    lacking = issuer.send("/console/desk/new", form_at=first.location, application="da-duyet")
    assert lacking.status_code == 422
    order = {"application": "da-duyet", "agent": DESK, "blank": ""}
    form = issuer.get(first.location)
    placed = issuer.post("/console/desk/new", form, **order)
    job = _job_of(placed.location)
    assert issuer.post("/console/desk/new", form, **order).location == placed.location
    twice = issuer.send("/console/desk/new", form_at=first.location, **order)
    assert twice.status_code == 422
    assert "Hồ sơ này đã có thẻ" in twice.text

    live = f"/console/desk/jobs/{job}/live"
    waiting = issuer.get(live)
    assert "Chờ tác tử tại bàn nhận việc" in waiting.text
    tag = {"If-None-Match": waiting.headers["ETag"]}
    assert issuer.client.get(live, headers=tag).status_code == 304
    assert '<meta http-equiv="refresh"' in issuer.get(placed.location).text

    connection = connect_in_process(console.service.blank())
    assert relay_job(console.service.desk, job, connection).state == "personalised"
    connection.close()
    finished = issuer.client.get(live, headers=tag)
    assert (finished.status_code, finished.headers["X-Job-Over"]) == (200, "yes")
    page = issuer.get(placed.location).text
    (hand_over,) = re.findall(r'href="(/console/cards/[^"]+/hand-over)"', page)
    assert issuer.send(hand_over).status_code == 303
    card = hand_over.removesuffix("/hand-over")
    shown = issuer.get(card).text
    (certificate, *_) = re.findall(r'href="([^"]+/certificates/9A.cer)"', shown)
    assert issuer.get(certificate).data.startswith(b"\x30\x82")
    started = issuer.send(f"/console/desk/activate/{card.rsplit('/', 1)[-1]}", agent=DESK)
    assert "Chờ bàn nhận việc" in issuer.get(str(started.location)).text


def test_an_order_is_taken_back_once(console: ConsoleUnderTest, issuer: Browser) -> None:
    del console
    path = f"/console/desk/jobs/{JOB}"
    late = issuer.get(path)
    assert issuer.send(f"{path}/cancel", form_at=path).status_code == 303
    assert "Đã hủy lệnh" in issuer.get(path).text
    assert issuer.post(f"{path}/cancel", late).status_code == 303
    assert "Một người khác vừa thay đổi" in issuer.get(path).text


def test_whoever_requested_or_approved_does_not_make_the_card(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    browser.send("/console/applications/cho-duyet/approve")
    page = browser.get("/console/desk/new?application=cho-duyet")
    assert "ba người khác nhau" in page.text
    form = browser.get("/console/desk/new?application=cho-duyet-2")
    answer = browser.post("/console/desk/new", form, application="cho-duyet", agent=DESK, blank="")
    assert answer.status_code == 422
    assert console.services.issuing.queue.cards_of_application("cho-duyet") == []


def test_an_activation_is_for_a_card_that_was_handed_over(
    console: ConsoleUnderTest, issuer: Browser
) -> None:
    answer = issuer.send(f"/console/desk/activate/{guid_of('dang-dung')}", agent=DESK)
    assert answer.status_code == 422
    card = console.services.issuing.queue.cards_of_application("dang-dung")[0]
    assert card.state is CardState.ACTIVE

"""Webhooks at the console: a secret shown once, what was given up is sent again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.service_records import DecisionRecord
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.webhook_queue import SqlWebhookQueue
from cardsvc.terms import AssuranceLevel
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.installations import RELYING_PARTY, SERVICE
from tests.support.policies import inputs

NEW = "/console/webhooks/new"
URL = "https://kho.example/su-kien"
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture(scope="module")
def browser(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


@pytest.fixture(scope="module")
def here(console: ConsoleUnderTest, browser: Browser) -> str:
    """The page of an address to which two events could not be sent and one waits."""
    form = browser.get(NEW)
    shown = browser.post(NEW, form, partner=RELYING_PARTY, url=URL)
    assert len(_SECRET.findall(shown.text)) == 1
    # sent twice: nothing is added, and the secret is not shown again
    again = browser.post(NEW, form, partner=RELYING_PARTY, url=URL)
    assert again.location == "/console/webhooks"
    book = console.services.integration.webhooks.book
    (added,) = [one for one in book.all() if one.url == URL]
    at, database = console.clock.now(), console.service.installation.database
    for name in ("su-kien-1", "su-kien-2", "su-kien-3"):
        SqlDecisionLog(database).record(
            DecisionRecord(
                name, at, "kiosk-1", RELYING_PARTY, SERVICE, True, AssuranceLevel.X1, (), None, 1,
                "", inputs=inputs(at=at), rule="accepted-cards",
            )
        )  # fmt: skip
    console.service.installation.services.events.feed.catch_up()
    queue = SqlWebhookQueue(database)
    taken = queue.take("x", at, at + timedelta(minutes=1), most=20, per_webhook=20)
    for one in [one for one in taken if one.webhook.id == added.id][:2]:
        queue.failed(one, "http_500", due_at=None, rests_until=None)
    return f"/console/webhooks/{added.id}"


def test_what_was_given_up_is_listed_and_sent_again(browser: Browser, here: str) -> None:
    page = browser.get(here).text
    assert page.count("http_500") == 2
    assert "Không gửi được (2)" in page
    assert browser.get(f"{here}?state=waiting").text.count("Thẻ được kiểm tra") == 1
    position = re.findall(r"position=([0-9]+)", page)[0]
    sent = browser.send(f"{here}/redeliver?position={position}")
    assert sent.location == here
    assert "Gửi lại 1 sự kiện" in browser.get(here).text
    browser.send(f"{here}/redeliver")
    left = browser.get(here).text
    assert "Không gửi được (0)" in left
    assert "Gửi lại tất cả" not in left
    form = browser.get(f"{here}/redeliver")
    for wrong in ("0", "-1", "9" * 40, "x"):
        assert browser.post(f"{here}/redeliver?position={wrong}", form).status_code == 404


def test_a_secret_is_changed_and_shown_once(browser: Browser, here: str) -> None:
    form = browser.get(f"{here}/rotate")
    first = _SECRET.findall(browser.post(f"{here}/rotate", form).text)
    assert len(first) == 1
    assert browser.post(f"{here}/rotate", form).location == here
    page = browser.get(here).text
    assert "Khóa số 2; khóa cũ còn ký đến" in page
    assert first[0] not in page


def test_an_address_is_shut_off_and_opened(
    console: ConsoleUnderTest, browser: Browser, here: str
) -> None:
    assert browser.send(f"{here}/disable").location == here
    book = console.services.integration.webhooks.book
    found = book.find(here.rpartition("/")[2])
    assert found is not None
    assert not found.enabled
    listed = browser.get(f"/console/webhooks?partner={RELYING_PARTY}").text
    assert "Đã ngắt" in listed
    assert "kho.example" not in browser.get("/console/webhooks?partner=ai-khac").text
    assert "Đã ngắt" in browser.get("/console/webhooks/export.csv").data.decode("utf-8-sig")
    browser.send(f"{here}/enable")
    assert "Đang gửi" in browser.get(here).text


@pytest.mark.parametrize(
    ("url", "partner", "field"),
    [("http://h/", RELYING_PARTY, "url"), ("https://a:b@h/", RELYING_PARTY, "url"),
     ("", RELYING_PARTY, "url"), (URL, "khong-co", "partner")],
)  # fmt: skip
def test_what_is_no_address_is_said_and_kept(
    browser: Browser, url: str, partner: str, field: str
) -> None:
    page = browser.send(NEW, url=url, partner=partner)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert url.rsplit("@", maxsplit=1)[-1] in page.text


def test_nobody_but_administrators_sees_them(console: ConsoleUnderTest, here: str) -> None:
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    assert auditor.get("/console/webhooks").status_code == 403
    assert auditor.get(here).status_code == 403
    administrator = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    assert administrator.get("/console/webhooks/khong-co").status_code == 404

"""The pages of what is set at agents from afar: a new version, a fault, an earlier one again."""

from __future__ import annotations

import pytest

from cardsvc.access_records import Role
from cardsvc.config_section import ConfigError
from cardsvc.desk_records import AgentPresence
from tests.support.console import Browser, ConsoleUnderTest
from verification.agent_settings.text import parse_agent_settings
from web.console.settings_texts import settings_fault

AGENT = "quay-7"
PAGE = f"/console/agents/{AGENT}/settings"
QUIET = '[kiosk]\nname_vi = "Sảnh tầng 1"\nsound = false\n'


@pytest.fixture(scope="module")
def browser(console: ConsoleUnderTest) -> Browser:
    at = console.clock.now()
    console.services.agents.enrol_agent(AGENT, "Quầy 7", operator="admin", at=at)
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


def test_settings_are_set_seen_running_and_gone_back_to(
    console: ConsoleUnderTest, browser: Browser
) -> None:
    assert "chưa đặt gì" in browser.get(PAGE).text
    assert PAGE in browser.get(f"/console/agents/{AGENT}").text
    sent = browser.send(PAGE, after="0", settings=QUIET.replace("\n", "\r\n"))
    assert (sent.status_code, sent.location) == (303, PAGE)
    assert console.services.agent_settings.version(AGENT, 1).text == QUIET
    browser.send(PAGE, after="1", settings="")
    failed = {"seq": 1, "refused_seq": 2, "refused": "settings_failed", "where": "door north"}
    seen = AgentPresence(AGENT, "0.1.0", True, (), console.clock.now(), {"settings": failed})
    console.service.installation.presence.seen(seen)
    page = browser.get(PAGE).text
    assert "không chạy được với bản này" in page
    assert "(door north)" in page
    assert "Sảnh tầng 1" in browser.get(f"{PAGE}/1").text
    assert browser.send(f"{PAGE}/1", after="2").location == PAGE
    latest = console.services.agent_settings.latest(AGENT)
    assert latest is not None
    assert (latest.seq, latest.text, latest.restored_from) == (3, QUIET, 1)
    assert latest.made_by == console.who(Role.ADMINISTRATOR).id
    assert browser.get(f"{PAGE}/9").status_code == 404
    assert browser.get(f"{PAGE}/{10**25}").status_code == 404
    assert browser.get("/console/agents/nobody/settings").status_code == 404


def test_a_fault_and_somebody_faster_lose_nothing_that_was_typed(
    console: ConsoleUnderTest, browser: Browser
) -> None:
    desk = console.services.agent_settings
    after = desk.wanted(AGENT) or 0
    typed = '[service]\nanswer_seconds = 3\nurl = "https://elsewhere.example"\n'
    refused = browser.send(PAGE, after=str(after), settings=typed)
    assert refused.status_code == 422
    assert "Dòng 3, service.url: chỉ đặt được tại máy" in refused.text
    assert "answer_seconds = 3" in refused.text
    assert desk.wanted(AGENT) == (after or None)
    desk.configure(AGENT, "# lan\n", after=after, operator="lan", at=console.clock.now())
    late = browser.send(PAGE, after=str(after), settings=QUIET)
    assert late.status_code == 422
    assert "Sảnh tầng 1" in late.text
    assert f'name="after" value="{after + 1}"' in late.text
    assert browser.post(PAGE, late, after=str(after + 1), settings=QUIET).status_code == 303


def test_a_clerk_sets_nothing(console: ConsoleUnderTest) -> None:
    clerk = Browser(console).sign_in(console.who(Role.CLERK))
    assert clerk.get(PAGE).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        "[kiosk]\nsound = 1",
        "[service]\nanswer_seconds = 99",
        '[service]\nanswer_seconds = "1"',
        '[log]\nlevel = "all"',
        '[kiosk]\nname_vi = ""',
        "[kiosk]\nname_vi = 1",
        "kiosk = 1",
        "[kiosk]\nservices = 1",
        "[kiosk]\nservices = [1]",
        '[areas]\nreset_at = "25:00"',
        '[[doors]]\nname = "a"\n[[doors]]\nname = "a"',
        "[[doors]]\npulse_seconds = 1",
        "[[offline.steps]]\nafter_hours = 99999",
        "[",
        "# \udce1",
        "#" * 20_000,
    ],
)
def test_every_fault_is_told_in_vietnamese(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_agent_settings(text)
    assert "chưa đúng" not in settings_fault(caught.value).vi

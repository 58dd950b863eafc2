"""Every page: declared, in both languages, for its roles alone."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook

from cardsvc.access_records import Role
from cardsvc.lifecycle import ApplicationState, CardState
from tests.support.console import EXAMPLES, NO_PAGES, Browser, ConsoleUnderTest
from tests.support.console_records import BATCH
from web.console.access import Audience, declared
from web.console.navigation import ROLE_TEXTS, SECTIONS
from web.console.states import state_text, state_tone

OPEN_TO_ALL = {
    "console.font", "console.language", "console.unknown", "console.sign_in.password",
    "console.sign_in.give_password", "console.sign_in.sign_out", "console.sign_in.signed_out",
}  # fmt: skip
POLICY = re.compile("unsafe|data:|https?:|\\*")


def test_every_view_declares_who_may_see_it(console: ConsoleUnderTest) -> None:
    views = {
        name: view
        for name, view in console.app.view_functions.items()
        if name.startswith("console.") and name != "console.static"
    }
    assert len(views) > 20
    undeclared = [name for name, view in views.items() if declared(view) is None]
    assert undeclared == []
    to_all = {
        name
        for name, view in views.items()
        if (access := declared(view)) and access.audience is Audience.ANYBODY
    }
    assert to_all == OPEN_TO_ALL


def test_every_page_in_both_languages(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    pages = list(console.pages())
    assert len(pages) > 10
    for path in pages:
        texts = {}
        for language in ("vi", "en"):
            browser.get(f"/console/language/{language}")
            page = browser.get(path)
            assert page.status_code == 200, (path, page.status_code)
            assert f'<html lang="{language}">' in page.text
            assert page.text.count("<h1") == 1, path
            assert not POLICY.search(page.headers["Content-Security-Policy"])
            assert page.headers["Cache-Control"] == "no-store"
            (texts[language],) = re.findall(r"<title>(.*?)</title>", page.text)
            assert not re.search(r"<(script|style)>|\sstyle=|\son[a-z]+=", page.text), path
        assert texts["vi"] != texts["en"] or path in SAME_TITLE, path


SAME_TITLE = {"/console/operators/ca-clerk"}
"""Pages whose title is a name."""


def test_every_page_with_a_parameter_has_an_example(console: ConsoleUnderTest) -> None:
    with_parts = {
        rule.endpoint
        for rule in console.app.url_map.iter_rules()
        if rule.arguments and rule.endpoint.startswith("console.") and "GET" in (rule.methods or ())
    }
    assert with_parts - NO_PAGES == set(EXAMPLES)


def test_every_list_is_taken_away_as_it_is_filtered(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    files = {
        rule.endpoint: {"batch_id": BATCH} if rule.arguments else {}
        for rule in console.app.url_map.iter_rules()
        if rule.endpoint.endswith((".export_csv", ".export_xlsx"))
    }
    assert len(files) == 2 * 19
    for endpoint, arguments in files.items():
        with console.app.test_request_context():
            address = console.app.url_for(endpoint, **arguments)
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "attachment" in answer.headers["Content-Disposition"]
        if endpoint.endswith("csv"):
            lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        else:
            sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
            lines = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert len({len(line) for line in lines}) == 1, address
        assert len(lines[0]) > 2
        listing = browser.get(address.rsplit("/", 1)[0]).text
        assert address.split("?")[0] in listing


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_pages_and_no_others(console: ConsoleUnderTest, role: Role) -> None:
    browser = Browser(console).sign_in(console.who(role))
    urls = console.app.url_map.bind("localhost")
    for path in console.pages():
        endpoint, _ = urls.match(path.partition("?")[0])
        access = declared(console.app.view_functions[endpoint])
        assert access is not None
        allowed = not access.roles or role in access.roles
        assert browser.get(path).status_code == (200 if allowed else 403), path


def test_nobody_sees_anything_without_signing_in(console: ConsoleUnderTest) -> None:
    browser = Browser(console)
    for path in console.pages():
        if path == "/console/signed-out":
            continue
        answer = browser.get(path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/console/sign-in?next=/console"), path


def test_the_root_leads_to_the_console(console: ConsoleUnderTest) -> None:
    assert Browser(console).get("/").location == "/console"


def test_an_unknown_page_says_what_to_do(console: ConsoleUnderTest) -> None:
    page = Browser(console).get("/console/khong-co")
    assert page.status_code == 404
    assert "Không tìm thấy trang" in page.text


def test_every_state_and_role_has_a_text() -> None:
    for state in (*CardState, *ApplicationState):
        text = state_text(state)
        assert text.vi
        assert text.en
        assert state_tone(state) in {"good", "waiting", "warning", "bad", "neutral"}
    assert set(ROLE_TEXTS) == set(Role)


def test_sections_lead_to_pages(console: ConsoleUnderTest) -> None:
    for section in SECTIONS:
        access = declared(console.app.view_functions[f"console.{section.endpoint}"])
        assert access is not None
        assert access.roles == section.roles

"""Forms that somebody else sends, sends twice, sends late or sends too much of."""

from __future__ import annotations

import html
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from cardsvc.access_records import Role
from cardsvc.session_records import ClaimState
from tests.support.console import Browser, ConsoleUnderTest, hidden_fields


def posts(console: ConsoleUnderTest) -> list[str]:
    """Return every address that takes a form."""
    found = []
    for rule in console.app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and "POST" in (rule.methods or ()):
            path = re.sub(r"<any\(\W*(\w[\w-]*)[^>]*>", r"\1", rule.rule)
            path = re.sub("<uuid:[^>]*>", str(uuid.UUID(int=1)), re.sub("<int:[^>]*>", "1", path))
            found.append(re.sub("<[^>]*>", "ca-clerk", path))
    return found


def test_no_form_is_taken_without_its_token(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    paths = posts(console)
    assert len(paths) > 8
    other = Browser(console).sign_in(console.everything)
    foreign = hidden_fields(other.get("/console/profile/password"))["csrf_token"]
    for path in paths:
        for token in (None, "", "x", foreign):
            data = {} if token is None else {"csrf_token": token}
            answer = browser.client.post(path, data=data)
            assert answer.status_code == 400, path
            assert "phiên làm việc khác" in answer.text
    assert console.operator(console.who(Role.CLERK)).enabled


def test_a_form_sent_twice_has_one_effect(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    form = browser.get("/console/agents/new")
    first = browser.post("/console/agents/new", form, id="ki-ot-7", name="Sảnh")
    assert first.status_code == 200
    again = browser.post("/console/agents/new", form, id="ki-ot-7", name="Sảnh")
    assert (again.status_code, again.location) == (303, "/console/agents")
    audit = console.service.installation.audit
    assert len([*audit.events(subject="ki-ot-7")]) == 1


def test_a_double_click_has_one_effect(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    fields = hidden_fields(browser.get("/console/operators/ca-clerk/password"))
    cookie = browser.client.get_cookie("cardsvc")
    assert cookie is not None

    def click(_: int) -> int:
        client = console.app.test_client()
        client.set_cookie("cardsvc", cookie.value)
        return client.post("/console/operators/ca-clerk/password", data=fields).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(click, range(6)))
    assert answers.count(200) == 1
    assert set(answers) <= {200, 303, 409}
    events = console.service.installation.audit.events(subject="ca-clerk")
    assert [one.event.action.value for one in events].count("operator.password_set") == 1


def test_a_refused_form_may_be_corrected(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    form = browser.get("/console/agents/new")
    assert browser.post("/console/agents/new", form, id="a b", name="Sảnh").status_code == 422
    assert browser.post("/console/agents/new", form, id="ki-ot-8", name="Sảnh").status_code == 200


def test_a_form_without_its_one_use_token_is_refused(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    fields = hidden_fields(browser.get("/console/agents/new"))
    for token in ("", "x" * 65):
        sent = fields | {"submit_token": token, "id": "ki-ot-9", "name": "Sảnh"}
        assert browser.client.post("/console/agents/new", data=sent).status_code == 400
    assert "ki-ot-9" not in {one.id for one in console.services.agents.agents()}


def test_a_form_that_nobody_finished_is_not_done_twice(console: ConsoleUnderTest) -> None:
    forms, at = console.services.forms, console.clock.now()
    assert forms.claim(b"x" * 32, at).state is ClaimState.FIRST
    # the process died here
    assert forms.claim(b"x" * 32, at).state is ClaimState.RUNNING


def test_one_session_can_not_use_up_anothers_form(console: ConsoleUnderTest) -> None:
    one = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    other = Browser(console).sign_in(console.everything)
    token = hidden_fields(one.get("/console/agents/new"))["submit_token"]
    fields = {**hidden_fields(other.get("/console/agents/new")), "submit_token": token}
    sent = {**fields, "id": "ki-ot-a", "name": "Sảnh"}
    assert other.client.post("/console/agents/new", data=sent).status_code == 200
    mine = {**hidden_fields(one.get("/console/agents/new")), "submit_token": token}
    sent = {**mine, "id": "ki-ot-b", "name": "Sảnh"}
    assert one.client.post("/console/agents/new", data=sent).status_code == 200


def test_a_body_past_the_limit_is_not_read(console: ConsoleUnderTest) -> None:
    answer = Browser(console).client.post("/console/sign-in", data={"name": "x" * 300_000})
    assert answer.status_code == 413
    assert "quá lớn" in answer.text


@pytest.mark.parametrize(
    "typed",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "\x00\x1b"],
)
def test_what_is_typed_is_shown_as_typed(console: ConsoleUnderTest, typed: str) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    answer = browser.send("/console/operators/new", id=typed, name=typed, agencies=typed)
    assert answer.status_code == 422
    (shown,) = re.findall(r'id="name" name="name" type="text" value="([^"]*)"', answer.text)
    assert html.unescape(shown) == typed
    assert "<" not in shown


def test_cookies_are_for_this_host_alone_where_tls_is(console: ConsoleUnderTest) -> None:
    client = console.app.test_client()
    plain = client.get("/console/sign-in").headers["Set-Cookie"]
    assert plain.startswith("cardsvc=")
    assert "Secure" not in plain
    secure = client.get("/console/sign-in", base_url="https://the.tinh.vn").headers["Set-Cookie"]
    assert secure.startswith("__Host-cardsvc=")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in secure
    assert "Domain" not in secure


def test_the_apis_have_no_cookie(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    answer = browser.client.post("/agent/v1/challenges", data=b"{}")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")

"""Agencies in the console: found in scope, changed after a look at the effects, once."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest

from cardsvc.access_records import Role
from cardsvc.agency_records import AgencyFate
from cardsvc.audit import AuditAction
from cardsvc.identity.agency_code import AgencyCode
from tests.support.console import AGENCY, Browser, ConsoleUnderTest

PAGES = "/console/agencies"
ON = "01/03/2027"


@pytest.fixture(scope="module")
def administrator(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


def look(browser: Browser, path: str, **fields: str) -> str:
    """Send the form of a change; return where its effects are shown."""
    there = f"{PAGES}/{path}/preview?{urlencode(fields)}"
    page = browser.get(there)
    assert page.status_code == 200, page.text
    return there


def add(browser: Browser, code: str, name: str, parent: str = "H57") -> None:
    there = look(browser, "new", code=code, name=name, parent=parent, on="01/01/2021")
    assert confirm(browser, there).endswith(f"/{code}")


def confirm(browser: Browser, there: str) -> str:
    page = browser.get(there)
    answer = browser.post(there, page, seen=seen(page.text))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def seen(page: str) -> str:
    return page.partition('name="seen" value="')[2].partition('"')[0]


def test_a_list_is_searched_and_holds_the_scope_only(console: ConsoleUnderTest) -> None:
    person = console.add("can-bo-snv", frozenset({Role.CLERK}), frozenset({AGENCY}))
    clerk = Browser(console).sign_in(person)
    page = clerk.get(f"{PAGES}?q=noi+vu").text
    assert "Sở Nội vụ" in page
    assert "Thêm cơ quan" not in page
    assert f'href="{PAGES}/H57"' not in clerk.get(PAGES).text
    assert clerk.get(f"{PAGES}/H57").status_code == 404
    assert clerk.get(f"{PAGES}/khong-phai-ma").status_code == 404
    shown = clerk.get(f"{PAGES}/{AGENCY}").text
    assert "Giải thể" not in shown
    assert clerk.get(f"{PAGES}/{AGENCY}/dissolve").status_code == 403


def test_a_look_changes_nothing_and_tells_how_many_are_touched(
    console: ConsoleUnderTest, administrator: Browser
) -> None:
    before = console.services.registry.agencies.book().find(AgencyCode(AGENCY))
    holders = console.services.registry.staff.count([AgencyCode(AGENCY)]).holders
    assert holders > 0
    page = administrator.get(look(administrator, f"{AGENCY}/dissolve", on=ON)).text
    assert f'<span class="tile-figure">{holders}</span> <span class="tile-text">Chủ thẻ' in page
    assert console.services.registry.agencies.book().find(AgencyCode(AGENCY)) == before


def test_a_change_is_confirmed_once(console: ConsoleUnderTest, administrator: Browser) -> None:
    add(administrator, "H57.30", "Sở Xây dựng")
    there = look(
        administrator, "H57.30/rename",
        code="H57.30", name="Sở Xây dựng và Giao thông", parent="H57", on=ON,
    )  # fmt: skip
    page = administrator.get(there)
    first = administrator.post(there, page, seen=seen(page.text))
    assert first.status_code == 303
    assert administrator.post(there, page, seen=seen(page.text)).location == first.location
    found = console.services.registry.agencies.book().find(AgencyCode("H57.30"))
    assert found is not None
    assert [one.name for one in found.versions] == ["Sở Xây dựng", "Sở Xây dựng và Giao thông"]
    renamed = [
        one.event
        for one in console.services.registry.log.events(subject="H57.30")
        if one.event.action is AuditAction.AGENCY_RENAMED
    ]
    assert [event.actor for event in renamed] == ["ca-administrator"]
    history = administrator.get(f"{PAGES}/H57.30").text
    assert "Sở Xây dựng và Giao thông" in history
    assert "Đổi tên hoặc mã" in history


def test_merged_split_and_dissolved_agencies_name_what_they_became(
    console: ConsoleUnderTest, administrator: Browser
) -> None:
    for number in ("41", "42", "43"):
        add(administrator, f"H57.{number}", f"Sở thứ {number}")
    merged = look(
        administrator, "H57.41/merge", codes="H57.42", code="H57.44", name="Sở hợp nhất", on=ON
    )
    confirm(administrator, merged)
    parts = {
        "part-1-code": "H57.43", "part-1-name": "Sở thứ 43",
        "part-2-code": "H57.45", "part-2-name": "Sở tách ra",
    }  # fmt: skip
    confirm(administrator, look(administrator, "H57.43/split", parent="H57", on=ON, **parts))
    confirm(administrator, look(administrator, "H57.44/dissolve", on="01/03/2028"))

    book = console.services.registry.agencies.book()
    day = date(2027, 3, 1)
    assert book.successors(AgencyCode("H57.42"), day) == (AgencyCode("H57.44"),)
    assert set(book.successors(AgencyCode("H57.43"), day)) == {
        AgencyCode("H57.43"), AgencyCode("H57.45"),
    }  # fmt: skip
    ended = book.find(AgencyCode("H57.44"))
    assert ended is not None
    assert ended.versions[-1].fate is AgencyFate.DISSOLVED
    assert "Sở hợp nhất" in administrator.get(f"{PAGES}/H57.41").text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("new", {"code": AGENCY, "name": "Trùng mã", "on": ON}),
        ("new", {"code": "chữ thường", "name": "Sai mã", "on": ON}),
        ("new", {"code": "H57.77", "name": "Không có cấp trên", "parent": "H99", "on": ON}),
        (f"{AGENCY}/dissolve", {"on": "31/02/2027"}),
        (f"{AGENCY}/dissolve", {"on": "01/01/2019"}),
        (f"{AGENCY}/merge", {"codes": "H99", "code": "H57.77", "name": "Mới", "on": ON}),
        (f"{AGENCY}/merge", {"codes": AGENCY, "code": "H57.77", "on": ON}),
        (f"{AGENCY}/split", {"part-1-code": AGENCY, "part-1-name": "Một phần", "on": ON}),
        ("H57/rename", {"code": "H57", "name": "Vòng", "parent": AGENCY, "on": ON}),
    ],
)
def test_what_can_not_be_is_said_before_anything_happens(
    administrator: Browser, path: str, fields: dict[str, str]
) -> None:
    page = administrator.get(f"{PAGES}/{path}/preview?{urlencode(fields)}")
    assert page.status_code == 422
    assert "data-error-summary" in page.text


def test_a_confirmation_is_of_what_was_looked_at(
    console: ConsoleUnderTest, administrator: Browser
) -> None:
    add(administrator, "H57.50", "Sở Y tế")
    there = look(administrator, "H57.50/dissolve", on=ON)
    page = administrator.get(there)
    administrator.send(f"{PAGES}/H57.50/settings", outside="yes")
    late = administrator.post(there, page, seen=seen(page.text))
    assert late.status_code == 409
    assert "vừa được người khác thay đổi" in late.text
    found = console.services.registry.agencies.book().find(AgencyCode("H57.50"))
    assert found is not None
    assert found.versions[-1].valid_to is None
    assert found.settings.approver_outside_unit is True


def test_an_administrator_changes_nothing_outside_the_scope(console: ConsoleUnderTest) -> None:
    person = console.add("qt-snv", frozenset({Role.ADMINISTRATOR}), frozenset({AGENCY}))
    browser = Browser(console).sign_in(person)
    fields = {"codes": "H57", "code": AGENCY, "on": ON}
    refused = browser.get(f"{PAGES}/{AGENCY}/merge/preview?{urlencode(fields)}")
    assert refused.status_code == 422
    assert "nằm ngoài phạm vi" in refused.text
    assert browser.get(f"{PAGES}/H57/settings").status_code == 404


def test_without_tokens_nothing_happens(console: ConsoleUnderTest, administrator: Browser) -> None:
    there = look(administrator, f"{AGENCY}/dissolve", on=ON)
    assert administrator.client.post(there, data={}).status_code == 400
    found = console.services.registry.agencies.book().find(AgencyCode(AGENCY))
    assert found is not None
    assert found.versions[-1].valid_to is None

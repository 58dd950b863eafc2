"""The pages of oversight: scope, filters, files, two people on an erasure, a check of the log."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardsvc.access_records import Role
from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.privacy_records import RequestKind, RequestState
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.wire.agent_health import HealthMessage
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.oversight_examples import ACCESS_REQUEST, ERASURE_REQUEST
from web.console.paging import PAGE_ROWS


@pytest.fixture
def auditor(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.AUDITOR))


@pytest.fixture
def approver(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.APPROVER))


def test_the_log_is_filtered_paged_and_exported(
    console: ConsoleUnderTest, auditor: Browser
) -> None:
    page = auditor.get("/console/audit?action=privacy.received&actor=lan")
    assert page.text.count("/console/audit/") >= 3
    assert "Tiếp nhận yêu cầu về dữ liệu cá nhân" in page.text
    exported = auditor.get("/console/audit/export.csv?action=privacy.received&actor=lan")
    rows = list(csv.reader(io.StringIO(exported.data.decode("utf-8-sig"))))
    assert {row[4] for row in rows[1:]} == {"privacy.received"}
    assert {row[2] for row in rows[1:]} == {"lan"}
    workbook = auditor.get("/console/audit/export.xlsx?subject=" + ACCESS_REQUEST)
    assert workbook.data[:2] == b"PK"
    assert "Không có việc nào" in auditor.get("/console/audit?from=01/01/2020&to=02/01/2020").text
    refused = {"X-Request-Id": "ho-tro-0031", "Content-Type": "text/xml"}
    client = console.service.app.test_client()
    client.post("/api/v1/presentations", data=b"<x/>", headers=refused)
    assert "POST /api/v1/presentations" in auditor.get("/console/audit?request=ho-tro-0031").text
    assert "Không có việc nào" in auditor.get("/console/audit?request=ho-tro-0032").text
    # every page once, none left out
    seen: list[str] = []
    address: str | None = "/console/audit"
    size = console.service.installation.audit.head(console.clock.now()).size
    while address is not None:
        page = auditor.get(address)
        seen += [part.split('"')[0] for part in page.text.split('href="/console/audit/')[1:]]
        onward = page.text.split('rel="next" href="')
        address = onward[1].split('"')[0].replace("&amp;", "&") if len(onward) == 2 else None
    numbers = [int(one) for one in seen if one.isdigit()]
    assert len(set(numbers)) == len(numbers) >= size
    # and back from the last one
    back = 0
    while len(behind := page.text.split('rel="prev" href="')) == 2:
        page = auditor.get(behind[1].split('"')[0].replace("&amp;", "&"))
        back += 1
    assert back >= size // PAGE_ROWS
    assert page.text.count("Trang đầu") == 0


@pytest.mark.parametrize(
    "query", ["from=31/02/2026", "action=nothing", "from=02/01/2026&to=01/01/2026"]
)
def test_a_filter_that_can_not_be_read_is_said_beside_its_field(
    auditor: Browser, query: str
) -> None:
    answer = auditor.get(f"/console/audit?{query}")
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert auditor.get(f"/console/audit/export.csv?{query}").status_code == 400


@pytest.mark.parametrize("cursor", ["x", "WyJ4IiwieSJd", "WyIyMDI2LTAxLTAxIiwiMSJd"])
def test_a_cursor_that_is_none_leads_to_the_first_page(auditor: Browser, cursor: str) -> None:
    assert auditor.get(f"/console/audit?after={cursor}").status_code == 200


def test_an_auditor_of_one_agency_sees_its_people_only(console: ConsoleUnderTest) -> None:
    outside = console.add("kiem-toan-h62", frozenset({Role.AUDITOR}), frozenset({"H62"}))
    inside = console.add("kiem-toan-h57", frozenset({Role.AUDITOR}), frozenset({"H57"}))
    application = next(
        one.seq
        for one in console.service.installation.audit.events(limit=1000)
        if one.event.action == "application.requested"
    )
    near, far = Browser(console).sign_in(inside), Browser(console).sign_in(outside)
    assert f'href="/console/audit/{application}"' in near.get("/console/audit").text
    assert near.get(f"/console/audit/{application}").status_code == 200
    assert far.get(f"/console/audit/{application}").status_code == 404
    assert not re.search(r"/console/audit/\d", far.get("/console/audit").text)
    # what concerns no person of an agency is for those who oversee the province
    assert near.get("/console/audit/0").status_code == 404
    assert far.get(f"/console/privacy/{ACCESS_REQUEST}").status_code == 404
    assert ACCESS_REQUEST not in far.get("/console/privacy").text
    assert ACCESS_REQUEST in near.get("/console/privacy").text


def test_an_erasure_takes_a_second_person_and_says_what_stands_against_it(
    console: ConsoleUnderTest, approver: Browser
) -> None:
    address = f"/console/privacy/{ERASURE_REQUEST}"
    answer = approver.send(f"{address}/grant")
    assert answer.status_code == 422
    assert "còn đề nghị chưa giải quyết" in answer.text
    installation = console.service.installation
    request = installation.privacy.find_request(ERASURE_REQUEST)
    assert request is not None
    assert request.state is RequestState.ACKNOWLEDGED
    taken = str(uuid.uuid4())
    me, at = console.who(Role.APPROVER).id, console.clock.now()
    kind = RequestKind.ERASURE
    installation.requests.receive(taken, request.holder_id, kind, operator=me, at=at)
    installation.requests.acknowledge(taken, operator=me, at=at)
    answer = approver.send(f"/console/privacy/{taken}/grant")
    assert (answer.status_code, "cần người thứ hai" in answer.text) == (422, True)


def test_a_request_from_taking_it_in_to_closing_it(
    console: ConsoleUnderTest, approver: Browser
) -> None:
    installation = console.service.installation
    found = installation.privacy.find_request(ACCESS_REQUEST)
    assert found is not None
    refused = approver.send("/console/privacy/new", holder="nobody", kind="access")
    assert (refused.status_code, 'value="nobody"' in refused.text) == (422, True)
    taken = approver.send("/console/privacy/new", holder=found.holder_id, kind="access")
    assert taken.status_code == 303
    address = taken.location
    assert approver.send(f"{address}/acknowledge").status_code == 303
    assert approver.send(f"{address}/extend").status_code == 422
    assert approver.send(f"{address}/extend", reason="identity_check").status_code == 303
    assert approver.send(f"{address}/extend", reason="identity_check").status_code == 409
    copy = approver.send(f"{address}/copy", kind="json")
    assert copy.headers["Content-Disposition"].startswith("attachment")
    assert copy.headers["Cache-Control"] == "no-store"
    assert copy.json["person"]["id"] == found.holder_id
    assert approver.send(f"{address}/grant").status_code == 303
    assert approver.send(f"{address}/close").status_code == 303
    assert "Đã đóng" in approver.get(address).text
    console.clock.advance(timedelta(days=30))
    late = Browser(console).sign_in(console.who(Role.AUDITOR)).get("/console/privacy?show=overdue")
    assert ACCESS_REQUEST in late.text
    assert address.rsplit("/", 1)[-1] not in late.text


def test_a_request_for_something_else_gives_no_copy(
    console: ConsoleUnderTest, approver: Browser
) -> None:
    del console
    address = f"/console/privacy/{ERASURE_REQUEST}/copy"
    assert approver.send(address, kind="html").status_code == 409


def test_publishing_again_changes_nothing_that_is_up_to_date(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    assert browser.send("/console/publishing/now", form_at="/console/publishing").status_code == 303
    assert browser.send("/console/publishing/now", form_at="/console/publishing").status_code == 303
    assert "Mọi tài liệu đều là mới nhất" in browser.get("/console/publishing").text


def test_the_overview_counts_an_operators_own_agencies(console: ConsoleUnderTest) -> None:
    figures = console.services.oversight.figures(console.clock.now())
    waiting = sum(one.applications for one in figures.waiting)
    assert waiting > 0
    tile = '<span class="tile-figure">{}</span> <span class="tile-text">Đề nghị chờ phê duyệt'
    everyone = Browser(console).sign_in(console.who(Role.CLERK))
    assert tile.format(waiting) in everyone.get("/console").text
    elsewhere = console.add("le-ha", frozenset({Role.CLERK}), frozenset({"H62"}))
    assert tile.format(0) in Browser(console).sign_in(elsewhere).get("/console").text


def test_the_log_is_signed_and_checked_and_tampering_is_said(
    console: ConsoleUnderTest, auditor: Browser
) -> None:
    sound = auditor.send("/console/audit/check")
    assert (sound.status_code, "Nhật ký nguyên vẹn" in sound.text) == (200, True)
    head = console.service.installation.audit.latest_signed_head()
    assert head is not None
    assert head.head.root_hash.hex() in auditor.get("/console/audit/0").text
    with console.service.installation.database.writing() as session:
        session.execute(text("DROP TRIGGER audit_events_no_update"))
        session.execute(text("UPDATE audit_events SET actor = 'nobody' WHERE seq = 3"))
    broken = auditor.send("/console/audit/check")
    assert broken.status_code == 500
    assert "entry 3" in broken.text


def test_a_device_is_invited_and_tells_how_it_does(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    shown = browser.send("/console/agents/new", id="ki-ot-moi", name="Sảnh B")
    assert "Mã đăng ký một lần" in shown.text
    assert re.search(r'<code class="secret">[\w-]{22}</code>', shown.text)
    page = browser.get("/console/agents/ki-ot-moi").text
    assert "Thiết bị này chưa kết nối lần nào." in page
    lasting = browser.send("/console/agents/new", id="ki-ot-thu", name="Sảnh C", token="yes")
    assert "Mã của thiết bị" in lasting.text
    message = HealthMessage.EXAMPLE
    assert message is not None
    presence = AgentPresence(
        "ki-ot-thu", "1.0", True, (("Reader 0", ReaderState.EMPTY),), console.clock.now(), message
    )
    SqlAgentPresence(console.service.installation.database).seen(presence)
    page = browser.get("/console/agents/ki-ot-thu").text
    assert "Reader 0" in page
    assert "cửa bắc" in page
    assert "p95 31 ms" in page
    issuer = Browser(console).sign_in(console.who(Role.ISSUER))
    desks = issuer.get("/console/desk").text
    assert "ki-ot-moi" not in desks  # nobody is there yet
    assert "ki-ot-thu" not in desks  # it tells of its parts, and none of them is a desk

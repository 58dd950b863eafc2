"""Holders in the console: found, masked, disclosed for a reason, put on record, corrected."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from PIL import Image

from cardsvc.access_records import Role
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.privacy_records import RequestKind
from issuance.registry.holders import add_holders
from tests.support.console import AGENCY, Browser, ConsoleUnderTest
from tests.support.console_people import KHUE, NUMBER, OUTSIDE, civil_servant
from tests.support.drawn_faces import drawn_portrait, encoded

MASKED = "046•••••2345"
NEW = {
    "name": "Võ Thị Sáu Hạnh", "personal_number": "046185004321", "birth_date": "02/09/1985",
    "sex": "F", "agency_code": "H57.12", "agency_name": "Sở Nội vụ", "position": "Văn thư",
    "category": "VC",
}  # fmt: skip


@pytest.fixture(scope="module")
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


@pytest.fixture(scope="module")
def clerk_of_one_agency(console: ConsoleUnderTest) -> Browser:
    person = console.add("can-bo-snv", frozenset({Role.CLERK}), frozenset({AGENCY}))
    return Browser(console).sign_in(person)


def events(console: ConsoleUnderTest, subject: str) -> list[AuditEvent]:
    log = console.service.installation.audit
    return [one.event for one in log.events(subject=subject)]


def search(browser: Browser, **fields: str) -> str:
    answer = browser.send("/console/holders/find", form_at="/console/holders", **fields)
    if answer.status_code == 303:
        answer = browser.get(answer.location)
    return answer.text


@pytest.mark.parametrize("typed", ["khuê", "khue", "nguyen thi", "Minh Khuê"])
def test_a_name_is_found_with_and_without_diacritics(clerk: Browser, typed: str) -> None:
    page = search(clerk, q=typed)
    assert "Nguyễn Thị Minh Khuê" in page
    assert MASKED in page
    assert NUMBER not in page


def test_a_number_leads_to_its_holder_and_stays_out_of_addresses(clerk: Browser) -> None:
    found = clerk.send("/console/holders/find", form_at="/console/holders", q="046 190 012 345")
    assert found.location == f"/console/holders/{KHUE}"
    assert clerk.get(f"/console/holders?q={NUMBER}").location == "/console/holders"


def test_a_number_without_its_zero_is_hinted_at_and_stays_out_of_addresses(clerk: Browser) -> None:
    for typed in (NUMBER[1:], "46 190 012 345"):
        found = clerk.send("/console/holders/find", form_at="/console/holders", q=typed)
        assert found.status_code == 200
        assert "có thể thiếu chữ số 0 ở đầu" in found.text
    assert "có thể thiếu chữ số 0 ở đầu" not in search(clerk, q="khong co ai")


def test_what_is_no_query_is_said_at_its_field(clerk: Browser) -> None:
    answer = clerk.send("/console/holders/find", form_at="/console/holders", q="số 12")
    assert answer.status_code == 422
    assert 'id="q-error"' in answer.text


def test_a_scope_hides_others(clerk_of_one_agency: Browser) -> None:
    assert "Phạm Văn Xa" not in search(clerk_of_one_agency, q="xa")
    assert "Phạm Văn Xa" not in search(clerk_of_one_agency, q="046085009999")
    assert "Phạm Văn Xa" not in search(clerk_of_one_agency, q="xa", agency="H58")
    assert "Nguyễn Thị Minh Khuê" in search(clerk_of_one_agency, q="khue", agency="H57")
    for page in ("", "/edit", "/disclose", "/end", "/photo", "/photo.jpg"):
        assert clerk_of_one_agency.get(f"/console/holders/{OUTSIDE}{page}").status_code == 404
    exported = clerk_of_one_agency.get("/console/holders/list.csv").text
    assert "Khuê" in exported
    assert "Xa" not in exported


def test_a_number_is_shown_once_for_a_reason(console: ConsoleUnderTest, clerk: Browser) -> None:
    assert NUMBER not in clerk.get(f"/console/holders/{KHUE}").text
    without = clerk.send(f"/console/holders/{KHUE}/disclose")
    assert without.status_code == 422
    assert NUMBER not in without.text
    form = clerk.get(f"/console/holders/{KHUE}/disclose")
    shown = clerk.post(f"/console/holders/{KHUE}/disclose", form, reason="compare_document")
    assert NUMBER in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    newest = events(console, KHUE)[0]
    assert (newest.action, newest.facts) == (
        AuditAction.HOLDER_DISCLOSED,
        {"reason": "compare_document"},
    )
    again = clerk.post(f"/console/holders/{KHUE}/disclose", form, reason="compare_document")
    assert again.location == f"/console/holders/{KHUE}"
    assert NUMBER not in clerk.get(again.location).text


def test_lists_are_taken_away_masked_and_harmless(console: ConsoleUnderTest) -> None:
    evil = civil_servant("nguoi-cong-thuc", "Đinh Công Thức", "046085007777")
    post = evil.employment
    assert post is not None
    store = console.services.registry.holders
    evil = replace(evil, employment=replace(post, position='=HYPERLINK("http://x")'))
    add_holders(store, [evil], operator="lan", at=console.clock.now())
    browser = Browser(console).sign_in(console.who(Role.AUDITOR))
    text = browser.get("/console/holders/list.csv?q=thuc").text
    assert "'=HYPERLINK" in text
    assert "046085007777" not in text
    book = load_workbook(io.BytesIO(browser.get("/console/holders/list.xlsx?q=thuc").data))
    row = [cell.value for cell in list(book.worksheets[0].rows)[1]]
    assert row[0] == "Đinh Công Thức"
    assert str(row[5]).startswith("'=")
    newest = events(console, "ca-auditor")[0]
    assert (newest.action, newest.facts["rows"]) == (AuditAction.HOLDERS_EXPORTED, 1)


def test_a_holder_is_put_on_record_once(console: ConsoleUnderTest, clerk: Browser) -> None:
    form = clerk.get("/console/holders/new")
    made = clerk.post("/console/holders/new", form, **NEW)
    assert made.status_code == 303, made.text
    assert clerk.post("/console/holders/new", form, **NEW).location == made.location
    page = clerk.get(made.location).text
    assert "Võ Thị Sáu Hạnh" in page
    assert "Viên chức" in page
    holder_id = made.location.rsplit("/", 1)[1]
    assert [one.action for one in events(console, holder_id)] == [AuditAction.HOLDER_ADDED]
    taken = clerk.send("/console/holders/new", **NEW)
    assert taken.status_code == 422
    assert "Đã có hồ sơ mang số định danh này" in taken.text
    assert 'value="Văn thư"' in taken.text


def test_doubtful_facts_warn_and_are_kept_after_a_look(clerk: Browser) -> None:
    doubtful = {**NEW, "personal_number": "046185004399", "birth_date": "02/09/1986", "sex": "M"}
    asked = clerk.send("/console/holders/new", **doubtful)
    assert asked.status_code == 422
    assert "Năm sinh đã nhập khác" in asked.text
    assert "Giới tính đã nhập khác" in asked.text
    kept = clerk.send("/console/holders/new", **doubtful, looked="yes")
    assert kept.status_code == 303


NEW_FORM = "/console/holders/new"
QR = "046185004455|191234567|Võ Thị Ánh|02091985|Nữ|Tổ 3, Phú Hội, Huế|20042021"


def test_the_qr_code_of_an_identity_card_fills_the_form(
    console: ConsoleUnderTest, clerk: Browser
) -> None:
    page = clerk.send(f"{NEW_FORM}?kind=individual", qr=f"{QR}\r\n")
    assert page.status_code == 200, page.text
    for shown in ("Võ Thị Ánh", "046185004455", "02/09/1985"):
        assert f'value="{shown}"' in page.text
    assert re.search('value="F"[^>]* checked', page.text)
    assert "Mã này không được ký" in page.text
    assert "Phú Hội" not in page.text  # nothing is kept that the form has no place for
    assert "191234567" not in page.text
    made = clerk.post(
        "/console/holders/new?kind=individual", page, name="Võ Thị Ánh",
        personal_number="046185004455", birth_date="02/09/1985", sex="F",
    )  # fmt: skip
    assert made.status_code == 303, made.text
    only_a_year = clerk.send(NEW_FORM, qr=QR.replace("02091985", "1985"))
    assert "Thẻ chỉ ghi 1985" in only_a_year.text


@pytest.mark.parametrize(
    ("scanned", "told"),
    [
        (" ", "Quét mã QR vào ô này"),
        ("046185004455", "tắt bộ gõ tiếng Việt"),
        (QR.encode().decode("latin-1"), "tắt bộ gõ tiếng Việt"),
        (QR.replace("046185004455", "04618500445"), "tắt bộ gõ tiếng Việt"),
        (QR + "x" * 1024, "tắt bộ gõ tiếng Việt"),
    ],
    ids=["empty", "no-code", "encoding", "number", "long"],
)
def test_a_scan_that_is_no_identity_card_says_so(clerk: Browser, scanned: str, told: str) -> None:
    page = clerk.send(NEW_FORM, qr=scanned)
    assert page.status_code == 422
    assert told in page.text
    assert "Phú Hội" not in page.text


@pytest.mark.parametrize("born", ["02/09/2062", "31/12/1899"])
def test_nobody_is_born_in_the_future_or_long_ago(clerk: Browser, born: str) -> None:
    asked = clerk.send("/console/holders/new", **{**NEW, "birth_date": born}, looked="yes")
    assert asked.status_code == 422
    assert "trước năm 1900 hoặc ở tương lai" in asked.text


def test_nobody_is_put_on_record_outside_a_scope(clerk_of_one_agency: Browser) -> None:
    elsewhere = {**NEW, "personal_number": "046185001111", "agency_code": "H58"}
    answer = clerk_of_one_agency.send("/console/holders/new", **elsewhere)
    assert answer.status_code == 422
    assert "nằm ngoài phạm vi" in answer.text
    private = {"name": "Võ Văn Tư", "personal_number": "046085002222"}
    answer = clerk_of_one_agency.send("/console/holders/new?kind=individual", **private)
    assert answer.status_code == 422


def test_a_correction_keeps_what_was_left_empty(console: ConsoleUnderTest, clerk: Browser) -> None:
    form = clerk.get(f"/console/holders/{KHUE}/edit")
    found = console.services.registry.directory.find(KHUE)
    assert found is not None
    sent = {**NEW, "name": "Nguyễn Thị Minh Khuê", "personal_number": "", "birth_date": "2/5/1990",
            "position": "Phó phòng", "version": str(found.version)}  # fmt: skip
    done = clerk.post(f"/console/holders/{KHUE}/edit", form, **sent)
    assert done.status_code == 303, done.text
    after = console.services.registry.directory.find(KHUE)
    assert after is not None
    assert after.employment is not None
    assert after.employment.position == "Phó phòng"
    assert (after.personal_number, after.phone) == (found.personal_number, found.phone)
    late = clerk.send(f"/console/holders/{KHUE}/edit", **sent)
    assert late.status_code == 409
    assert "Người khác vừa sửa" in late.text


def test_a_photo_is_looked_at_before_it_is_kept(console: ConsoleUnderTest, clerk: Browser) -> None:
    page = f"/console/holders/{KHUE}/photo"
    octets = encoded(drawn_portrait().rotate(2))
    seen = clerk.send(page, photo=(io.BytesIO(octets), "khue.jpg"))
    assert seen.status_code == 303
    registry = console.services.registry
    with registry.photos.transaction() as unit:
        before = unit.present_photo(KHUE)
    assert before is not None
    assert clerk.get(f"{seen.location}.jpg").data.startswith(b"\xff\xd8")
    kept = clerk.send(seen.location)
    assert kept.location == f"/console/holders/{KHUE}"
    with registry.photos.transaction() as unit:
        after = unit.present_photo(KHUE)
    assert after is not None
    assert after.number == before.number + 1
    assert clerk.get(seen.location).status_code == 404
    picture = clerk.get(f"{page}.jpg")
    assert picture.data == after.portrait.print_jpeg
    assert picture.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("octets", "says"),
    [(b"", "Chọn tệp ảnh"), (b"GIF89a", "Không đọc được ảnh"), (b"bomb", "40 triệu điểm ảnh")],
)
def test_a_bad_photo_is_refused_in_words(clerk: Browser, octets: bytes, says: str) -> None:
    if octets == b"bomb":
        octets = encoded(Image.new("L", (7100, 7100)), "PNG")
    answer = clerk.send(f"/console/holders/{KHUE}/photo", photo=(io.BytesIO(octets), "a.jpg"))
    assert answer.status_code == 422
    assert says in answer.text


def test_a_photo_beyond_the_limit_is_not_read(clerk: Browser) -> None:
    answer = clerk.client.post(
        f"/console/holders/{KHUE}/photo",
        data=b"",
        environ_overrides={"CONTENT_LENGTH": str(21 * 1024 * 1024)},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "quá lớn" in answer.text


def test_a_restricted_person_is_on_no_list_until_an_approver_lifts_it(
    console: ConsoleUnderTest, clerk: Browser
) -> None:
    here, desk = f"/console/holders/{KHUE}", console.services.oversight.requests
    desk.receive("han-che", KHUE, RequestKind.RESTRICTION, operator="lan", at=console.clock.now())
    desk.acknowledge("han-che", operator="lan", at=console.clock.now())
    assert here in search(clerk, q="Minh Khuê")
    desk.grant("han-che", operator="hung", at=console.clock.now())
    assert here not in search(clerk, q="Minh Khuê")
    page = clerk.get(here).text
    assert "Đang hạn chế xử lý dữ liệu" in page
    assert "lift-restriction" not in page
    assert clerk.get(f"{here}/photo.jpg").status_code == 404
    approver = Browser(console).sign_in(console.who(Role.APPROVER))
    assert "lift-restriction" in approver.get(here).text
    approver.send(f"{here}/lift-restriction")
    assert "Đang hạn chế" not in approver.get(here).text
    assert here in search(clerk, q="Minh Khuê")
    assert events(console, KHUE)[0].action is AuditAction.PRIVACY_RESTRICTION_LIFTED

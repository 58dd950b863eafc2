"""Applications and cards in the console: who may decide, once, in scope, and who was faster."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from cardsvc.access_records import Role
from cardsvc.lifecycle import ApplicationState, CardState
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.console_records import CASE, UNBLOCK, guid_of


@pytest.fixture
def approver(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.APPROVER))


@pytest.fixture
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


@pytest.fixture
def issuer(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ISSUER))


def _state(console: ConsoleUnderTest, application_id: str) -> ApplicationState:
    found = console.services.issuing.queue.application(application_id)
    assert found is not None
    return found.state


def _card_state(console: ConsoleUnderTest, name: str) -> CardState:
    with console.services.issuing.store.transaction() as unit:
        return unit.cards_of_application(name)[-1].state


def _ask(clerk: Browser, holder: str) -> str:
    """Ask for a first card in the form; return the application."""
    answer = clerk.send(
        f"/console/applications/new?holder={holder}",
        holder=holder,
        card_type="civil_servant",
        kind="new",
        replaces="",
    )
    assert answer.status_code == 303, answer.text
    return str(answer.location).rsplit("/", 1)[-1]


def test_a_request_in_the_form_and_its_approval(
    console: ConsoleUnderTest, clerk: Browser, approver: Browser
) -> None:
    application = _ask(clerk, "nguoi-thu-hoi")
    page = approver.get(f"/console/applications/{application}/approve")
    answer = approver.post(f"/console/applications/{application}/approve", page)
    assert answer.location == f"/console/applications/{application}"
    again = approver.post(f"/console/applications/{application}/approve", page)
    assert again.location == answer.location
    assert _state(console, application) is ApplicationState.APPROVED
    # the back button leads to the question; it answers with how things stand, and who did it
    back = approver.get(f"/console/applications/{application}/approve")
    assert back.status_code == 303
    shown = approver.get(f"/console/applications/{application}").text
    assert "Phê duyệt đề nghị – bạn" in shown


def test_the_second_of_two_approvers_reads_who_was_first(
    console: ConsoleUnderTest, clerk: Browser, approver: Browser
) -> None:
    del clerk
    other = Browser(console).sign_in(console.everything)
    late = other.get("/console/applications/cho-duyet-2/reject")
    approver.send("/console/applications/cho-duyet-2/approve")
    answer = other.post(
        "/console/applications/cho-duyet-2/reject", late, note="not_entitled", text=""
    )
    assert answer.status_code == 303
    assert _state(console, "cho-duyet-2") is ApplicationState.APPROVED
    page = other.get("/console/applications/cho-duyet-2").text
    assert f"Phê duyệt đề nghị – {console.who(Role.APPROVER).id}" in page


def test_whoever_asked_sees_why_the_button_is_off(console: ConsoleUnderTest) -> None:
    browser = Browser(console).sign_in(console.everything)
    answer = browser.send("/console/applications/tra-lai/resubmit")
    assert answer.status_code == 303, answer.text
    page = browser.get("/console/applications/tra-lai").text
    assert "Bạn là người đề nghị." in page
    other_form = browser.get("/console/applications/tra-lai/withdraw")
    refused = browser.post("/console/applications/tra-lai/approve", other_form)
    assert refused.status_code == 303
    assert _state(console, "tra-lai") is ApplicationState.REQUESTED


def test_a_batch_under_one_decision_number(console: ConsoleUnderTest, approver: Browser) -> None:
    preview = approver.get("/console/applications/together?all=1")
    assert "Nguyễn Thị Minh Khuê" in preview.text
    wrong = approver.post(
        "/console/applications/together",
        preview,
        ids="cho-duyet da-duyet-khong-co",
        number="một hai ba",
        decided_on="01/11/2026",
        signer="Trần Văn Hùng",
    )
    assert wrong.status_code == 422
    assert 'value="một hai ba"' in wrong.text
    done = approver.post(
        "/console/applications/together",
        wrong,
        ids="cho-duyet bao-mat",
        number="123/QĐ-SNV",
        decided_on="01/11/2026",
        signer="Trần Văn Hùng",
    )
    assert done.status_code == 200, done.text
    assert "Không phê duyệt được" in done.text
    assert _state(console, "cho-duyet") is ApplicationState.APPROVED


def test_a_card_from_suspension_to_its_end(
    console: ConsoleUnderTest, clerk: Browser, approver: Browser
) -> None:
    card = f"/console/cards/{guid_of('dang-dung')}"
    past = clerk.send(f"{card}/suspend", cause="leave", until="01/01/0001")
    assert "Ngày trở lại phải ở tương lai" in past.text
    wrong = clerk.send(f"{card}/suspend", cause="other", until="27/03/2030")
    assert wrong.status_code == 422
    assert 'value="27/03/2030"' in wrong.text
    assert clerk.send(f"{card}/suspend", cause="leave", until="27/03/2030").status_code == 303
    assert _card_state(console, "dang-dung") is CardState.SUSPENDED
    assert "27/03/2030" in clerk.get("/console/cards/returns").text
    assert clerk.get(f"{card}/resume").status_code == 403
    assert approver.send(f"{card}/resume").status_code == 303
    assert _card_state(console, "dang-dung") is CardState.ACTIVE
    assert approver.send(f"{card}/withdraw", cause="retired").status_code == 303
    assert _card_state(console, "dang-dung") is CardState.REVOKED


def test_an_activation_code_is_shown_once(console: ConsoleUnderTest, issuer: Browser) -> None:
    path = f"/console/cards/{guid_of('cho-ma')}/activation-code"
    form = issuer.get(path)
    shown = issuer.post(path, form)
    assert 'id="activation-code"' in shown.text
    assert issuer.post(path, form).status_code == 303
    refused = issuer.send(path)
    assert refused.status_code == 303
    assert 'id="activation-code"' in issuer.send(path, again="yes").text


def test_a_case_of_loss_is_closed_by_somebody_else(
    console: ConsoleUnderTest, approver: Browser
) -> None:
    answer = approver.send(f"/console/losses/{CASE}/found", form_at=f"/console/losses/{CASE}")
    assert answer.status_code == 303
    assert _card_state(console, "bao-mat") is CardState.ACTIVE


def test_faces_on_screen_and_what_is_missing_for_paper(
    console: ConsoleUnderTest, issuer: Browser
) -> None:
    del console
    card = f"/console/cards/{guid_of('ban-giao')}"
    picture = issuer.get(f"{card}/faces.png")
    assert picture.data.startswith(b"\x89PNG")
    assert issuer.get(f"{card}/faces.pdf").status_code == 303
    assert "Hồ sơ còn thiếu" in issuer.get(card).text


def test_a_proof_before_the_card_is_made(console: ConsoleUnderTest, clerk: Browser) -> None:
    del console
    page = clerk.get("/console/applications/tra-lai")
    assert "/console/applications/tra-lai/proof.pdf" in page.text
    answer = clerk.get("/console/applications/tra-lai/proof.pdf")
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    assert len(pages) == 2
    assert "BẢN THỬ" in pages[0].extract_text()


def test_outside_the_scope_there_is_nothing(console: ConsoleUnderTest) -> None:
    person = console.add("ca-noi-khac", frozenset(Role), frozenset({"H01"}))
    browser = Browser(console).sign_in(person)
    for path in (
        "/console/applications/tra-lai",
        "/console/applications/tra-lai/withdraw",
        "/console/applications/tra-lai/proof.pdf",
        "/console/applications/new?holder=nguoi-tra-lai",
        f"/console/cards/{guid_of('ban-giao')}",
        f"/console/cards/{guid_of('ban-giao')}/spoil",
        f"/console/cards/{guid_of('ban-giao')}/faces.png",
        f"/console/losses/{CASE}",
        f"/console/unblocking/{UNBLOCK}",
    ):
        assert browser.get(path).status_code == 404, path
    assert "Lê Thị Hồng Ánh" not in browser.get("/console/applications?state=").text
    assert guid_of("ban-giao") not in browser.get("/console/cards").text
    assert guid_of("ban-giao") not in browser.get("/console/cards/export.csv").data.decode()


def test_filters_and_exports(console: ConsoleUnderTest, clerk: Browser) -> None:
    del console
    page = clerk.get("/console/cards?state=suspended").text
    assert "Bùi Văn Sơn" in page
    assert "Hoàng Thị Ngọc" not in page
    assert "Nhập mã định danh cơ quan" in clerk.get("/console/cards?agency=xx").text
    table = clerk.get("/console/cards/export.csv?state=suspended").data.decode("utf-8-sig")
    assert "Bùi Văn Sơn" in table
    assert "Hoàng Thị Ngọc" not in table

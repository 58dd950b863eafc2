"""The kiosk's page in Chromium, with a real service and virtual cards: what a citizen sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel, CardType
from reader_agent.kiosk.config import KioskService
from reader_agent.kiosk.words import Words
from reader_agent.virtual.card import PoweredCard, VirtualCard
from tests.support.installations import PIN, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.kiosk import CONFIG, RunningKiosk, await_that, running_kiosk
from tests.support.kiosk_screen import WIDE, look
from tests.support.portrait_policy import may_see, photograph
from tests.support.triggered_card import TriggeredCard

FIRST_PIN, NEW_PIN = "482913", "371946"


@dataclass
class Hall:
    """A kiosk, the service behind it, and a citizen's card."""

    kiosk: RunningKiosk
    service: ServiceUnderTest
    card: VirtualCard
    guid: CardGuid


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("hall")
    with serve(folder / "data") as service:
        may_see(service, "ky-ho-so", AssuranceLevel.X2)
        card, guid = service.active_card(CardType.INDIVIDUAL)
        photograph(service, guid)
        agent = folder / "agent"
        with running_kiosk(agent, service.url, service.agent_token, RELYING_PARTY) as kiosk:
            yield Hall(kiosk, service, card, guid)


@pytest.fixture
def page(chromium: Browser, hall: Hall) -> Iterator[Page]:
    complaints: list[str] = []
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    one = context.new_page()
    one.on("pageerror", lambda error: complaints.append(str(error)))
    # a browser in kiosk mode is started with leave to sound; this one waits for a touch
    one.on("console", lambda said: "AudioContext" in said.text or complaints.append(said.text))
    one.goto(hall.kiosk.page)
    seen(one, "Xin chào ông/bà")
    yield one
    hall.kiosk.remove()
    one.keyboard.press("Escape")
    context.close()
    assert complaints == []


def seen(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title).wait_for()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def type_in(page: Page, title: str, digits: str) -> None:
    seen(page, title)
    page.keyboard.type(digits)
    page.keyboard.press("Enter")


def test_a_visit_with_a_wrong_pin_and_then_the_right_one(page: Page, hall: Hall) -> None:
    look(page)
    press(page, "Nộp hồ sơ")
    seen(page, "Đặt thẻ lên đầu đọc")
    look(page)
    hall.kiosk.insert(hall.card)
    seen(page, "Nhập mã PIN")
    page.get_by_text("Còn 3 lần thử").wait_for()
    for digit in "111222":
        page.get_by_role("button", name=digit, exact=True).click()
    press(page, "Xác nhận")
    page.get_by_text("Mã PIN không đúng, còn 2 lần thử").wait_for()
    look(page)
    page.keyboard.type(PIN)
    assert page.locator(".dot.full").count() == len(PIN)
    assert PIN not in page.content()
    page.keyboard.press("Enter")
    seen(page, "Xác thực thành công")
    page.locator(".take-strip").wait_for()
    assert page.locator(".name").inner_text() != ""
    photo = page.get_by_role("img", name="Ảnh chủ thẻ")
    await_that(lambda: photo.evaluate("one => one.naturalWidth") == 360)
    look(page)
    press(page, "Xong")
    seen(page, "Vui lòng lấy lại thẻ")
    assert page.locator(".name, .portrait").count() == 0
    look(page)
    hall.kiosk.remove()
    seen(page, "Xin chào ông/bà")


def test_a_visit_by_keyboard_alone_in_english(page: Page, hall: Hall) -> None:
    press_by_tab(page, "English")
    seen(page, "Welcome")
    press_by_tab(page, "Submit a dossier")
    hall.kiosk.insert(hall.card)
    type_in(page, "Enter PIN", PIN)
    seen(page, "Verified")
    hall.kiosk.remove()
    press_by_tab(page, "Finish")
    seen(page, "Xin chào ông/bà")


def test_the_photo_stands_there_as_long_as_the_card_does_and_is_fetched_once(
    page: Page, hall: Hall
) -> None:
    press(page, "Nộp hồ sơ")
    hall.kiosk.insert(hall.card)
    with page.expect_response("**/v1/portrait/*") as fetched:
        type_in(page, "Nhập mã PIN", PIN)
    address, before = fetched.value.url, portraits_of(hall)
    assert fetched.value.headers["cache-control"] == "no-store"
    press(page, "English")
    page.get_by_role("img", name="Card holder's photo").wait_for()
    look(page)
    assert portraits_of(hall) == before
    stranger = page.context.browser
    assert stranger is not None
    other = stranger.new_context()
    assert other.request.get(address).status == 403
    other.close()
    hall.kiosk.remove()
    page.locator(".portrait").wait_for(state="detached")
    assert page.locator(".name").inner_text() != ""
    assert page.context.request.get(address).status == 404
    press(page, "Finish")


def portraits_of(hall: Hall) -> int:
    kept = hall.service.installation.audit.events(limit=1000)
    return sum(one.event.action is AuditAction.PORTRAIT_RELEASED for one in kept)


def test_where_the_photo_can_not_be_had_the_result_stands_without_it(
    page: Page, hall: Hall
) -> None:
    page.route(
        "**/v1/portrait/*", lambda route: route.fulfill(content_type="image/jpeg", body="none")
    )
    press(page, "Nộp hồ sơ")
    hall.kiosk.insert(hall.card)
    type_in(page, "Nhập mã PIN", PIN)
    seen(page, "Xác thực thành công")
    page.locator(".portrait").wait_for(state="detached")
    look(page)


def test_a_holder_sees_who_checked_the_card(page: Page, hall: Hall) -> None:
    press(page, "Lấy số thứ tự")
    hall.kiosk.insert(hall.card)
    seen(page, "Xác thực thành công")
    take_and_choose(page, hall, "Lịch sử thẻ", hall.card)
    type_in(page, "Nhập mã PIN", PIN)
    seen(page, "Ai đã kiểm tra thẻ này")
    assert "Trung tâm" in page.locator(".checks li").first.inner_text()
    look(page)
    hall.kiosk.remove()


def press_by_tab(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = "document.activeElement.matches('button') && document.activeElement.textContent"
        if name in str(page.evaluate(focused)):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"no way to {name!r} by keyboard")


def test_a_card_taken_in_the_middle_is_asked_for_again(page: Page, hall: Hall) -> None:
    taken = TriggeredCard(hall.card, at=2, happen=hall.kiosk.remove)
    press(page, "Lấy số thứ tự")
    hall.kiosk.insert(taken)
    assert taken.happened.wait(30)
    seen(page, "Thẻ đã được lấy ra quá sớm")
    look(page)
    hall.kiosk.insert(hall.card)
    seen(page, "Xác thực thành công")


def test_a_reader_that_goes_is_told_and_nothing_is_blamed_on_the_card(
    page: Page, hall: Hall
) -> None:
    press(page, "Nộp hồ sơ")
    hall.kiosk.insert(hall.card)
    seen(page, "Nhập mã PIN")
    hall.kiosk.unplug()
    seen(page, "Đầu đọc thẻ bị mất kết nối")
    press(page, "Về trang đầu")
    seen(page, "Máy tạm ngừng đọc thẻ")
    look(page)
    hall.kiosk.plug()
    seen(page, "Xin chào ông/bà")


def test_two_pages_follow_one_visit_and_a_reload_shows_where_it_stands(
    page: Page, hall: Hall
) -> None:
    other = page.context.new_page()
    other.goto(hall.kiosk.page)
    press(page, "Báo mất thẻ")
    for one in (page, other):
        seen(one, "Nhập số định danh cá nhân")
    page.keyboard.type("001056001234")
    assert "001056001234" not in page.inner_text("body").replace("\n", "")
    assert "001056" not in page.content()
    page.reload()
    seen(page, "Nhập số định danh cá nhân")
    assert page.locator(".dots").inner_text().replace("\n", "") == "_" * 12
    other.keyboard.press("Escape")
    seen(page, "Xin chào ông/bà")


def test_a_card_is_activated_its_pin_changed_and_then_reported_lost(page: Page, hall: Hall) -> None:
    service = hall.service
    card = service.blank()
    guid = service.personalise(card, service.approved_application(CardType.CIVIL_SERVANT))
    service.hand_over(guid)
    code = service.installation.pki.card_secrets.transport_pin(guid)
    press(page, "Kích hoạt thẻ")
    hall.kiosk.insert(card)
    type_in(page, "Nhập mã kích hoạt", code)
    type_in(page, "Chọn mã PIN mới", "123456")
    page.get_by_text("Mã PIN này dễ đoán").wait_for()
    type_in(page, "Chọn mã PIN mới", FIRST_PIN)
    type_in(page, "Nhập lại mã PIN mới", FIRST_PIN)
    seen(page, "Thẻ đã được kích hoạt")
    assert service.installation.history.card_state(guid) is CardState.ACTIVE
    take_and_choose(page, hall, "Đổi mã PIN", card)
    type_in(page, "Nhập mã PIN hiện tại", FIRST_PIN)
    type_in(page, "Chọn mã PIN mới", NEW_PIN)
    type_in(page, "Nhập lại mã PIN mới", NEW_PIN)
    seen(page, "Đã đổi mã PIN")
    take_and_choose(page, hall, "Nộp hồ sơ", card)
    type_in(page, "Nhập mã PIN", NEW_PIN)
    seen(page, "Xác thực thành công")
    hall.kiosk.remove()
    press(page, "Xong")
    with service.installation.store.transaction() as unit:
        holder = unit.application(unit.card(guid).application_id).holder
    press(page, "Báo mất thẻ")
    type_in(page, "Nhập số định danh cá nhân", holder.personal_number.value)
    type_in(page, "Nhập ngày, tháng, năm sinh", "02051990")
    seen(page, "Đã nhận báo mất thẻ")
    assert service.installation.history.card_state(guid) is CardState.SUSPENDED


def take_and_choose(page: Page, hall: Hall, name: str, card: PoweredCard) -> None:
    hall.kiosk.remove()
    press(page, "Xong")
    press(page, name)
    hall.kiosk.insert(card)


def test_without_the_service_the_network_is_named_and_an_officer_can_be_called(
    chromium: Browser, hall: Hall, tmp_path: Path
) -> None:
    services = (
        *CONFIG.services,
        *(
            KioskService(name, AssuranceLevel.X1, Words(f"Thủ tục đất đai {name}", f"Land {name}"))
            for name in ("a", "b", "c", "d")
        ),
    )
    full = replace(CONFIG, services=services)
    with running_kiosk(tmp_path, "http://127.0.0.1:9", "t" * 43, RELYING_PARTY, full) as kiosk:
        context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
        page = context.new_page()
        await_that(lambda: bool(page.goto(kiosk.page)))
        seen(page, "Xin chào ông/bà")
        look(page)
        press(page, "Lấy số thứ tự")
        kiosk.insert(hall.card)
        seen(page, "Mất kết nối với máy chủ")
        look(page)
        press(page, "Gọi cán bộ hỗ trợ")
        seen(page, "Đã báo cán bộ tại quầy")
        look(page)
        context.close()

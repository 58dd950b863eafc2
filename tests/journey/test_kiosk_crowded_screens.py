"""Long names, titles and texts of consent: what has to be pressed stays where it can be pressed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent.kiosk.config import KioskConfig, KioskService
from reader_agent.kiosk.document import screen_document
from reader_agent.kiosk.texts import NEWEST_CHECKS
from reader_agent.kiosk.visit import (
    Ask,
    CheckLine,
    Consent,
    Kind,
    Menu,
    Pad,
    PinAtReader,
    Result,
    Task,
    Visit,
)
from reader_agent.kiosk.words import Words
from tests.support.browser import accessibility_faults
from tests.support.kiosk import RunningKiosk, await_that, running_kiosk
from tests.support.kiosk_screen import TALL, WIDE

TITLE = Words(
    "Đăng ký khai sinh, thường trú và cấp thẻ bảo hiểm y tế",
    "Registration of birth, residence and health insurance",
)
PLACE = Words(
    "Bộ phận Tiếp nhận và Trả kết quả giải quyết thủ tục hành chính xã Nghĩa Thuận",
    "Reception and Return of Results of Administrative Procedures, Nghia Thuan",
)
CONFIG = KioskConfig(
    PLACE, tuple(KioskService(f"viec-{n}", AssuranceLevel.X2, TITLE) for n in range(6))
)
PARTNER = "Sở Nông nghiệp và Phát triển nông thôn tỉnh Thừa Thiên Huế (Chi cục Kiểm lâm)"
CONSENT = Words(
    f"Ông/bà đồng ý để {PARTNER} biết: họ và tên, ngày sinh, giới tính, ảnh, nơi cư trú, ngày cấp "
    "thẻ, cơ quan cấp thẻ, để dùng cho: Nộp hồ sơ đề nghị cấp giấy phép khai thác, sử dụng nước "
    "mặt. Ông/bà có thể rút lại đồng ý bất cứ lúc nào.",
    "You agree that the Department of Agriculture and Rural Development (Forest Protection) "
    "learns: name, date of birth, sex, photo, residence, day of issue, issuing agency, for: a "
    "dossier for a licence to use surface water. You may withdraw it at any time.",
)
REFUSAL = Words(
    "Thẻ của ông/bà đã bị khóa. Vui lòng đến cơ quan cấp thẻ gần nhất, mang theo giấy tờ tùy thân "
    "có ảnh để được cấp lại thẻ mới trong ngày làm việc.",
    "Your card is locked. Please go to the nearest issuing office with an identity document that "
    "has a photo, to get a new card within a working day.",
)
AT_CARD = Visit(task=Task(Kind.SERVICE, CONFIG.services[0]), card=True, step=1, online=False)
LINE = CheckLine("22/11/2026 08:15", PARTNER, TITLE, granted=True)
LONG_NAME = "Công Tằng Tôn Nữ Nguyễn Phước Thị Huyền Trang Thùy Dương Phương Thảo Nguyên Hạnh"

CROWDED = {
    "menu": replace(AT_CARD, screen=Menu(), task=None),
    "pad": replace(
        AT_CARD,
        screen=Pad(Ask.PIN, 2, ReasonCode.PIN_WRONG),
        consent=Consent("van-ban", CONSENT),
    ),
    "last try": replace(
        AT_CARD,
        screen=Pad(Ask.PIN, 1, ReasonCode.PIN_WRONG),
        consent=Consent("van-ban", CONSENT),
    ),
    "typing": replace(AT_CARD, screen=PinAtReader(1), consent=Consent("van-ban", CONSENT)),
    "refused": replace(AT_CARD, screen=Result(good=False, text=REFUSAL, code="card_suspended")),
    "result": replace(
        AT_CARD, screen=Result(good=True, text=REFUSAL, name=LONG_NAME, offline=True)
    ),
    "checks": replace(AT_CARD, screen=Result(good=True, text=NEWEST_CHECKS, checks=(LINE,) * 5)),
}

CUT = """() => {
  const room = document.querySelector('main').getBoundingClientRect();
  return [...document.querySelectorAll('main *')].filter((one) => {
    const at = one.getBoundingClientRect();
    return one.getClientRects().length && !one.closest('.drum, svg, .checks li, .consent .second')
      && (at.bottom > room.bottom + 1 || at.top < room.top - 1
        || at.left < -1 || at.right > innerWidth + 1);
  }).map((one) => one.className || one.tagName);
}"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKiosk]:
    folder = tmp_path_factory.mktemp("crowded")
    with running_kiosk(folder / "agent", "http://127.0.0.1:9", "-", "rp", CONFIG) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, kiosk: RunningKiosk) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    one = context.new_page()
    one.goto(kiosk.page)
    one.locator("main h1").wait_for()
    yield one
    context.close()


def show(page: Page, visit: Visit) -> None:
    """Have the page drawn anew with a screen of our own instead of the kiosk's."""
    told = screen_document(CONFIG, visit, 0.0) | {"instance": "test", "number": 1}
    body = f"retry: 600000\nevent: screen\ndata: {json.dumps(told)}\n\n"

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/event-stream; charset=utf-8", body=body)

    page.route("**/v1/screen", answer)
    page.reload()
    page.locator(f"section.{told['kind']} h1").wait_for()


@pytest.mark.parametrize("screen", CROWDED)
def test_nothing_is_below_the_edge(page: Page, screen: str) -> None:
    for english in (False, True):
        show(page, replace(CROWDED[screen], english=english))
        for size in (TALL, WIDE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            await_that(lambda: page.evaluate(CUT) == [])
    assert accessibility_faults(page) == []


def test_a_screen_with_room_is_as_it_was(page: Page) -> None:
    show(page, replace(AT_CARD, screen=Pad(Ask.PIN, 3)))
    await_that(lambda: page.locator("main").get_attribute("class") == "")
    show(page, CROWDED["checks"])
    await_that(lambda: page.locator("main").get_attribute("class") != "")
    assert page.locator(".checks").get_attribute("tabindex") == "0"

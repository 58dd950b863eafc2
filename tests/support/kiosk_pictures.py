"""Takes the pictures of the kiosk that the guides show: ``python -m tests.support.kiosk_pictures``.

Two sizes that kiosks have: 1280 by 800, lying, and 1080 by 1920, standing (``-tall``).
"""

from __future__ import annotations

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from cardsvc.terms import AssuranceLevel, CardType
from tests.support.browser import CHROMIUM, WHY_NOT, open_chromium
from tests.support.installations import PIN, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.kiosk import READER, RunningKiosk, running_kiosk
from tests.support.pad_reader import PadReader
from tests.support.portrait_policy import may_see, photograph
from tests.support.triggered_card import TriggeredCard

FOLDER = Path(__file__).parents[2] / "docs" / "img"
_SIZES = {"": (1280, 800), "-tall": (1080, 1920)}


def main() -> int:
    """Take every picture."""
    if CHROMIUM is None:
        sys.stderr.write(f"{WHY_NOT}\n")
        return 1
    with tempfile.TemporaryDirectory() as name, serve(Path(name) / "data") as service:
        may_see(service, "ky-ho-so", AssuranceLevel.X2)
        agent = Path(name) / "agent"
        with (
            running_kiosk(agent, service.url, service.agent_token, RELYING_PARTY) as kiosk,
            open_chromium() as browser,
        ):
            for suffix in _SIZES:
                take_all(browser, kiosk, service, suffix)
        pad, agent = PadReader(READER), Path(name) / "agent with a pad"
        with (
            running_kiosk(
                agent, service.url, service.agent_token, RELYING_PARTY, reader=pad
            ) as kiosk,
            open_chromium() as browser,
        ):
            take_at_pad(browser, kiosk, service, pad)
    return 0


def take_at_pad(
    browser: Browser, kiosk: RunningKiosk, service: ServiceUnderTest, pad: PadReader
) -> None:
    """Take the picture of a PIN that is typed at the reader."""
    card, _ = service.active_card(CardType.INDIVIDUAL)
    for suffix, (width, height) in _SIZES.items():
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce", locale="vi"
        )
        page.goto(kiosk.page)
        page.get_by_role("button", name="Nộp hồ sơ").click()
        kiosk.insert(card)
        save(page, "Nhập mã PIN trên đầu đọc thẻ", f"typing{suffix}")
        pad.typed.put(PIN)
        page.get_by_role("heading", name="Xác thực thành công").wait_for()
        kiosk.remove()
        page.keyboard.press("Escape")
        page.close()


def take_all(browser: Browser, kiosk: RunningKiosk, service: ServiceUnderTest, suffix: str) -> None:
    """Lead a visit, and take a picture at each of its screens."""
    width, height = _SIZES[suffix]
    card, guid = service.active_card(CardType.INDIVIDUAL)
    photograph(service, guid)
    page = browser.new_page(
        viewport={"width": width, "height": height}, reduced_motion="reduce", locale="vi"
    )
    page.goto(kiosk.page)
    save(page, "Xin chào ông/bà", f"menu{suffix}")
    page.get_by_role("button", name="Lấy số thứ tự").click()
    save(page, "Đặt thẻ lên đầu đọc", f"place{suffix}")
    kiosk.insert(TriggeredCard(card, at=2, happen=lambda: time.sleep(1.9)))
    save(page, "Vui lòng giữ nguyên thẻ", f"reading{suffix}")
    page.get_by_role("heading", name="Xác thực thành công").wait_for()
    kiosk.remove()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Nộp hồ sơ").click()
    kiosk.insert(card)
    page.get_by_role("heading", name="Nhập mã PIN").wait_for()
    page.keyboard.type("111222")
    page.keyboard.press("Enter")
    page.get_by_text("còn 2 lần thử").wait_for()
    page.keyboard.type(PIN[:4])
    save(page, "Nhập mã PIN", f"pin{suffix}")
    page.keyboard.type(PIN[4:])
    with page.expect_response("**/v1/portrait/*"):
        page.keyboard.press("Enter")
    page.get_by_role("img", name="Ảnh chủ thẻ").wait_for()
    save(page, "Xác thực thành công", f"result{suffix}")
    page.keyboard.press("Escape")
    save(page, "Vui lòng lấy lại thẻ", f"take{suffix}")
    kiosk.remove()
    page.get_by_role("button", name="Nộp hồ sơ").click()
    kiosk.insert(card)
    page.get_by_role("heading", name="Nhập mã PIN").wait_for()
    kiosk.remove()
    save(page, "Thẻ đã được lấy ra quá sớm", f"removed{suffix}")
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Xin chào ông/bà").wait_for()
    page.get_by_role("button", name="Lịch sử thẻ").click()
    kiosk.insert(card)
    page.get_by_role("heading", name="Nhập mã PIN").wait_for()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    save(page, "Ai đã kiểm tra thẻ này", f"checks{suffix}")
    kiosk.remove()
    page.keyboard.press("Escape")
    page.close()


def save(page: Page, title: str, name: str) -> None:
    """Take one picture, as soon as its screen and the fonts are there."""
    page.get_by_role("heading", name=title).wait_for()
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(150)
    taken = Image.open(BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(128).save(FOLDER / f"kiosk-{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())

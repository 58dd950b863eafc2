"""The console in Chromium: signing in, faults in forms, both windows, accessibility."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import Browser, expect

from cardsvc.access_records import Role
from tests.support.browser import (
    DESKTOP,
    TABLET,
    Watched,
    accessibility_faults,
    overflow,
)
from tests.support.console import PASSWORD, ConsoleUnderTest


def test_the_first_sign_in_of_a_new_operator(watched: Watched, console: ConsoleUnderTest) -> None:
    page = watched.sign_in(console.who(Role.ADMINISTRATOR))
    page.get_by_role("link", name="Người dùng", exact=True).first.click()
    page.get_by_role("link", name="Thêm người dùng").click()
    page.get_by_label("Tên đăng nhập").fill("can-bo-moi")
    page.get_by_label("Họ và tên").fill("Trần Văn Đức")
    page.get_by_label("Cán bộ tiếp nhận").check()
    page.get_by_label("Phạm vi cơ quan").fill("H57.12")
    page.get_by_role("button", name="Thêm người dùng").click()
    temporary = page.locator("code.secret").inner_text()
    page.get_by_role("link", name="Đã ghi lại").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.get_by_role("link", name="Đăng nhập lại").click()

    page.get_by_label("Tên đăng nhập").fill("can-bo-moi")
    page.get_by_label("Mật khẩu").fill(temporary)
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cài xác thực hai lớp")
    assert accessibility_faults(page) == []
    page.get_by_text("Không quét được?").click()
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("Mã xác thực").fill(pyotp.TOTP(secret).at(console.clock.now()))
    page.get_by_role("button", name="Xác nhận").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Tôi đã cất các mã").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Đổi mật khẩu")
    page.get_by_label("Mật khẩu hiện tại").fill(temporary)
    page.get_by_label("Mật khẩu mới", exact=True).fill("trăng soi bến Ngự")
    page.get_by_label("Mật khẩu mới, nhập lại").fill("trăng soi bến Ngự")
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("status")).to_have_text("Đã đổi mật khẩu")
    expect(page.get_by_role("navigation", name="Các phần")).not_to_contain_text("Người dùng")


def test_faults_are_said_and_nothing_typed_is_lost(
    watched: Watched, console: ConsoleUnderTest
) -> None:
    page = watched.sign_in(console.who(Role.ADMINISTRATOR))
    page.goto("/console/operators/new")
    page.get_by_label("Tên đăng nhập").fill("Đức Trần")
    page.get_by_label("Họ và tên").fill("Trần Văn Đức")
    page.get_by_label("Phạm vi cơ quan").fill("mọi nơi")
    page.get_by_role("button", name="Thêm người dùng").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Lỗi: Thêm người dùng – Thẻ điện tử")
    expect(summary.get_by_role("link")).to_have_count(3)
    assert accessibility_faults(page) == []
    summary.get_by_role("link", name="Nhập mã định danh").click()
    field = page.get_by_label("Phạm vi cơ quan")
    expect(field).to_be_focused()
    expect(field).to_have_value("mọi nơi")
    expect(page.get_by_label("Họ và tên")).to_have_value("Trần Văn Đức")
    expect(field).to_have_accessible_description(
        "Mã định danh cơ quan, cách nhau bằng dấu cách; gồm cả các cơ quan trực thuộc. * là mọi "
        "cơ quan. Lỗi: Nhập mã định danh cơ quan, ví dụ H57.12, hoặc * cho mọi cơ quan"
    )


def test_the_keyboard_alone_and_english(watched: Watched, console: ConsoleUnderTest) -> None:
    person = console.who(Role.CLERK)
    page = watched.page
    page.goto("/console")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_label("Sign-in name").focus()
    page.keyboard.type(person.id)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Security code")).to_be_focused()
    page.keyboard.type(console.code(person))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Overview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()


@pytest.mark.parametrize("viewport", [DESKTOP, TABLET], ids=["desktop", "tablet"])
def test_every_page_is_accessible_and_fits(
    chromium: Browser, console: ConsoleUnderTest, viewport: dict[str, int]
) -> None:
    watched = Watched(chromium, console, viewport=viewport)
    page = watched.page
    page.goto("/console/sign-in")
    faults = {"/console/sign-in": accessibility_faults(page)}
    watched.sign_in(console.everything)
    for path in console.pages():
        page.goto(path)
        faults[path] = accessibility_faults(page)
        if overflow(page) > 0:
            faults[path].append(f"wider than the window by {overflow(page)} px")
    watched.close()
    assert {path: found for path, found in faults.items() if found} == {}
    assert watched.complaints == []


def test_without_script_everything_works(chromium: Browser, console: ConsoleUnderTest) -> None:
    watched = Watched(chromium, console, java_script_enabled=False)
    page = watched.sign_in(console.who(Role.ADMINISTRATOR))
    page.goto("/console/agents/new")
    page.get_by_role("button", name="Đăng ký").click()
    expect(page.get_by_role("alert")).to_contain_text("Nhập mã thiết bị")
    page.get_by_label("Mã thiết bị").fill("ki-ot-sanh")
    page.get_by_label("Nơi đặt").fill("Sảnh chính")
    page.get_by_role("button", name="Đăng ký").click()
    assert page.locator("code.secret").inner_text()
    page.goto("/console/components")
    expect(page.locator("#chart-states")).to_be_visible()
    watched.close()

"""A real browser on a console: the system's Chromium, one for the whole test session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.console import PASSWORD, Person

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHY_NOT = "no Chromium here (package chromium)"
DESKTOP = {"width": 1280, "height": 720}
TABLET = {"width": 820, "height": 1180}
_PATIENCE_MILLISECONDS = 30_000
_GRAVE = {"serious", "critical"}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class ServedConsole(Protocol):
    """A console that a browser goes to."""

    @property
    def url(self) -> str:
        """Its address."""
        ...

    def code(self, person: Person) -> str:
        """Return what the authenticator app of somebody shows."""
        ...


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """Start the browser; the caller has looked whether there is one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Watched:
    """A page whose complaints are kept: script errors, blocked resources, failed requests."""

    def __init__(self, browser: Browser, console: ServedConsole, **options: Any) -> None:
        self.console = console
        self.context = browser.new_context(
            base_url=console.url, viewport=options.pop("viewport", DESKTOP), **options
        )
        self.context.set_default_timeout(_PATIENCE_MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        # a refusal that a test provokes is no complaint; what the policy blocks is one
        if message.type in {"error", "warning"} and "the server responded" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(self.console.url):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def sign_in(self, person: Person, password: str = PASSWORD) -> Page:
        """Sign in as people do, password and code."""
        page = self.page
        page.goto("/console")
        page.get_by_label("Tên đăng nhập").fill(person.id)
        page.get_by_label("Mật khẩu").fill(password)
        page.get_by_role("button", name="Tiếp tục").click()
        page.get_by_label("Mã xác thực").fill(self.console.code(person))
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_role("button", name="Đăng xuất").wait_for()
        return page

    def close(self) -> None:
        self.context.close()


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe finds serious or critical, by WCAG 2.2 AA."""
    options = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in _GRAVE
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

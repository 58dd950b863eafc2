"""``cardsvc demo --console``: what a newcomer gets, typed at and clicked through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Watched
from tests.support.child_process import Terminal, open_terminal
from tests.support.console import Person
from web.demo.console import PASSWORD

_URL = re.compile(r"(http://127\.0\.0\.1:[0-9]+)/console")
_KIOSK = re.compile(r"(file://\S+kiosk\.html)")


class Demonstration:
    """The demonstration in a process of its own.

    Args:
        terminal: where it runs.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        terminal.until("Waiting for work")
        self.url = terminal.find(_URL)

    def code(self, person: Person) -> str:
        """Read a code off the terminal."""
        before = self.terminal.lines
        self.terminal.type("")
        self.terminal.until("Administrator", after=before)
        return self.terminal.find(re.compile(rf"^ +{person.id} +([0-9]{{6}}) "), after=before)


@pytest.fixture(scope="module")
def demonstration() -> Iterator[Demonstration]:
    with open_terminal("cardsvc", "web.cli", "demo", "--console") as terminal:
        yield Demonstration(terminal)
        kiosk = Path(terminal.find(_KIOSK).removeprefix("file://"))
        assert kiosk.is_file()
    # told to end as a service manager does, it took the kiosk's process and its folder along
    assert not kiosk.parent.exists()


@pytest.mark.parametrize("name", ["lan", "hung", "mai", "tam", "phuoc", "quan"])
def test_a_newcomer_signs_in_and_sees_every_section_in_both_languages(
    demonstration: Demonstration, chromium: Browser, name: str
) -> None:
    watched = Watched(chromium, demonstration)
    page = watched.sign_in(Person(name, ""), PASSWORD)
    sections = page.get_by_role("navigation", name="Các phần").get_by_role("link").all()
    heading = page.get_by_role("heading", level=1)
    for address in [str(one.get_attribute("href")) for one in sections]:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        vietnamese = heading.inner_text()
        page.get_by_role("link", name="English").click()
        page.get_by_role("link", name="Tiếng Việt").wait_for()
        assert heading.inner_text() != vietnamese, address
        page.get_by_role("link", name="Tiếng Việt").click()
        page.get_by_role("link", name="English").wait_for()
    watched.close()
    assert watched.complaints == []


def test_the_kiosk_tells_good_cards_from_bad_ones(demonstration: Demonstration) -> None:
    terminal = demonstration.terminal
    for number, expected in ((1, "granted"), (4, "card_suspended"), (5, "card_revoked")):
        before = terminal.lines
        terminal.type(f"the {number}", "cham")
        terminal.until(f"Ki-ốt {' ' * 24}{expected}", after=before)
    before = terminal.lines
    terminal.type("cham", "gì cơ")
    terminal.until("không có thẻ ở bàn", after=before)
    terminal.until("everybody's sign-in codes", after=before)


def test_a_newcomer_puts_a_card_into_the_kiosk(
    demonstration: Demonstration, chromium: Browser
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(demonstration.terminal.find(_KIOSK))
    page.get_by_text("Kiểm tra thẻ").first.click()
    demonstration.terminal.type("kiot 1")
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Xác thực thành công", timeout=60_000
    )
    demonstration.terminal.type("kiot")
    expect(page.get_by_text("Vui lòng lấy lại thẻ", exact=True)).to_be_hidden(timeout=60_000)
    page.close()

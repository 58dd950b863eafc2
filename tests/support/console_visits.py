"""People at the console in browsers of their own; every page that they come to is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, Page

from cardsvc.access_records import Role
from tests.support.browser import Watched, accessibility_faults, overflow
from tests.support.office import Office


class Visitor:
    """One person's browser.

    Args:
        watched: signed in.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    @property
    def page(self) -> Page:
        """The page as it is now."""
        return self._watched.page

    def open(self, path: str) -> Page:
        """Go to an address."""
        self.page.goto(path)
        return self.look()

    def follow(self, link: str) -> Page:
        """Follow a link."""
        self.page.get_by_role("main").get_by_role("link", name=link).first.click()
        return self.look()

    def press(self, button: str) -> Page:
        """Press a button of the page."""
        self.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
        return self.look()

    def decide(self, deed: str) -> Page:
        """Follow a deed's link to the page that asks once more, and say yes there."""
        self.follow(deed)
        return self.press(deed)

    def look(self) -> Page:
        """See to it that the page holds no fault that keeps people out."""
        page = self.page
        page.wait_for_load_state()
        assert accessibility_faults(page) == [], page.url
        assert overflow(page) <= 0, page.url
        return page


class Visitors:
    """The staff's browsers, each opened when it is first needed."""

    def __init__(self, chromium: Browser, office: Office, undo: ExitStack) -> None:
        self._chromium = chromium
        self._office = office
        self._undo = undo
        self._there: dict[Role, Visitor] = {}
        self._watched: list[Watched] = []

    def __getitem__(self, role: Role) -> Visitor:
        if role not in self._there:
            watched = Watched(self._chromium, self._office)
            self._undo.callback(watched.close)
            self._watched.append(watched)
            watched.sign_in(self._office.staff[role])
            self._there[role] = Visitor(watched)
        return self._there[role]

    @property
    def complaints(self) -> list[str]:
        """What the browsers complained of: script errors, blocked resources, foreign requests."""
        return [complaint for one in self._watched for complaint in one.complaints]


@contextmanager
def open_visitors(chromium: Browser, office: Office) -> Iterator[Visitors]:
    """Let the staff sign in as they are needed; nobody's browser may have complained."""
    with ExitStack() as undo:
        visitors = Visitors(chromium, office, undo)
        yield visitors
        assert visitors.complaints == []

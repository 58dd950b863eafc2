"""Whether a screen of the kiosk can be read: it fits, and nothing is in the way."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.browser import accessibility_faults, overflow

TALL, WIDE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}


def look(page: Page) -> None:
    """The screen fits, in both of the sizes that kiosks have, and axe finds nothing grave."""
    for size in (TALL, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert overflow(page) <= 0
        cut = "[...document.querySelectorAll('main *')].filter(one => !one.closest('.drum') && "
        cut += "!one.closest('svg') && (one.getBoundingClientRect().bottom > "
        cut += "document.querySelector('main').getBoundingClientRect().bottom + 1 || "
        cut += "one.getBoundingClientRect().top < "
        cut += "document.querySelector('main').getBoundingClientRect().top - 1))"
        assert page.evaluate(f"{cut}.map(one => one.className)") == []
    assert accessibility_faults(page) == []

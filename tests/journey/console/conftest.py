"""One console a module: its operators are made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched
from tests.support.console import ConsoleUnderTest, serve_console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleUnderTest]:
    with serve_console(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture
def watched(chromium: Browser, console: ConsoleUnderTest) -> Iterator[Watched]:
    one = Watched(chromium, console)
    yield one
    one.close()
    assert one.complaints == []

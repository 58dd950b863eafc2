"""One console a module, a copy of one that was furnished once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched
from tests.support.console import ConsoleTemplate, ConsoleUnderTest


@pytest.fixture(scope="module")
def console(
    console_template: ConsoleTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsoleUnderTest]:
    with console_template.serve(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture
def watched(chromium: Browser, console: ConsoleUnderTest) -> Iterator[Watched]:
    one = Watched(chromium, console)
    yield one
    one.close()
    assert one.complaints == []

"""A console for each test, for attacks leave counts and locks behind; made once, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.console import ConsoleTemplate, ConsoleUnderTest


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> ConsoleTemplate:
    return ConsoleTemplate(tmp_path_factory.mktemp("console"))


@pytest.fixture
def console(template: ConsoleTemplate, tmp_path: Path) -> Iterator[ConsoleUnderTest]:
    with template.serve(tmp_path) as running:
        yield running

"""A console for each test, for attacks leave counts and locks behind; made once, copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.console import ConsoleTemplate, ConsoleUnderTest


@pytest.fixture
def console(console_template: ConsoleTemplate, tmp_path: Path) -> Iterator[ConsoleUnderTest]:
    with console_template.serve(tmp_path) as running:
        yield running

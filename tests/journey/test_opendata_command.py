"""``cardsvc opendata export`` writes files that programs read, and says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, serve_command_line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


def test_an_export(line: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "open" / "data"
    said = line.cardsvc("opendata", "export", str(folder))
    assert said.endswith("0 rows, 0 days left out")
    described = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert (folder / resource["path"]).read_bytes() == f"{','.join(names)}\r\n".encode()
    today = datetime.now(UTC).date().isoformat()
    export = ("opendata", "export", str(folder))
    assert "not over" in line.cardsvc(*export, "--until", today, status=1)
    assert "366" in line.cardsvc(*export, "--from", "2020-01-01", status=1)
    assert "x>=5" in line.cardsvc(*export, "--threshold", "4", status=2)

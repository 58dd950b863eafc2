"""A person asks for a copy, then to be erased: from the command line, to the bytes of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, serve_command_line

FOLDER = "service"
BY = ("--operator", "lan")
OTHER = ("--operator", "hung")
NAME, NUMBER = "Nguyễn Thị Minh Khuê", "046190012345"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp(FOLDER)) as running:
        yield running


def test_a_person_asks_for_a_copy_and_then_to_be_erased(line: CommandLine, tmp_path: Path) -> None:
    def privacy(*arguments: str, status: int = 0) -> str:
        return line.cardsvc("privacy", *arguments, status=status)

    form = tmp_path / "form.toml"
    example = line.cardsvc("application", "form", "individual")
    form.write_text(example.replace("[holder]", '[holder]\nid = "nguoi-1"'))
    application = line.cardsvc("application", "request", str(form), *BY)
    assert "last" not in privacy("purposes").splitlines()[0]
    assert "Luật 91/2025/QH15" in privacy("purposes")

    request = privacy("receive", "nguoi-1", "access", *BY).split("\t")[0]
    assert "received" in privacy("list")
    privacy("acknowledge", request, *BY)
    privacy("extend", request, "--reason", "many_files", *BY)
    out = tmp_path / "copy"
    printed = privacy("export", "nguoi-1", "--out", str(out), *BY)
    assert len(printed.splitlines()) == 2
    file = out / "personal-data.json"
    assert json.loads(file.read_text("utf-8"))["person"]["personal_number"] == NUMBER
    assert file.stat().st_mode & 0o077 == 0
    assert NAME in (out / "personal-data.html").read_text("utf-8")
    assert "File exists" in privacy("export", "nguoi-1", "--out", str(out), *BY, status=1)
    privacy("grant", request, *BY)
    privacy("close", request, *BY)
    assert request in privacy("list", "--state", "closed")

    erasure = privacy("receive", "nguoi-1", "erasure", *BY).split("\t")[0]
    privacy("acknowledge", erasure, *BY)
    assert "same_operator" in privacy("grant", erasure, *BY, status=1)
    assert "erasure_held: open_application" in privacy("grant", erasure, *OTHER, status=1)
    line.cardsvc("application", "withdraw", application, *BY)
    assert "erasure_held: retention_duty" in privacy("grant", erasure, *OTHER, status=1)
    privacy("refuse", erasure, "--reason", "retention_duty", *OTHER)
    assert privacy("list", "--overdue") == ""

    own = tmp_path / "privacy"
    own.mkdir()
    shipped = Path(__file__).parents[2] / "issuance" / "privacy" / "retention.toml"
    rules = shipped.read_text("utf-8").replace("keep_at_least_days = 90", "keep_at_least_days = 0")
    (own / "retention.toml").write_text(rules)
    line = CommandLine(line.url, line.environment | {"CARDSVC_PRIVACY_DIR": str(own)})
    erasure = privacy("receive", "nguoi-1", "erasure", *BY).split("\t")[0]
    privacy("acknowledge", erasure, *BY)
    privacy("grant", erasure, *OTHER)
    data = Path(line.environment["CARDSVC_DATA_DIR"])
    octets = b"".join(one.read_bytes() for one in data.glob("cardsvc.db*"))
    assert NAME.encode() not in octets
    assert NUMBER.encode() not in octets
    assert "Đã xóa" in line.cardsvc("application", "show", application)
    assert line.cardsvc("audit", "verify").startswith("✓")
    assert "privacy.erased" in line.cardsvc("audit", "show", "--subject", "nguoi-1")
    assert "holder\t0" in privacy("retention", "--check", *BY)
    assert "desk_order\t0" in privacy("retention", "--run", *BY)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("receive", "nobody", "access", *BY), "holder_unknown"),
        (("grant", "nothing", *BY), "privacy_request_unknown"),
        (("export", "nobody", "--out", "/nowhere/x", *BY), "holder_unknown"),
        (("lift-restriction", "nobody", *BY), "not restricted"),
    ],
)
def test_a_slip_is_one_line(line: CommandLine, arguments: tuple[str, ...], said: str) -> None:
    output = line.cardsvc("privacy", *arguments, status=1)
    assert said in output
    assert "Traceback" not in output


def test_rules_that_are_none_are_one_line(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "retention.toml").write_text("[holder]")
    broken = CommandLine(line.url, line.environment | {"CARDSVC_PRIVACY_DIR": str(tmp_path)})
    assert "malformed_retention" in broken.cardsvc("privacy", "purposes", status=1)

"""The guides' commands are run, in reading order, against a service that really serves."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest
import urllib3

from reader_agent.personas.catalogue import PERSONAS
from tests.support.forked_programs import forked_programs
from tests.support.installations import open_cheaply
from verification import remedy
from web.settings import Settings

REPOSITORY = Path(__file__).parents[2]
GUIDES = REPOSITORY / "docs" / "guides"
READING_ORDER = (
    "administrator", "issuing", "registries", "stock", "privacy", "kiosk", "partner", "tester",
)  # fmt: skip
RUN = re.compile(r"^```sh run\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
START_SECONDS = 120.0
MISSING = [tool for tool in ("bash", "curl") if shutil.which(tool) is None]


def commands_of(guide: str) -> str:
    blocks = RUN.findall((GUIDES / f"{guide}.md").read_text("utf-8"))
    assert blocks, f"{guide}.md has nothing to run"
    return "set -euo pipefail\n" + "".join(blocks)


def make_environment(home: Path) -> dict[str, str]:
    """A home of its own, with a place for our programs on the path, installed or not."""
    programs = home / "bin"
    programs.mkdir()
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name in {"LANG", "LC_ALL"}}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return kept | {
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUTF8": "1",
        "CARDSVC_PORT": str(port),
        "URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def serving(environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "serve"], env=environment,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_up(environment["URL"]):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


def is_up(url: str) -> bool:
    try:
        answer = urllib3.request("GET", f"{url}/healthz", retries=False, timeout=2.0)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


@pytest.mark.timeout(600)
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_every_command_of_the_guides_works(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = make_environment(home)
    data = home / ".local" / "share" / "cardsvc"
    # a vault that opens quickly; init shows it and leaves it as it is
    open_cheaply(Settings(data_dir=data)).close()
    work = home / "work"
    work.mkdir()
    with (
        serving(environment, tmp_path / "service.log"),
        forked_programs(home / "bin", environment),
    ):
        for guide in READING_ORDER:
            done = subprocess.run(
                ["bash", "-c", commands_of(guide)], cwd=work, env=environment,
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            output = done.stdout + done.stderr
            assert done.returncode == 0, f"{guide}.md:\n{output[-4000:]}"
            assert "Traceback" not in output, f"{guide}.md:\n{output[-4000:]}"
            EXPECTED.get(guide, lambda _: None)(output)


def _issuing(output: str) -> None:
    assert "number_lost_zeros" in output
    assert "1 đề nghị – requests" in output
    assert "46190054322" not in output
    assert "refused, as it should be" in output
    assert "✓ personalised" in output
    assert "✓ Thẻ đã kích hoạt" in output
    assert "card.code_shown" in output
    assert "046190012345" not in output.split("[holder]")[1].partition("\n\n")[2]


def _kiosk(output: str) -> None:
    assert output.count('"code": "granted"') == 1
    assert "Nguyễn Thị Minh Khuê" in output
    assert "level_too_low" in output
    assert "exit status 1" in output


def _partner(output: str) -> None:
    assert '"granted":true' in output
    assert output.count("Nguyễn Thị Minh Khuê") >= 2
    assert '"state":"active"' in output


def _tester(output: str) -> None:
    assert "CHẤP NHẬN" in output
    assert "card_key_proof_failed" in output
    assert "object_bad_signature" in output
    assert "exit status 2" in output


def _registries(output: str) -> None:
    assert output.startswith("+ 3  = 0\n+ 0  = 3\n")
    assert "merged H57.12" in output
    assert "today                  H57.12" in output
    assert "  H57.20\tSở Nội vụ" in output
    assert "Nguyễn Thị Minh Khuê\t046•••••2345" in output
    assert "046190012345" not in output


EXPECTED = {
    "issuing": _issuing,
    "registries": _registries,
    "kiosk": _kiosk,
    "partner": _partner,
    "tester": _tester,
}


def test_every_guide_opens_with_a_vietnamese_summary() -> None:
    for guide in READING_ORDER:
        text = (GUIDES / f"{guide}.md").read_text("utf-8")
        assert "> **Tóm tắt.**" in text.split("\n## ")[0], guide


def test_every_link_leads_somewhere() -> None:
    for page in (REPOSITORY / "docs").rglob("*.md"):
        for target in LINK.findall(page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_administrator_is_told_every_setting() -> None:
    text = (GUIDES / "administrator.md").read_text("utf-8")
    for setting in fields(Settings):
        assert f"| `{setting.name}` | `CARDSVC_{setting.name.upper()}` |" in text


def test_the_partner_is_told_every_public_code_and_its_words() -> None:
    text = (GUIDES / "partner.md").read_text("utf-8")
    remedies = [one for one in vars(remedy).values() if isinstance(one, remedy.Remedy)]
    assert len(remedies) > 5
    for one in remedies:
        assert f"| `{one.public_code}` | {one.vi} | {one.en} |" in text


def test_the_tester_is_told_of_personas_that_are_there() -> None:
    text = (GUIDES / "tester.md").read_text("utf-8")
    table = text.split("| group | personas |")[1].split("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    assert named <= PERSONAS.keys()

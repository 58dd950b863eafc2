"""``reader-agent readers`` as an administrator runs it, against services of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from reader_agent.cli import main
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from reader_agent.virtual.state import ATR_EXTENDED, CardState
from tests.support import pcscd

pytestmark = pytest.mark.pcsc

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from reader_agent.cli import main; main()", "readers"]


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


@contextmanager
def watching(environment: dict[str, str] | None = None) -> Iterator[Iterator[str]]:
    """Start ``readers --watch``; yield its lines as they come."""
    process = subprocess.Popen(
        [*COMMAND, "--watch"],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield (line.rstrip("\n") for line in process.stdout)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_readers_are_listed(private_pcscd: PrivatePcscd) -> None:
    result = CliRunner().invoke(main, ["readers"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [reader.name for reader in private_pcscd.readers]


def test_without_the_service_the_administrator_is_told_what_to_do(tmp_path: Path) -> None:
    done = run({"PCSCLITE_CSOCK_NAME": str(tmp_path / "nothing")})
    assert (done.returncode, done.stdout) == (2, "")
    assert "systemctl start pcscd" in done.stderr
    assert "Traceback" not in done.stderr
    with watching({"PCSCLITE_CSOCK_NAME": str(tmp_path / "nothing")}) as lines:
        assert "systemctl start pcscd" in next(lines)


def test_watching_tells_what_happens(
    private_pcscd: PrivatePcscd, pcsc_reader: VirtualPcscReader
) -> None:
    name, names = pcsc_reader.name, [reader.name for reader in private_pcscd.readers]
    pcscd.insert(pcsc_reader, VirtualCard(CardState.factory()))
    with watching() as lines:
        inserted = f"▣ {name}  {ATR_EXTENDED.hex().upper()}"
        start = ["PC/SC ✓", *(f"+ {one}" for one in names), inserted]
        assert [next(lines) for _ in start] == start
        pcsc_reader.slot.remove()
        assert next(lines) == f"□ {name}"
        pcscd.crash(private_pcscd)
        try:
            assert next(lines).startswith("PC/SC ✗")
            assert [next(lines) for _ in names] == [f"- {one}" for one in names]
        finally:
            private_pcscd.start_service()
        assert next(lines) == "PC/SC ✓"

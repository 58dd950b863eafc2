"""A second instance witnesses the log, by command line: over HTTP, and carried by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from cardsvc.clock import SystemClock
from tests.support.command_line import CommandLine, serve_command_line
from web.loopback import on_loopback
from web.wiring.witness import open_witness
from web.witness.app import create_witness_app

BY = ("--operator", "quan-tri")
NAME = "nhan-chung.tinh-khac.example"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


def test_a_witness_over_http(line: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    key = line.cardsvc("audit", "witness", "init", str(folder), "--name", NAME)
    assert "File exists" in line.cardsvc(
        "audit", "witness", "init", str(folder), "--name", NAME, status=1
    )
    log_key = line.cardsvc("audit", "witness", "key")
    assert "of a log" in line.cardsvc("audit", "witness", "add", log_key, *BY, status=1)
    origin = line.cardsvc("audit", "witness", "watch", str(folder), log_key)
    assert origin == log_key.partition("+")[0]
    assert "already" in line.cardsvc("audit", "witness", "watch", str(folder), log_key)
    with on_loopback(create_witness_app(open_witness(folder), SystemClock())) as url:
        line.cardsvc("audit", "witness", "add", key, "--url", url, *BY)
        assert line.cardsvc("audit", "witness", "ask") == "1"
        line.cardsvc("partner", "enrol", "benh-vien", "--name", "Bệnh viện", *BY)
        assert line.cardsvc("audit", "witness", "ask") == "1"
        name, size, where = line.cardsvc("audit", "witness", "list").split("\t")
        assert (name, where) == (NAME, url)
        checked = line.cardsvc("audit", "verify", "--ask")
        assert f"3 cosigned heads, up to {size}" in checked
        kept = tmp_path / "kept.txt"
        kept.write_bytes(urllib3.request("GET", f"{url}/checkpoint/{origin}").data)
        assert urllib3.request("POST", f"{url}/add-checkpoint", body=b"x" * 70_000).status == 413
        assert urllib3.request("POST", f"{url}/add-checkpoint", body=b"junk").status == 400
    assert "cosigned heads" in line.cardsvc("audit", "verify", "--checkpoint", str(kept))
    assert "network_failed" in line.cardsvc("audit", "verify", "--ask", status=1)
    kept.write_bytes(kept.read_bytes().replace(f"\n{size}\n".encode(), b"\n999999\n"))
    assert "audit_broken" in line.cardsvc("audit", "verify", "--checkpoint", str(kept), status=1)


def test_a_witness_that_no_network_reaches(line: CommandLine, tmp_path: Path) -> None:
    folder, name = tmp_path / "witness", "nhan-chung.kho"
    key = line.cardsvc("audit", "witness", "init", str(folder), "--name", name)
    line.cardsvc("audit", "witness", "watch", str(folder), line.cardsvc("audit", "witness", "key"))
    line.cardsvc("audit", "witness", "add", key, *BY)
    asked, answered = tmp_path / "asked.txt", tmp_path / "answered.txt"
    for _ in range(2):
        asked.write_text(line.cardsvc("audit", "witness", "request", name) + "\n", "utf-8")
        cosigned = line.cardsvc("audit", "witness", "cosign", str(folder), str(asked))
        answered.write_text(cosigned + "\n", "utf-8")
        taken = line.cardsvc("audit", "witness", "take", name, str(asked), str(answered))
        assert f"{name}\t{taken}\t–" in line.cardsvc("audit", "witness", "list")
        line.cardsvc("partner", "enrol", f"p-{taken}", "--name", "P", *BY)
    again = line.cardsvc("audit", "witness", "cosign", str(folder), str(asked), status=1)
    assert again.startswith(taken)
    assert "no witness" in line.cardsvc("audit", "witness", "request", "nobody", status=1)

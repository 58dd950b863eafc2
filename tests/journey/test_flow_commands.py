"""What administrators do for partners' flows from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.support.command_line import CommandLine, serve_command_line

BY = ("--operator", "lan")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def holder_id(line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> str:
    form = tmp_path_factory.mktemp("form") / "form.toml"
    form.write_text(line.cardsvc("application", "form", "individual"))
    application = line.cardsvc("application", "request", str(form), *BY)
    assert application
    found = line.cardsvc("holder", "find", "")
    return found.split("\t")[0]


def test_a_residence_is_recorded_by_a_code_of_either_table(
    line: CommandLine, holder_id: str
) -> None:
    record = ("holder", "residence", holder_id)
    assert line.cardsvc(*record, "46", *BY) == f"{holder_id}\tHuế"
    old = ("--table", "124/2004/QĐ-TTg")
    assert line.cardsvc(*record, "24", *old, *BY) == f"{holder_id}\tBắc Giang"
    assert "has no code 99" in line.cardsvc(*record, "99", *BY, status=1)
    assert "holder_unknown" in line.cardsvc("holder", "residence", "khong-co", "46", *BY, status=1)


def test_a_holder_without_a_check_is_told_so(line: CommandLine, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(line.cardsvc("agent", "enrol", "ki-ot-1", "--name", "Ki-ốt", *BY))
    options = ("--reader", "virtual:good", "--service-url", line.url, "--token-file", str(token))
    foreign = line.agent("my-checks", *options, "--pin-stdin", status=1, typed="123456\n")
    assert "Thẻ không hợp lệ" in foreign
    wrong = line.agent("my-checks", *options, "--pin-stdin", status=2, typed="000000\n")
    assert "pin_wrong" in wrong


def test_a_pass_is_issued_drawn_checked_offline_and_revoked(
    line: CommandLine, tmp_path: Path
) -> None:
    line.cardsvc("partner", "enrol", "toa-nha", "--name", "Tòa nhà", *BY)
    drawing, text, keys = (tmp_path / name for name in ("pass.svg", "pass.txt", "keys.json"))
    asked = ("--host", "phong-1", "--zone", "nha-b", "--purpose", "Họp", "--qr", str(drawing))
    made = line.cardsvc("visitor-pass", "issue", "toa-nha", *asked)
    pass_id, code = made.splitlines()
    assert drawing.read_text("utf-8").startswith("<svg")
    text.write_text(code + "\n")
    keys.write_bytes(urllib3.request("GET", f"{line.url}/.well-known/visitor-pass-keys.json").data)
    check = ("visitor-pass", "verify", str(text), "--keys", str(keys))
    told = json.loads(line.cardsvc(*check, "--zone", "nha-b"))
    assert (told["id"], told["level"], told["purpose"]) == (pass_id, "X0", "Họp")
    assert "pass_wrong_zone" in line.cardsvc(*check, "--zone", "nha-c", status=1)
    line.cardsvc("visitor-pass", "revoke", "toa-nha", pass_id, *BY)
    revoked = tmp_path / "revoked.jwt"
    revoked.write_bytes(urllib3.request("GET", f"{line.url}/status/visitor-passes").data)
    assert "pass_revoked" in line.cardsvc(*check, "--revoked", str(revoked), status=1)
    nobody = ("visitor-pass", "issue", "khong-co", *asked[:-2])
    assert "no partner" in line.cardsvc(*nobody, status=1)


def test_a_policy_may_ask_for_a_code_alone_or_for_an_officer(line: CommandLine) -> None:
    line.cardsvc("partner", "enrol", "thu-vien", "--name", "Thư viện", *BY)
    for version, level in enumerate(("X0", "X3"), start=1):
        put = ("partner", "policy", "thu-vien", "muon-sach", "--level", level, *BY)
        assert line.cardsvc(*put) == str(version)

"""The command line as a stranger runs it: a process of its own, pcscd, a foreign card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support.foreign import issuer
from tests.support.foreign.card import ForeignCard
from tests.support.foreign.issuer import Blueprint
from tests.support.foreign.judge import folder
from tests.support.pcscd import insert

pytestmark = pytest.mark.pcsc
NOON = "2026-06-01T12:00:00Z"
ROOT = Path(__file__).parents[2]


@dataclass
class Outcome:
    status: int
    stdout: bytes
    stderr: str

    @property
    def report(self) -> dict:
        return json.loads(self.stdout.decode("utf-8"))

    @property
    def reasons(self) -> dict[str, str]:
        return {
            check["id"]: check["reason"]
            for check in self.report["checks"]
            if check["result"] == "fail"
        }


@dataclass
class Desk:
    """A reader with a card, and folders."""

    reader: VirtualPcscReader
    card: ForeignCard
    folder: Path

    def inspect(
        self,
        *more: str,
        pin: bytes = b"",
        reader: str | None = None,
        at: str = NOON,
        trust: str = "trust",
        environment: dict[str, str] | None = None,
        module: str = "reader_agent",
    ) -> Outcome:
        command = [sys.executable, "-m", module, "inspect", "--at", at]
        command += ["--reader", self.reader.name if reader is None else reader]
        command += [f"--trust={self.folder / trust}", f"--crl={self.folder / 'crl'}", *more]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
        done = subprocess.run(
            command, input=pin, capture_output=True, cwd=ROOT, timeout=60, check=False,
            env=kept | (environment or {}),
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def shared_desk(
    private_pcscd: PrivatePcscd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    by = issuer.federal()
    place = tmp_path_factory.mktemp("desk")
    folder(by.trust(), ".cer", into=place / "trust")
    folder(by.crls(), ".crl", into=place / "crl")
    card = Blueprint(by).fill().seal().card()
    reader = private_pcscd.readers[1]
    insert(reader, card)
    yield Desk(reader, card, place)
    reader.slot.remove()


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """The desk with a card that nobody has tried a PIN on."""
    shared_desk.card.verifications.clear()
    shared_desk.card.tries.clear()
    return shared_desk


def test_json_has_what_was_promised(desk: Desk) -> None:
    outcome = desk.inspect("--mode", "full", "--pin-stdin", "--json", pin=b"123456\n")
    report = outcome.report
    assert (outcome.status, report["verdict"], report["level"]) == (0, "accept", "X2")
    assert {"verdict", "level", "card", "checks"} <= report.keys()
    for check in report["checks"]:
        assert {"id", "title", "result", "reason", "detail"} <= check.keys()
        assert check["result"] in {"pass", "fail", "not_applicable"}
        assert (check["reason"] is None) == (check["result"] != "fail")
    assert outcome.stderr == ""
    assert b"123456" not in outcome.stdout


@pytest.mark.parametrize("module", ["reader_agent", "reader_agent.cli"])
def test_either_module_is_the_command(desk: Desk, module: str) -> None:
    """A command that does nothing and ends in 0 would be an accept."""
    outcome = desk.inspect("--json", module=module)
    assert (outcome.status, outcome.report["verdict"]) == (0, "accept")
    assert desk.inspect("--json", module=module, trust="crl").status == 1


@pytest.mark.parametrize(
    ("typed", "status", "tries"),
    [
        (b"123456\r\n", 0, [True]),
        (b"123456", 0, [True]),
        (b"123456\nsecond line\n", 0, [True]),
        (b"000000\n", 1, [False]),
        (b"", 1, []),
        (b"\xff\xfe\n", 1, []),
        (b"1" * 5000, 1, []),
    ],
)
def test_what_may_be_typed_as_a_pin(
    desk: Desk, typed: bytes, status: int, tries: list[bool]
) -> None:
    outcome = desk.inspect("--mode", "full", "--pin-stdin", "--json", pin=typed)
    assert outcome.status == status, outcome
    assert desk.card.verifications == [(0x80, good) for good in tries]
    assert list(outcome.reasons) == ([] if status == 0 else ["card.pin"])


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-06-01", 0),
        ("2026-06-01T12:00:00", 0),
        ("2026-06-01 19:00:00+07:00", 0),
        ("20260601T120000Z", 0),
        ("2026-06-01T12:00:00.25Z", 0),
        ("2030-01-01T00:00:00Z", 1),
        ("0001-01-01", 1),
        ("9999-12-31T23:59:59-12:00", 2),
        ("yesterday", 2),
    ],
)
def test_instants(desk: Desk, at: str, status: int) -> None:
    outcome = desk.inspect("--json", at=at)
    assert outcome.status == status, outcome
    assert "Traceback" not in outcome.stderr


def test_readers_that_are_not_there_or_not_one(desk: Desk, private_pcscd: PrivatePcscd) -> None:
    for name, reason in (
        ("no such reader", "no_reader"),
        ("Virtual", "no_reader"),
        ("", "no_reader"),
        (private_pcscd.readers[-1].name, "no_card"),
    ):
        outcome = desk.inspect("--json", reader=name)
        assert (outcome.status, outcome.report["verdict"]) == (2, "unreadable")
        assert outcome.reasons == {"card.application": reason}


def test_misuse_is_a_message_and_not_a_verdict(desk: Desk) -> None:
    for more in (["--nope"], ["--mode", "half"], ["--ocsp", "/nonexistent"]):
        outcome = desk.inspect(*more)
        assert (outcome.status, outcome.stdout) == (2, b"")
        assert "Error:" in outcome.stderr
        assert "Traceback" not in outcome.stderr


def test_rubbish_among_the_files_is_told_and_passed_over(desk: Desk) -> None:
    rubbish = folder(issuer.federal().trust(), into=desk.folder / "rubbish")
    version_5 = (
        issuer.federal().trust()[0].replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")
    )
    for name, octets in {
        "bad.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "cut.pem": b"-----BEGIN CERTIFICATE-----\nMIIB",
        "empty": b"",
        "read.me": "chứng thư".encode(),
        "version.der": version_5,
    }.items():
        (rubbish / name).write_bytes(octets)
    (rubbish / "dangling").symlink_to("/nonexistent")
    (rubbish / "loop").symlink_to(rubbish)
    (rubbish / "endless").symlink_to("/dev/zero")
    os.mkfifo(rubbish / "fifo")
    outcome = desk.inspect("--json", trust="rubbish")
    assert (outcome.status, outcome.report["verdict"]) == (0, "accept"), outcome
    told = {warning.split(":")[0] for warning in outcome.report["warnings"]}
    assert told == {"bad.pem", "cut.pem", "empty", "read.me", "version.der"}


def test_an_empty_trust_folder_trusts_nobody(desk: Desk) -> None:
    (desk.folder / "nobody").mkdir()
    outcome = desk.inspect("--json", trust="nobody")
    assert (outcome.status, outcome.reasons) == (1, {"9e.path": "untrusted_issuer"})


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "C.UTF-8"}])
def test_output_is_utf_8_in_every_locale(desk: Desk, locale: dict[str, str]) -> None:
    assert "CHẤP NHẬN" in desk.inspect(environment=locale).stdout.decode("utf-8")
    assert desk.inspect("--json", environment=locale).report["verdict"] == "accept"

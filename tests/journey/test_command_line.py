"""A newcomer issues, uses and ends a card from the command line alone."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.wire.tap import ChallengeMessage, ConsentText
from tests.support.command_line import CommandLine, serve_command_line
from tests.support.portraits import jpeg

PIN = "482913"
_BLANKS = itertools.count(1)
_PEOPLE = itertools.count(1)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service"), "enforce") as running:
        yield running


class Desk:
    """An issuing desk: an enrolled agent, a blank card in a file."""

    def __init__(self, line: CommandLine, folder: Path, name: str) -> None:
        self.line, self.folder, self.name = line, folder, name
        self.token = folder / "token"
        token = line.cardsvc("agent", "enrol", name, "--name", "Bàn", "--operator", "quan-tri")
        self.token.write_text(token + "\n")
        self.card = folder / "card.json"
        line.agent("virtual", "new", str(self.card), "--short")
        self.options = ("--reader", f"virtual:{self.card}", "--service-url", line.url)
        self.options += ("--token-file", str(self.token))

    def request(self, card_type: str = "civil_servant") -> str:
        form = self.folder / "form.toml"
        filled_in = self.line.cardsvc("application", "form", card_type)
        # somebody else each time: nobody has two requests open
        self.number = f"046190{next(_PEOPLE):02}2345"
        form.write_text(filled_in.replace("046190012345", self.number))
        return self.line.cardsvc("application", "request", str(form), "--operator", "lan")

    def order(self, application: str, *more: str) -> str:
        self.line.cardsvc("application", "approve", application, "--operator", "hung")
        arguments = ("--agent", self.name, "--operator", "mai", "--blank", self.blank(), *more)
        return self.line.cardsvc("desk", "open-job", application, *arguments)

    def blank(self) -> str:
        """Take one more blank into this desk's stock; return its serial."""
        keeper = ("--name", "Bàn", "--site", "tru-so", "--operator", "tam")
        self.line.cardsvc("stock", "keeper", self.name, *keeper)
        serial = f"PHOI-{next(_BLANKS):06}"
        delivery = ("--product", "PIV-80K", "--box", "HOP-1", "--delivery-note", "PN-1/2026")
        into = ("--keeper", self.name, *delivery, "--operator", "tam")
        self.line.cardsvc("stock", "receive", serial, *into)
        return serial

    def guid(self, application: str) -> str:
        shown = self.line.cardsvc("application", "show", application)
        return next(text.split()[1] for text in shown.splitlines() if text.startswith("card "))

    def tap(self, level: str, status: int) -> str:
        arguments = ("--relying-party", "benh-vien", "--service", "tiep-don", "--level", level)
        typed = PIN + "\n"
        tap = self.line.agent(
            "tap", *self.options, *arguments, "--pin-stdin", "--json", status=status, typed=typed
        )
        code: str = json.loads(tap)["code"]
        return code


@pytest.fixture
def desk(line: CommandLine, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(line, tmp_path, request.node.name[:40])


def test_a_card_from_request_to_replacement(desk: Desk) -> None:
    line = desk.line
    application = desk.request()
    shown = line.cardsvc("application", "show", application)
    assert "046•••••2345" in shown
    assert desk.number not in shown
    refused = line.cardsvc("application", "approve", application, "--operator", "lan", status=1)
    assert refused.startswith("Error: same_operator")
    photo = desk.folder / "photo.jpg"
    photo.write_bytes(jpeg())
    job = desk.order(application, "--photo", str(photo))
    assert job in line.cardsvc("desk", "jobs")
    twice = ("desk", "open-job", application, "--agent", desk.name, "--operator", "mai")
    assert job in line.cardsvc(*twice, status=1)

    made = json.loads(line.agent("personalise", *desk.options, "--job", job, "--json"))
    assert (made["state"], made["reason"]) == ("personalised", None)
    assert job not in line.cardsvc("desk", "jobs")
    guid = desk.guid(application)
    assert guid in line.cardsvc("card", "list", "--state", "personalised")
    line.cardsvc("card", "hand-over", guid, "--operator", "mai")
    code = line.cardsvc("card", "activation-code", guid, "--operator", "mai")
    assert "again" in line.cardsvc("card", "activation-code", "--help")
    line.cardsvc("card", "activation-code", guid, "--operator", "mai", status=1)

    line.cardsvc("partner", "enrol", "benh-vien", "--name", "Bệnh viện", "--operator", "quan-tri")
    line.cardsvc("partner", "policy", "benh-vien", "tiep-don", "--operator", "quan-tri")
    assert "benh-vien/tiep-don\tversion 1\tX1" in line.cardsvc("partner", "list")
    assert desk.tap("X1", 1) == "card_not_active"
    line.agent("activate", *desk.options, "--pin-stdin", typed=f"{code}\n{PIN}\n")
    assert desk.tap("X1", 0) == desk.tap("X2", 0) == "granted"
    line.cardsvc("card", "suspend", guid, "--operator", "lan")
    assert desk.tap("X1", 1) == "card_suspended"
    line.cardsvc("card", "resume", guid, "--operator", "hung")
    line.cardsvc("partner", "disable", "benh-vien", "--operator", "quan-tri")
    assert desk.tap("X1", 1) == "not_permitted"
    reason = ("--reason", "cessationOfOperation")
    line.cardsvc("card", "revoke", guid, *reason, "--operator", "hung")
    assert "revoked" in line.cardsvc("card", "show", guid)

    line.cardsvc("audit", "sign")
    found = line.cardsvc("audit", "verify").splitlines()
    assert [one[0] for one in found] == ["✓", "✓"]
    assert "heads signed by the service" in found[1]
    events = line.cardsvc("audit", "show", "--subject", guid)
    for action in ("card.personalised", "card.issued", "card.code_shown", "card.revoked"):
        assert action in events
    assert code not in line.cardsvc("audit", "show", "--limit", "1000")


def test_an_activation_that_lost_the_service_goes_on_with_the_new_pin(desk: Desk) -> None:
    line = desk.line
    application = desk.request("individual")
    line.agent("personalise", *desk.options, "--job", desk.order(application))
    guid = desk.guid(application)
    line.cardsvc("card", "hand-over", guid, "--operator", "mai")
    code = line.cardsvc("card", "activation-code", guid, "--operator", "mai")
    nowhere = [text.replace(line.url, "http://127.0.0.1:1") for text in desk.options]
    lost = line.agent("activate", *nowhere, "--pin-stdin", status=2, typed=f"{code}\n{PIN}\n")
    assert "network_failed" in lost
    assert "--pin-changed" in lost
    again = ("--pin-stdin", "--pin-changed")
    assert line.agent("activate", *desk.options, *again, typed=PIN + "\n").startswith("✓")


@pytest.mark.reason(ReasonCode.NETWORK_FAILED)
def test_a_service_that_is_not_there_is_said(desk: Desk) -> None:
    nowhere = [text.replace(desk.line.url, "http://127.0.0.1:1") for text in desk.options]
    failed = desk.line.agent("personalise", *nowhere, "--job", "x", "--json", status=2)
    assert json.loads(failed)["reason"] == "network_failed"


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_an_agent_without_a_valid_token_gets_nothing(desk: Desk) -> None:
    job = ("--job", "x", "--json")
    for token in ("", "không phải token", "A" * 43):
        desk.token.write_text(token)
        failed = desk.line.agent("personalise", *desk.options, *job, status=2)
        assert json.loads(failed)["reason"] == "access_denied"


def test_a_job_of_another_desk_or_a_cancelled_one_is_unknown(
    desk: Desk, line: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Desk(line, tmp_path / "other", "other-desk")
    job = other.order(other.request("individual"))
    arguments = ("personalise", *desk.options, "--job", job, "--json")
    assert json.loads(line.agent(*arguments, status=2))["reason"] == "job_unknown"
    line.cardsvc("desk", "cancel-job", job)
    mine = ("personalise", *other.options, "--job", job, "--json")
    assert json.loads(line.agent(*mine, status=2))["reason"] == "job_unknown"


def test_a_returned_request_is_corrected_by_its_form(desk: Desk) -> None:
    line = desk.line
    application = desk.request("business")
    arguments = ("--note", "WRONG_NAME", "--operator", "hung")
    line.cardsvc("application", "return", application, *arguments)
    assert application in line.cardsvc("application", "list", "--state", "returned")
    form = desk.folder / "form.toml"
    form.write_text(form.read_text().replace("Minh Khuê", "Minh Khuế"))
    line.cardsvc("application", "resubmit", application, str(form), "--operator", "lan")
    assert "Minh Khuế" in line.cardsvc("application", "show", application)
    line.cardsvc("application", "reject", application, *arguments)
    line.cardsvc("application", "withdraw", application, "--operator", "lan", status=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("card", "show", "not-a-guid"), "card list"),
        (("card", "show", "00000000-0000-4000-8000-000000000000"), "card_unknown"),
        (("application", "approve", "x", "--operator", "hung"), "application_unknown"),
        (("desk", "open-job", "x", "--agent", "a", "--operator", "m"), "application_unknown"),
        (("desk", "cancel-job", "x"), "job_unknown"),
        (("agent", "disable", "nobody", "--operator", "quan-tri"), "no agent nobody"),
        (("partner", "disable", "nobody", "--operator", "quan-tri"), "no partner nobody"),
        (("partner", "policy", "nobody", "s", "--operator", "quan-tri"), "no partner nobody"),
        (("application", "request", __file__, "--operator", "lan"), "malformed_form"),
    ],
)
def test_a_slip_is_one_line_that_helps(
    line: CommandLine, arguments: tuple[str, ...], said: str
) -> None:
    output = line.cardsvc(*arguments, status=2 if said == "card list" else 1)
    assert said in output
    assert "Traceback" not in output


def test_a_data_folder_that_can_not_be_made_is_named(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = CommandLine(line.url, {"CARDSVC_DATA_DIR": str(tmp_path / "file" / "below")})
    assert str(tmp_path) in line.cardsvc("card", "list", status=1)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@host/db", "no support for mysql"),
        ("u:secret", "not a database's URL"),
        ("postgresql://u:secret@127.0.0.1:1/db", "service_unavailable"),
    ],
)
def test_a_database_that_is_none_or_is_down_is_one_line(
    line: CommandLine, url: str, said: str
) -> None:
    output = CommandLine(line.url, line.environment | {"CARDSVC_DATABASE_URL": url}).cardsvc(
        "card", "list", status=1
    )
    assert said in output
    assert "secret" not in output
    assert "Traceback" not in output


def test_a_backup_is_a_whole_service(line: CommandLine, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    line.cardsvc("agent", "enrol", "kept", "--name", "Bàn", "--operator", "quan-tri")
    line.cardsvc("backup", str(copy))
    assert (copy / "cardsvc.db").stat().st_mode & 0o077 == 0
    restored = CommandLine(line.url, line.environment | {"CARDSVC_DATA_DIR": str(copy)})
    assert restored.cardsvc("audit", "verify") == line.cardsvc("audit", "verify")
    assert "kept" in restored.cardsvc("agent", "list")
    assert "File exists" in line.cardsvc("backup", str(copy), status=1)


def test_a_backup_that_failed_leaves_no_folder(line: CommandLine, tmp_path: Path) -> None:
    lost = Path(line.environment["CARDSVC_DATA_DIR"]) / "vault" / "lost"
    lost.symlink_to("nowhere")
    try:
        said = line.cardsvc("backup", str(tmp_path / "copy"), status=1)
    finally:
        lost.unlink()
    assert "No such file" in said
    assert "Traceback" not in said
    assert not (tmp_path / "copy").exists()


def test_a_card_answers_a_challenge_that_a_partner_asked_for(desk: Desk, tmp_path: Path) -> None:
    line, card = desk.line, ("--reader", "virtual:good")
    challenge = tmp_path / "challenge.json"
    asked = ChallengeMessage(bytes(32), b"message", datetime(2026, 11, 21, tzinfo=UTC))
    challenge.write_bytes(asked.encode())
    pin = tmp_path / "pin"
    pin.write_text("123456\n")
    for more, slots in (((), {"9E"}), (("--pin-file", str(pin)), {"9E", "9A"})):
        body = json.loads(line.agent("answer", str(challenge), *card, *more))
        assert body["proofs"].keys() == slots
        assert (body["asked"], body["consent"]) == (None, None)
    text = ConsentText("2026-1.0011223344556677", "Tôi đồng ý.", "I agree.")
    challenge.write_bytes(replace(asked, consent=text).encode())
    assert json.loads(line.agent("answer", str(challenge), *card))["consent"] is None
    with_pin = ("answer", str(challenge), *card, "--pin-file", str(pin), "--ask", "name, over_18")
    shown, _, answered = line.agent(*with_pin).rpartition("\n")
    assert shown == "Tôi đồng ý.\nI agree."
    body = json.loads(answered)
    assert (body["consent"], body["asked"]) == (text.id, ["name", "over_18"])
    challenge.write_bytes(asked.encode())
    pin.write_text("")
    failed = line.agent("answer", str(challenge), *card, "--pin-file", str(pin), status=2)
    assert "no PIN" in failed
    assert "no_reader" in line.agent("answer", str(challenge), "--reader", "virtual:x", status=2)
    challenge.write_text("{}")
    assert "malformed_message" in line.agent("answer", str(challenge), *card, status=2)

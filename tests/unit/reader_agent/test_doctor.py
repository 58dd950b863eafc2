"""Each fault that the doctor knows is provoked, and named with its fix."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click.testing
import pytest

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError, ReasonCode
from reader_agent.cli import main
from reader_agent.doctor.device_check import (
    BACKLOG,
    check_device,
    check_disk,
    check_identity,
    check_outbox,
)
from reader_agent.doctor.finding import Finding, Grade, Sign
from reader_agent.doctor.readers_check import ReaderTools, check_readers, check_roles
from reader_agent.doctor.texts import SIGN_TEXTS
from reader_agent.outbox.book import EventBook, NewEvent
from reader_agent.platform.posix import smart_card_devices
from reader_agent.run.config import parse_agent_config
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from tests.support.doctored_agents import AT, config, enrolled, signs
from tests.support.scripted_reader import ScriptedReader

DOOR = ReaderConfig("cửa", "ACR", Role.DOOR)


def a_card(_: str) -> CardConnection:
    return connect_in_process(VirtualCard(CardState.factory()))


def busy(_: str) -> CardConnection:
    raise CardError(ReasonCode.READER_BUSY)


def raising(reason: ReasonCode) -> Callable[[], Sequence[str]]:
    def fail() -> Sequence[str]:
        raise CardError(reason)

    return fail


ROLES = """[agent]
relying_party = "rp"
[service]
url = "https://the.example"
[[readers]]
name = "một"
match = "ACR"
role = "counter"
"""
HALL = """[kiosk]
name_vi = "Sảnh"
name_en = "Hall"
services = [{service = "tra-cuu", title_vi = "Tra cứu", title_en = "Look up"}]
"""


def test_a_section_without_a_reader_and_a_reader_without_a_section(tmp_path: Path) -> None:
    lacking = Finding(Sign.ROLE_WITHOUT_READER, "[kiosk]")
    unused = Finding(Sign.READER_WITHOUT_USE, "một, role = counter")
    both = ROLES + HALL
    assert check_roles(parse_agent_config(both)) == [lacking, unused]
    assert lacking.sign.grade is Grade.FAULT
    assert check_roles(parse_agent_config(both.replace('"counter"', '"kiosk"'))) == []
    assert check_roles(parse_agent_config(ROLES.replace('"counter"', '"desk"'))) == []
    door = '[[doors]]\nname = "a"\nreader = "một"\nservice = "s"\ncontact = false\n'
    door += 'lock = {pin = 17, active_high = true, fail = "secure"}\n'
    at_door = ROLES.replace('"counter"', '"door"')
    assert signs(check_roles(parse_agent_config(at_door))) == [Sign.READER_WITHOUT_USE]
    assert check_roles(parse_agent_config(at_door + door)) == []
    file = tmp_path / "agent.toml"
    file.write_text(both, "utf-8")
    arguments = ["run", "--config", str(file), "--check"]
    result = click.testing.CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert "! [kiosk]: no reader has role = kiosk" in result.output
    assert "! [[readers]] một: nothing uses a reader of role = counter" in result.output


ACR = "ACS ACR39U 00 00"


@pytest.mark.parametrize(
    ("listed", "open_card", "plugged_in", "configured", "expected"),
    [
        (None, a_card, 0, [DOOR], [Sign.PYSCARD_MISSING]),
        (raising(ReasonCode.SERVICE_UNAVAILABLE), a_card, 0, [DOOR], [Sign.PCSC_NOT_RUNNING]),
        (raising(ReasonCode.ACCESS_DENIED), a_card, 0, [DOOR], [Sign.PCSC_REFUSED]),
        (list, a_card, 0, [DOOR], [Sign.NO_READER]),
        (list, a_card, None, [DOOR], [Sign.NO_READER]),
        (list, a_card, 1, [DOOR], [Sign.DRIVER_MISSING]),
        (lambda: ["HID"], a_card, 1, [DOOR], [Sign.READER_ABSENT]),
        (lambda: [ACR, "ACR 2"], a_card, 2, [DOOR], [Sign.READER_AMBIGUOUS]),
        (lambda: [ACR], busy, 1, [DOOR], [Sign.READER_BUSY]),
        (lambda: [ACR], a_card, 1, [DOOR], [Sign.READERS_GOOD]),
        (lambda: [f"R {n:02}" for n in range(16)], a_card, 16, [], [Sign.READER_CAP]),
        (raising(ReasonCode.SERVICE_UNAVAILABLE), a_card, 0,
         [ReaderConfig("v", "virtual:/x", Role.KIOSK)], [Sign.READERS_GOOD]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_readers(
    listed: Callable[[], Sequence[str]] | None,
    open_card: Callable[[str], CardConnection],
    plugged_in: int | None,
    configured: Sequence[ReaderConfig],
    expected: Sequence[Sign],
) -> None:
    tools = ReaderTools(listed, open_card, lambda: plugged_in)
    assert signs(check_readers(configured, tools)) == expected


def test_a_reader_with_a_pin_pad_is_named_while_it_has_a_card() -> None:
    def with_pad(name: str) -> CardConnection:
        if name != ACR:
            raise CardError(ReasonCode.NO_CARD)
        return ScriptedReader({ScriptedReader.feature_request: bytes.fromhex("060442330006")})

    tools = ReaderTools(lambda: [ACR, "HID"], with_pad, lambda: 2)
    assert check_readers([DOOR], tools) == [
        Finding(Sign.READERS_GOOD, "2"), Finding(Sign.PIN_PAD_GOOD, ACR),
    ]  # fmt: skip
    both = [DOOR, ReaderConfig("quầy", "OMNIKEY", Role.COUNTER)]
    assert signs(check_readers(both, tools)) == [Sign.READER_ABSENT, Sign.PIN_PAD_GOOD]


def test_usb_devices_are_known_by_their_class(tmp_path: Path) -> None:
    for name, kind in (("1-1:1.0", "0b"), ("1-2:1.0", "03")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bInterfaceClass").write_text(kind + "\n", "ascii")
    assert smart_card_devices(tmp_path) == 1


@pytest.mark.parametrize(
    ("days", "expected"),
    [(30, Sign.IDENTITY_GOOD), (0, Sign.CERTIFICATE_EXPIRED)],
)
def test_how_long_the_certificate_lasts(tmp_path: Path, days: int, expected: Sign) -> None:
    assert signs(check_identity(enrolled(tmp_path, days), AT)) == [expected]


def test_a_certificate_that_should_have_been_renewed(tmp_path: Path) -> None:
    late = AT + timedelta(days=25)
    assert signs(check_identity(enrolled(tmp_path, 30), late)) == [Sign.CERTIFICATE_NEAR]


def test_an_identity_that_others_can_read_or_nobody(tmp_path: Path) -> None:
    made = enrolled(tmp_path, 30)
    (tmp_path / "identity.pem").chmod(0o640)
    assert signs(check_identity(made, AT)) == [Sign.IDENTITY_EXPOSED]
    (tmp_path / "identity.pem").chmod(0o600)
    (tmp_path / "identity.pem").write_bytes(b"-")
    assert signs(check_identity(made, AT)) == [Sign.IDENTITY_BROKEN]


def test_a_device_without_identity_needs_a_token(tmp_path: Path) -> None:
    assert signs(check_identity(config(tmp_path), AT)) == [Sign.NOT_ENROLLED]
    token = tmp_path / "token"
    assert signs(check_identity(config(tmp_path, token_file=token), AT)) == [Sign.TOKEN_UNREADABLE]
    token.write_text("abc", "ascii")
    assert signs(check_identity(config(tmp_path, token_file=token), AT)) == [Sign.IDENTITY_GOOD]


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    assert signs(check_disk(tmp_path / "new")) == [Sign.DISK_GOOD]
    (tmp_path / "file").write_bytes(b"")
    assert signs(check_disk(tmp_path / "file" / "below")) == [Sign.DISK_READONLY]


@contextmanager
def no_rights_to(place: Path) -> Iterator[None]:
    """Be somebody who may not open a file or folder; root becomes another user for it."""
    mode = place.stat().st_mode
    place.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        place.chmod(mode)


def test_a_folder_of_another_user_is_said_and_no_harm_is_advised(tmp_path: Path) -> None:
    state_dir = tmp_path / "data"
    made = enrolled(state_dir, 30)
    EventBook(state_dir / "outbox.db").close()
    with no_rights_to(state_dir):
        assert check_device(made, AT) == [Finding(Sign.DATA_FORBIDDEN, str(state_dir))]
    expected = [Sign.DISK_GOOD, Sign.IDENTITY_GOOD, Sign.OUTBOX_GOOD]
    assert signs(check_device(made, AT)) == expected


def test_an_outbox_of_another_user_is_not_called_damaged() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = folder / "outbox.db"
        EventBook(file).close()
        with no_rights_to(file):
            assert check_outbox(file) == [Finding(Sign.DATA_FORBIDDEN, str(file))]
        assert signs(check_outbox(file)) == [Sign.OUTBOX_GOOD]


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader_agent.platform.free_octets", lambda _: 10 * 1024**2)
    assert signs(check_disk(tmp_path)) == [Sign.DISK_LOW]


def test_how_much_waits_in_the_outbox(tmp_path: Path) -> None:
    file = tmp_path / "outbox.db"
    assert signs(check_outbox(file)) == [Sign.OUTBOX_GOOD]
    book = EventBook(file)
    book.append_all([NewEvent("door.opened", {}, AT)] * BACKLOG)
    assert signs(check_outbox(file)) == [Sign.OUTBOX_GOOD]
    book.append_all([NewEvent("door.opened", {}, AT)])
    assert check_outbox(file) == [Finding(Sign.OUTBOX_BACKLOG, str(BACKLOG + 1))]
    book.close()
    file.write_bytes(b"not a database, though long enough to be taken for one" * 20)
    assert signs(check_outbox(file)) == [Sign.OUTBOX_BROKEN]
    file.unlink()
    sqlite3.connect(file).close()
    assert signs(check_outbox(file)) == [Sign.OUTBOX_BROKEN]


def test_every_sign_is_said_in_both_languages_and_every_fault_has_a_fix() -> None:
    assert SIGN_TEXTS.keys() == set(Sign)
    for sign, text in SIGN_TEXTS.items():
        assert text.vi
        assert text.en
        assert bool(text.fix_vi) is bool(text.fix_en) is (sign.grade is not Grade.GOOD)


def test_the_command_says_it_and_ends_with_its_status(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[agent]\n", "utf-8")
    result = click.testing.CliRunner().invoke(main, ["doctor", "--config", str(file), "--json"])
    assert result.exit_code == 2
    first = json.loads(result.output)[0]
    assert (first["sign"], first["grade"]) == ("config_wrong", "fault")
    assert "agent.relying_party" in first["detail"]
    assert first["fix_vi"]
    file.write_text(
        f"""[agent]
relying_party = "rp"
state_dir = "{tmp_path}"
[service]
url = "http://127.0.0.1:9"
[[readers]]
name = "một"
match = "virtual:{tmp_path}/card.json"
role = "kiosk"
""",
        "utf-8",
    )
    result = click.testing.CliRunner().invoke(main, ["doctor", "--config", str(file)])
    assert result.exit_code == 2
    assert "✗ Thiết bị chưa đăng ký – the device is not enrolled" in result.output
    assert "✗ Không nối được máy chủ" in result.output
    assert "✓ Cấu hình đúng" in result.output

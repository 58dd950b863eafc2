"""Each fault that the doctor knows is provoked, and named with its fix."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click.testing
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardsvc.card.connection import CardConnection
from cardsvc.clock import SettableClock
from cardsvc.errors import CardError, ReasonCode
from reader_agent.cli import main
from reader_agent.doctor.device_check import (
    BACKLOG,
    check_device,
    check_disk,
    check_identity,
    check_outbox,
)
from reader_agent.doctor.examine import examine
from reader_agent.doctor.finding import Finding, Grade, Sign
from reader_agent.doctor.readers_check import ReaderTools, check_readers, check_roles
from reader_agent.doctor.service_check import check_service
from reader_agent.doctor.texts import SIGN_TEXTS
from reader_agent.enrol.identity import DeviceIdentity, new_key, save_identity
from reader_agent.outbox.book import EventBook, NewEvent
from reader_agent.platform.posix import smart_card_devices
from reader_agent.run.config import AgentConfig, ServiceConfig, parse_agent_config
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from tests.support.scripted_reader import ScriptedReader

AT = datetime(2026, 11, 22, tzinfo=UTC)
DOOR = ReaderConfig("cửa", "ACR", Role.DOOR)


def signs(findings: Sequence[Finding]) -> list[Sign]:
    return [one.sign for one in findings]


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


def certificate(
    key: ec.EllipticCurvePrivateKey, host: str = "", days: int = 30
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host or "device")])
    begin = datetime.now(UTC) if host else AT
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 2**70, begin - timedelta(days=1), begin + timedelta(days=days)
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, hashes.SHA256())


def config(folder: Path, url: str = "http://127.0.0.1:9", **more: Path) -> AgentConfig:
    return AgentConfig("rp", folder, ServiceConfig(url, **more))


def enrolled(folder: Path, days: int) -> AgentConfig:
    key = new_key()
    made = certificate(key, days=days)
    save_identity(folder, DeviceIdentity(key, made, made))
    return config(folder)


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


class Answering(BaseHTTPRequestHandler):
    """Answers what it is told, by the path of the address."""

    def do_GET(self) -> None:
        status = int(self.path.split("/")[1])
        offset = timedelta(seconds=int(self.path.split("/")[2]))
        body = b'{"job":null,"again_seconds":0}'
        self.send_response(status)
        self.send_header("Cardsvc-Time", (AT + offset).isoformat())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def answering() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("200/0", [Sign.SERVICE_GOOD]),
        ("401/0", [Sign.SIGN_IN_REFUSED]),
        ("502/0", [Sign.SERVICE_FAILED]),
        ("200/-3600", [Sign.CLOCK_OFF]),
        ("401/90", [Sign.SIGN_IN_REFUSED, Sign.CLOCK_OFF]),
    ],
)
def test_what_the_service_answers(
    answering: HTTPServer, tmp_path: Path, path: str, expected: Sequence[Sign]
) -> None:
    url = f"http://127.0.0.1:{answering.server_port}/{path}"
    assert signs(check_service(config(tmp_path, url), SettableClock(AT))) == expected


def test_a_clock_that_is_a_year_ahead_is_not_a_certificate_that_has_expired(
    answering: HTTPServer, tmp_path: Path
) -> None:
    enrolled(tmp_path, 30)
    file = tmp_path / "agent.toml"
    url = f"http://127.0.0.1:{answering.server_port}/200/0"
    agent = f'[agent]\nrelying_party = "rp"\nstate_dir = "{tmp_path}"\n'
    file.write_text(f'{agent}[service]\nurl = "{url}"\n', "utf-8")
    found = signs(examine(file, SettableClock(AT + timedelta(days=366))))
    assert Sign.CLOCK_OFF in found
    assert Sign.IDENTITY_GOOD in found
    file.write_text(f'{agent}[service]\nurl = "http://127.0.0.1:9"\n', "utf-8")
    found = signs(examine(file, SettableClock(AT + timedelta(days=366))))
    assert Sign.CERTIFICATE_EXPIRED in found, "nobody told the time"


def test_a_service_that_is_not_reached(tmp_path: Path, answering: HTTPServer) -> None:
    clock = SettableClock(AT)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert signs(check_service(config(tmp_path, url), clock)) == [Sign.TCP_FAILED]
    for host in ("no-such-host.invalid", "a" * 70 + ".invalid"):
        found = check_service(config(tmp_path, f"https://{host}"), clock)
        assert signs(found) == [Sign.DNS_FAILED]
    url = f"https://127.0.0.1:{answering.server_port}"
    assert signs(check_service(config(tmp_path, url), clock)) == [Sign.TLS_FAILED]


@pytest.mark.parametrize("content", [None, b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\n"])
def test_an_authority_that_can_not_be_read(tmp_path: Path, content: bytes | None) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    made = config(tmp_path, "https://127.0.0.1:9", ca_file=ca_file)
    found = check_service(made, SettableClock(AT))
    assert found == [Finding(Sign.CA_UNREADABLE, str(ca_file))]


def test_enrolling_says_as_the_doctor_does_why_the_service_is_not_reached(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("not PEM", "ascii")
    agent = f'[agent]\nrelying_party = "rp"\nstate_dir = "{tmp_path}"\n'
    service = f'[service]\nurl = "https://127.0.0.1:9"\nca_file = "{ca_file}"\n'
    file.write_text(agent + service, "utf-8")
    arguments = ["enrol", "--config", str(file), "--code-stdin"]
    result = click.testing.CliRunner().invoke(main, arguments, input="code\n")
    assert result.exit_code == 2
    assert result.output.startswith("✗ network_failed: ")
    assert f"service.ca_file) can't be read ({ca_file})" in result.output
    assert SIGN_TEXTS[Sign.CA_UNREADABLE].fix_vi in result.output


def test_a_service_whose_certificate_is_not_trusted(tmp_path: Path) -> None:
    key = new_key()
    made = certificate(key, "localhost").public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = tmp_path / "server.pem"
    pem.write_bytes(secret + made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = HTTPServer(("127.0.0.1", 0), Answering)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"https://localhost:{server.server_port}/200/0"
        clock = SettableClock(AT)
        assert signs(check_service(config(tmp_path, url), clock)) == [Sign.TLS_UNTRUSTED]
        trusted = tmp_path / "ca.pem"
        trusted.write_bytes(made)
        found = check_service(config(tmp_path, url, ca_file=trusted), clock)
        assert signs(found) == [Sign.SERVICE_GOOD]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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

"""What the doctor finds on the way to the service, and says of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import click.testing
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardsvc.clock import SettableClock
from reader_agent.cli import main
from reader_agent.doctor.examine import examine
from reader_agent.doctor.finding import Finding, Sign
from reader_agent.doctor.service_check import check_service
from reader_agent.doctor.texts import SIGN_TEXTS
from reader_agent.enrol.identity import new_key
from tests.support.doctored_agents import AT, certificate, config, enrolled, signs


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

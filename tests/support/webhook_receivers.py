"""Receivers of webhooks over TLS, polite and hostile, each on a port of loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[ssl.SSLSocket, int], object]
"""Answers a request that was read; the number says how many came before."""


@dataclass
class Call:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server that answers as it was told to.

    Args:
        url: where it is.
        ca_file: the certificate that it is believed under.
    """

    url: str
    ca_file: Path
    calls: list[Call] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


def answer_with(status: str, *headers: str) -> Answer:
    head = "\r\n".join((f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""))
    return lambda connection, _: connection.sendall(head.encode())


def answer_in_turn(*answers: Answer) -> Answer:
    return lambda connection, before: answers[min(before, len(answers) - 1)](connection, before)


def hang(connection: ssl.SSLSocket, _: int) -> None:
    connection.settimeout(20)
    with contextlib.suppress(OSError):
        connection.recv(1)


def drip(connection: ssl.SSLSocket, _: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _octet in range(400):
            connection.sendall(b"a")
            time.sleep(0.05)


def huge_body(connection: ssl.SSLSocket, _: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(bytes(65_536))


def nonsense(connection: ssl.SSLSocket, _: int) -> None:
    connection.sendall(b"\x00\xff not HTTP at all\r\n\r\n")


def huge_header(connection: ssl.SSLSocket, _: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n")


def make_certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"receiver {uuid4()}")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "receiver.pem", folder / "receiver.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@contextmanager
def receiving(folder: Path, answer: Answer) -> Iterator[Receiver]:
    """Receive until the block ends."""
    folder.mkdir(exist_ok=True)
    certificate_file, key_file = make_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate_file, key_file)
    counting = threading.Lock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/events?from=cardsvc"
        receiver = Receiver(url, certificate_file)

        def serve(plain: socket.socket) -> None:
            with contextlib.suppress(OSError), tls.wrap_socket(plain, server_side=True) as secured:
                call = _read(secured)
                with counting:
                    before = len(receiver.calls)
                    receiver.calls.append(call)
                    receiver.at_once += 1
                    receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
                try:
                    answer(secured, before)
                finally:
                    with counting:
                        receiver.at_once -= 1

        def accept() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield receiver
        listener.shutdown(socket.SHUT_RDWR)


def _read(connection: ssl.SSLSocket) -> Call:
    connection.settimeout(5)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    headers["request"] = lines[0]
    while len(body) < int(headers["Content-Length"]):
        body += _more(connection)
    return Call(headers, body)


def _more(connection: ssl.SSLSocket) -> bytes:
    octets = connection.recv(65_536)
    if not octets:
        raise ConnectionError
    return octets

"""Callers over HTTP, as a process of their own: they bring requests and read answers, no more.

Each has a connection that stays open where the service lets it (RFC 9112 section 9.3), and brings
its next request when it has its answer. One thread serves them all with octets that were made
before, at some 40 us a request: what is measured is the service.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

_ANSWER_SECONDS = 60.0
_OCTETS = 65_536
_GRANTED = b'"granted":true'


@dataclass(frozen=True, slots=True)
class Errand:
    """What the callers bring.

    Args:
        url: the endpoint's.
        token: an agent's.
        bodies: of the requests.
        callers: how many there are.
    """

    url: str
    token: str
    bodies: Sequence[bytes]
    callers: int


def run_errand(errand: Errand) -> float:
    """Have everything brought by another process; return how many seconds that took.

    Raises:
        RuntimeError: an answer was not a grant.
    """
    told = {
        "url": errand.url,
        "token": errand.token,
        "bodies": [b64encode(one).decode() for one in errand.bodies],
        "callers": errand.callers,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.callers"],
        input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        msg = f"the callers ended with {done.returncode}"
        raise RuntimeError(msg)
    return float(done.stdout)


def main() -> None:
    """Bring what standard input says; print the seconds."""
    told = json.load(sys.stdin)
    bodies = [b64decode(one) for one in told["bodies"]]
    errand = Errand(told["url"], told["token"], bodies, told["callers"])
    print(_bring(errand))


class _Caller:
    """A connection, and what was read of the answer that is on its way.

    Args:
        place: host and port.
        selector: tells when there is something to read.
    """

    def __init__(self, place: tuple[str, int], selector: selectors.BaseSelector) -> None:
        self._place, self._selector = place, selector
        self._open()

    def _open(self) -> None:
        self._read = b""
        self._connection = socket.create_connection(self._place, _ANSWER_SECONDS)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._connection, selectors.EVENT_READ, self)

    def close(self) -> None:
        self._selector.unregister(self._connection)
        self._connection.close()

    def bring(self, request: bytes) -> None:
        self._connection.sendall(request)

    def heard(self) -> bool:
        """Read on; tell whether the answer is whole.

        Raises:
            RuntimeError: it was not a grant, or there is none.
        """
        self._read += self._connection.recv(_OCTETS) or _broken()
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return False
        _require_grant(head, body)
        self._read = b""
        if b"connection: close" in head.lower():
            self.close()
            self._open()
        return True


def _bring(errand: Errand) -> float:
    requests = _requests(errand)
    place = urlsplit(errand.url)
    with selectors.DefaultSelector() as selector:
        address = (place.hostname or "", place.port or 80)
        callers = [_Caller(address, selector) for _ in range(errand.callers)]
        start, waiting = time.perf_counter(), 0
        for caller, request in zip(callers, requests, strict=False):
            caller.bring(request)
            waiting += 1
        while waiting:
            for key, _ in selector.select(_ANSWER_SECONDS) or _broken():
                if not key.data.heard():
                    continue
                if (following := next(requests, None)) is None:
                    waiting -= 1
                else:
                    key.data.bring(following)
        seconds = time.perf_counter() - start
        for caller in callers:
            caller.close()
    return seconds


def _requests(errand: Errand) -> Iterator[bytes]:
    place = urlsplit(errand.url)
    head = (
        f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {errand.token}\r\nContent-Type: application/json\r\n"
    )
    for body in errand.bodies:
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return _broken()


def _require_grant(head: bytes, body: bytes) -> None:
    if head.split(b" ", 2)[1] != b"200" or _GRANTED not in body:
        msg = f"no grant: {head!r} {body!r}"
        raise RuntimeError(msg)


def _broken() -> NoReturn:
    msg = "the service broke off or does not answer"
    raise RuntimeError(msg)


if __name__ == "__main__":
    main()

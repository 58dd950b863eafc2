"""A service that is killed while a program connects is gone; one that refuses says so twice.

pcsc-lite's client tells both with one code (8010006A): here a socket that is the service's,
accepts, and closes without an answer, as the kernel does for a killed pcscd and as pcscd does for
those whom polkit refuses.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode
from reader_agent.virtual.private_pcscd import SOCKET_VARIABLE
from tests.support import pcscd

pytestmark = [
    pytest.mark.pcsc,
    pytest.mark.skipif(not pcscd.HAS_PYSCARD, reason="not installed: pyscard"),
]

_ROOT = Path(__file__).parents[2]
_REQUEST_OCTETS = 20
"""What pcsc-lite's client says first: a header of 8 octets, its version in 12."""
_PROGRAM = """\
from cardsvc.errors import CardError
from reader_agent.pcsc import PcscConnection, PcscContext
for call in (PcscContext, lambda: PcscConnection("Reader 00 00")):
    try:
        call()
    except CardError as error:
        print(error.reason.value, flush=True)
"""


@contextmanager
def closing_service(path: Path, *, times: int) -> Iterator[None]:
    """Be a service that closes so many connections at once and then is not there any more."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        for left in reversed(range(times)):
            try:
                link, _ = listening.accept()
            except OSError:
                return
            if not left:
                listening.close()
            while len(link.recv(_REQUEST_OCTETS, socket.MSG_PEEK)) < _REQUEST_OCTETS:
                time.sleep(0.001)  # all of it is there, and is never read
            link.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.close()


def told_by_a_program(path: Path) -> list[str]:
    environment = os.environ | {SOCKET_VARIABLE: str(path)}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, cwd=_ROOT, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.reason(ReasonCode.SERVICE_UNAVAILABLE)
def test_a_service_killed_while_we_connect_is_gone(tmp_path: Path) -> None:
    with closing_service(tmp_path / "s", times=1):
        assert told_by_a_program(tmp_path / "s") == [ReasonCode.SERVICE_UNAVAILABLE] * 2


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_a_service_that_refuses_us_refuses_us_twice(tmp_path: Path) -> None:
    with closing_service(tmp_path / "s", times=100):
        assert told_by_a_program(tmp_path / "s") == [ReasonCode.ACCESS_DENIED] * 2

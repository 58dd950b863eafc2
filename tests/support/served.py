"""``cardsvc serve`` as people run it: a process of its own, on a free port, in a data folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from tests.support.second_process import ROOT

_PROGRAM = "import sys; sys.argv[0] = 'cardsvc'; from web.cli import main; main()"
_READY_SECONDS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_cardsvc(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command to its end; return its exit status and all that it printed."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=_environment(environment), cwd=ROOT, text=True, timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def _environment(environment: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("CARDSVC_")}
    return kept | environment | {"PYTHONPATH": str(ROOT)}


@dataclass
class Served:
    """A running service.

    Args:
        url: where.
        process: its main process.
        log: the file that holds all it printed.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)

    @property
    def printed(self) -> str:
        return self.log.read_text("utf-8")


@contextmanager
def serving_process(
    environment: dict[str, str], log: Path, port: int | None = None
) -> Iterator[Served]:
    """Run the service until the caller stops it, or the block ends."""
    port = port or free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, "serve"],
            env=_environment(environment | {"CARDSVC_PORT": str(port)}),
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    served = Served(f"http://127.0.0.1:{port}", process, log)
    try:
        _await_ready(served)
        yield served
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def _await_ready(served: Served) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    http = urllib3.PoolManager(retries=False, timeout=2.0)
    while True:
        assert served.process.poll() is None, served.printed
        assert time.monotonic() < deadline, served.printed
        try:
            if http.request("GET", f"{served.url}/readyz").status == 200:
                break
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    http.clear()

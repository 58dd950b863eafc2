"""What an agent with its kiosk page takes of a small machine: start, memory, processor at rest."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

from bench.measure import Measurement, processor_seconds_of

READY_SECONDS, RESIDENT_MB = 3.0, 100.0
"""What was aimed at (the bare limit of these rows)."""
_REST_SECONDS = 30.0
_PATIENCE_SECONDS = 60.0
_ROOT = Path(__file__).parents[1]
_CONFIG = """
[agent]
relying_party = "trung-tam-hcc"
state_dir = "{folder}/state"
[service]
url = "http://127.0.0.1:{nobody}"
token_file = "{folder}/token"
[loopback]
port = {port}
[[readers]]
name = "front"
match = "virtual:{folder}/card.json"
role = "kiosk"
[kiosk]
name_vi = "Trung tâm"
name_en = "Centre"
[[kiosk.services]]
service = "tra-cuu"
level = "X2"
title_vi = "Tra cứu"
title_en = "Look up"
"""


def measure_footprint(rest_seconds: float = _REST_SECONDS) -> list[Measurement]:
    """Start ``reader-agent run`` with a kiosk, follow its page as a browser does, and watch."""
    with tempfile.TemporaryDirectory() as name, _agent(Path(name)) as (process, port, started):
        stream = _first_screen(process, port, Path(name) / "state" / "kiosk.key")
        ready = time.monotonic() - started
        time.sleep(2.0)  # what a start leaves to be done
        before, since = processor_seconds_of(process.pid), time.monotonic()
        time.sleep(rest_seconds)
        used = (processor_seconds_of(process.pid) - before) / (time.monotonic() - since)
        resident = _resident_megabytes(process.pid)
        stream.close()
    return [
        Measurement("agent with kiosk page, start to first screen", ready, "s", READY_SECONDS),
        Measurement("agent with kiosk page, resident", resident, "MB", RESIDENT_MB),
        Measurement(
            "agent with kiosk page at rest, of one processor",
            used * 100,
            "%",
            detail=f"over {rest_seconds:g} s, one page open",
        ),
    ]


@contextmanager
def _agent(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    (folder / "token").write_text("t" * 43, "ascii")
    port = free_port()
    config = folder / "agent.toml"
    config.write_text(_CONFIG.format(folder=folder, port=port, nobody=free_port()), "utf-8")
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "reader_agent", "run", "--config", str(config)],
        cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process, port, started
    finally:
        process.terminate()
        process.wait(10)


def _first_screen(
    process: subprocess.Popen[bytes], port: int, key: Path
) -> urllib3.BaseHTTPResponse:
    """Open the page's stream and wait until it shows the menu."""
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            cookie = f"cardsvc_kiosk={key.read_text('ascii')}"
            stream = http.request(
                "GET",
                f"http://127.0.0.1:{port}/kiosk/v1/screen",
                headers={"Cookie": cookie},
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError):
            time.sleep(0.01)
            continue
        for line in stream:
            if line.startswith(b"data: ") and json.loads(line[6:])["kind"] == "menu":
                return stream
    msg = "the agent shows nothing"
    raise RuntimeError(msg)


def free_port() -> int:
    """Return a port of loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = (one for one in status.splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

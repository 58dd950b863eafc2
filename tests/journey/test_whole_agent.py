"""The example configuration, as it is shipped, starts every part that it asks for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from reader_agent.virtual.storage import FileStore
from tests.support.enrolled_agent import enrol
from tests.support.installations import RELYING_PARTY, ServiceUnderTest
from tests.support.second_process import ROOT
from tests.support.served import free_port

AGENT = "ca-nha"
PARTS = {
    "virtual readers", "outbox", "recorder", "bundle", "loopback", "kiosk", "counter",
    "holder's screen", "door cua-bac", "taps of door cua-bac", "renewal", "heartbeat",
    "tap counter",
}  # fmt: skip


def example(service: ServiceUnderTest, folder: Path, port: int) -> Path:
    """Return the example with this machine's address and folder, and card files for readers."""
    text = (ROOT / "packaging" / "agent" / "agent.toml").read_text("utf-8")
    for old, new in {
        "/var/lib/cardsvc-agent": str(folder / "state"),
        "https://the-dien-tu.tinh.gov.vn": service.url,
        "trung-tam-hcc": RELYING_PARTY,
        "port = 8460": f"port = {port}",
        '"ACR39U"': f'"virtual:{folder / "kiosk.json"}"',
        '"OMNIKEY"': f'"virtual:{folder / "counter.json"}"',
        '"ACR1252"': f'"virtual:{folder / "door.json"}"',
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "agent.toml"
    file.write_text(text, "utf-8")
    return file


def health(service: ServiceUnderTest) -> Mapping[str, Any]:
    for one in service.installation.presence.all():
        if one.agent == AGENT and one.health is not None:
            return one.health
    return {"running": []}


def resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    (line,) = [one for one in status.splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def test_every_part_of_the_example_runs_and_is_told_to_the_service(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config = example(service, tmp_path, port := free_port())
    enrol(service, AGENT, config)
    card, _ = service.active_card()
    FileStore(tmp_path / "door.json").save(card.state)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "reader_agent", "run", "--config", str(config)],
            env=os.environ | {"GPIOZERO_PIN_FACTORY": "mock"}, cwd=ROOT, stderr=output,
        )  # fmt: skip
    try:
        states: dict[str, str] = {}
        deadline = time.monotonic() + 120
        while not states.keys() >= PARTS or set(states.values()) != {"running"}:
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, (states, log.read_text("utf-8"))
            states = {one["name"]: one["state"] for one in health(service)["running"]}
            time.sleep(0.1)
        page = urllib3.request("GET", f"http://127.0.0.1:{port}/kiosk/", redirect=False)
        assert page.status in {401, 403, 404}, "nobody gets the page without its secret"
        assert resident_megabytes(process.pid) < 100
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()
    told = health(service)
    assert {one["failures"] for one in told["running"]} == {0}, told

"""A running agent takes what an administrator sets from afar, without being started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import click.testing
import urllib3

from reader_agent.run.compose import assemble
from reader_agent.run.config import load_agent_config
from tests.support.enrolled_agent import enrol
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.second_process import ROOT
from tests.support.served import free_port
from web.cli.agent_settings import agent_settings, configure_agent

AGENT = "ki-ot-tang-1"
PATIENCE_SECONDS = 120
WANTED = """
[kiosk]
name_vi = "Sảnh tầng 3"
[[doors]]
name = "cua-bac"
pulse_seconds = 9
"""


def written(service: ServiceUnderTest, folder: Path, port: int) -> Path:
    file = folder / "agent.toml"
    file.write_text(
        f"""
[agent]
relying_party = "{RELYING_PARTY}"
state_dir = "{folder / "state"}"
[service]
url = "{service.url}"
[loopback]
port = {port}
[[readers]]
name = "ki-ot"
match = "virtual:{folder / "kiosk.json"}"
role = "kiosk"
[[readers]]
name = "cua-bac"
match = "virtual:{folder / "door.json"}"
role = "door"
[kiosk]
name_vi = "Sảnh tầng 1"
name_en = "Hall"
[[kiosk.services]]
service = "{SERVICE}"
title_vi = "Kiểm tra thẻ"
title_en = "Check my card"
[[doors]]
name = "cua-bac"
reader = "cua-bac"
service = "{SERVICE}"
contact = false
lock = {{ pin = 17, fail = "secure" }}
""",
        "utf-8",
    )
    return file


def told(service: ServiceUnderTest) -> dict[str, Any]:
    for one in service.installation.presence.all():
        if one.agent == AGENT and one.health is not None:
            return dict(one.health)
    return {"settings": None, "running": []}


def until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.1)


def name_on_the_page(folder: Path, port: int) -> str:
    """Open the kiosk's page as its browser does, and return what it is called."""
    at = f"http://127.0.0.1:{port}/kiosk"
    launcher = (folder / "state" / "kiosk.html").read_text("utf-8")
    (address,) = re.findall(r'url=(http[^"]+)', launcher)
    cookie = urllib3.request("GET", address).headers["Set-Cookie"].partition(";")[0]
    page = urllib3.request("GET", f"{at}/v1/page", headers={"Cookie": cookie})
    assert page.status == 200, page.data
    return str(page.json()["name"]["vi"])


def cardsvc(
    service: ServiceUnderTest, command: click.Command, agent: str, *arguments: str, text: str
) -> str:
    done = click.testing.CliRunner().invoke(
        command, [agent, *arguments], input=text, obj=service.installation.settings
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def set_from_afar(service: ServiceUnderTest, text: str, agent: str = AGENT) -> str:
    return cardsvc(service, configure_agent, agent, "-", "--operator", "quản-trị", text=text)


def test_a_change_is_taken_by_the_process_that_runs_and_kept_without_the_service(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config = written(service, tmp_path, port := free_port())
    enrol(service, AGENT, config)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "reader_agent", "run", "--config", str(config)],
            env=os.environ | {"GPIOZERO_PIN_FACTORY": "mock"}, cwd=ROOT, stderr=output,
        )  # fmt: skip
    try:
        until(lambda: told(service)["settings"] is not None, log)
        assert told(service)["settings"]["seq"] == 0, "the machine's own"
        assert set_from_afar(service, WANTED) == "1\n"
        until(lambda: told(service)["settings"]["seq"] == 1, log)
        assert name_on_the_page(tmp_path, port) == "Sảnh tầng 3"
        parts = {one["name"]: one for one in told(service)["running"]}
        assert parts["door cua-bac"]["state"] == parts["kiosk"]["state"] == "running"

        assert set_from_afar(service, '[[doors]]\nname = "cua-nam"\n') == "2\n"
        until(lambda: told(service)["settings"].get("refused_seq") == 2, log)
        seen = told(service)["settings"]
        assert (seen["seq"], seen["refused"]) == (1, "malformed_config")
        assert seen["where"] == "doors[0].name: no door of this agent"
        assert process.poll() is None, "it never was started again"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()

    away = config.read_text("utf-8").replace(service.url, "http://127.0.0.1:1")
    config.write_text(away, "utf-8")
    with assemble(load_agent_config(config), service.clock) as agent:
        running = agent.tools.config
    assert running.kiosk is not None
    assert (running.kiosk.name.vi, running.doors.doors[0].rules.pulse_seconds) == ("Sảnh tầng 3", 9)
    assert running.service.url == "http://127.0.0.1:1"


def test_the_command_line_goes_back_and_lists_what_was_set(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    agent = "ki-ot-tang-2"
    enrol(service, agent, written(service, tmp_path, free_port()))
    assert set_from_afar(service, WANTED, agent) == "1\n"
    assert set_from_afar(service, "", agent) == "2\n", "everything as the machine says"
    back = ("--restore", "1", "--operator", "lan")
    assert cardsvc(service, configure_agent, agent, *back, text="") == "3\n"
    listed = cardsvc(service, agent_settings, agent, text="").splitlines()
    assert [line.split("\t")[0] for line in listed] == ["3", "2", "1"]
    assert listed[0].endswith("\tlan\t← 1")
    assert cardsvc(service, agent_settings, agent, "--version", "3", text="") == WANTED
    unknown = click.testing.CliRunner().invoke(
        configure_agent, [agent, "--restore", "9", "--operator", "lan"],
        obj=service.installation.settings,
    )  # fmt: skip
    assert unknown.exit_code == 1
    assert "settings_unknown" in unknown.output

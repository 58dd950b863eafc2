"""An agent from its invitation on: enrolled, running, tapping, renewed, shut out."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click.testing
import pytest

from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from issuance.job_records import JobOrder
from reader_agent.cli import main
from reader_agent.client import ServiceError
from reader_agent.enrol.identity import load_identity
from reader_agent.enrol.renewal import Renewal
from reader_agent.run.compose import Agent, assemble
from reader_agent.run.config import load_agent_config
from reader_agent.virtual.storage import FileStore
from tests.support.enrolled_agent import enrol
from tests.support.installations import DESK, RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.second_process import ROOT
from web.cli import access


def written(service: ServiceUnderTest, folder: Path) -> Path:
    file = folder / "agent.toml"
    file.write_text(
        f"""
[agent]
relying_party = "{RELYING_PARTY}"
state_dir = "{folder / "state"}"
[service]
url = "{service.url}"
[[readers]]
name = "quầy"
match = "virtual:{folder / "card.json"}"
role = "counter"
""",
        "utf-8",
    )
    return file


@contextmanager
def running(service: ServiceUnderTest, config: Path) -> Iterator[Agent]:
    stop = threading.Event()
    with assemble(load_agent_config(config), service.clock) as agent:
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            yield agent
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def config(service: ServiceUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = written(service, tmp_path_factory.mktemp("agent"))
    enrol(service, "quay-7", file)
    return file


def told_by(service: ServiceUnderTest, agent: str) -> dict[str, Any] | None:
    found = [one for one in service.installation.presence.all() if one.agent == agent]
    return dict(found[0].health) if found and found[0].health else None


def test_an_enrolled_agent_taps_and_tells_how_it_does(
    service: ServiceUnderTest, config: Path
) -> None:
    card, _ = service.active_card()
    FileStore(config.parent / "card.json").save(card.state)
    with running(service, config) as agent:
        until(lambda: agent.tools.readers.state_of("quầy") == "card")
        outcome = agent.tools.tapper.tap("quầy", SERVICE)
        assert (outcome.decision.granted, outcome.offline) == (True, False)
        assert agent.tools.client.next_job(1).job is None, "a request that waits is signed once"
        (config.parent / "card.json").unlink()
        until(lambda: (told_by(service, "quay-7") or {}).get("granted") == 1)
    told = told_by(service, "quay-7")
    assert told is not None
    states = {one["name"]: one["state"] for one in told["running"]}
    assert {"virtual readers", "heartbeat", "renewal", "tap counter"} <= states.keys()
    assert set(states.values()) == {"running"}
    stages = {one["stage"] for one in told["stages"]}
    assert stages == {"card", "network", "server", "tap"}
    assert told["certificate_until"] is not None


def test_the_certificate_is_renewed_after_two_thirds_and_not_before(
    service: ServiceUnderTest, config: Path
) -> None:
    with assemble(load_agent_config(config), service.clock) as agent:
        device = agent.tools.device
        assert device is not None
        before = device.identity
        renewal = Renewal(device, agent.tools.client, agent.tools.config.state_dir)
        assert renewal.step()
        assert device.identity is before
        service.clock.advance(timedelta(days=21))
        assert renewal.step()
        after = device.identity
        assert after.key.private_numbers() != before.key.private_numbers()
        assert after.certificate.not_valid_after_utc > before.certificate.not_valid_after_utc
        assert agent.tools.client.next_job(0).job is None
    kept = load_identity(agent.tools.config.state_dir)
    assert kept is not None
    assert kept.sha256 == after.sha256


def granted_by_command(service: ServiceUnderTest) -> dict[str, int]:
    """What ``cardsvc agent health`` says that agents told."""
    settings = service.installation.settings
    result = click.testing.CliRunner().invoke(access.agent, ["health"], obj=settings)
    told = [json.loads(line) for line in result.output.splitlines()]
    return {one["agent"]: one["health"]["granted"] for one in told}


def test_a_stolen_agent_is_shut_out_within_two_seconds(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config = written(service, tmp_path)
    enrol(service, "quay-8", config)
    card, _ = service.active_card()
    FileStore(tmp_path / "card.json").save(card.state)
    with running(service, config) as agent:
        until(lambda: agent.tools.readers.state_of("quầy") == "card")
        assert agent.tools.tapper.tap("quầy", SERVICE).decision.granted
        until(lambda: (told_by(service, "quay-8") or {}).get("granted") == 1)
        assert granted_by_command(service)["quay-8"] == 1
        began = time.monotonic()
        at = service.clock.now()
        service.installation.access.disable_agent("quay-8", operator="an", at=at)
        with pytest.raises(ServiceError) as caught:
            agent.tools.tapper.tap("quầy", SERVICE)
        assert time.monotonic() - began < 2
        assert (caught.value.status, caught.value.reason) == (401, ReasonCode.ACCESS_DENIED)


def test_a_code_that_opens_nothing_is_said_in_one_line(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config = written(service, tmp_path)
    arguments = ["enrol", "--config", str(config), "--code-stdin"]
    for code in ("wrong", "", "w" * 100):
        result = click.testing.CliRunner().invoke(main, arguments, input=code + "\n")
        assert result.exit_code == 2
        assert result.output.count("\n") == 1
        assert ("access_denied" in result.output) is (code == "wrong")
        assert "the code is wrong, used or has expired" in result.output
        assert "token" not in result.output, "the device has none"
    assert not (tmp_path / "state" / "identity.pem").exists()


@pytest.mark.reason(ReasonCode.IDENTITY_OF_ANOTHER)
def test_a_device_becomes_another_agent_only_where_it_is_told_so(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config, state = written(service, tmp_path), tmp_path / "state"
    enrol(service, "quay-9", config)
    (state / "outbox.db").write_bytes(b"events of quay-9")
    was = (state / "identity.pem").read_bytes()
    desk = service.installation.services.agents.enrolment
    code = desk.invite("quay-10", "Quầy 10", operator="an", at=service.clock.now()) + "\n"
    arguments = ["enrol", "--config", str(config), "--code-stdin"]
    refused = click.testing.CliRunner().invoke(main, arguments, input=code)
    assert refused.exit_code == 2
    assert "identity_of_another" in refused.output
    assert "--replace" in refused.output
    assert (state / "identity.pem").read_bytes() == was
    told = click.testing.CliRunner().invoke(main, [*arguments, "--replace"], input=code)
    assert told.exit_code == 0, "the code was not spent"
    identity = load_identity(state)
    assert identity is not None
    assert identity.agent == "quay-10"
    assert {one.name for one in state.iterdir()} == {"former-quay-9-1", "identity.pem"}
    assert (state / "former-quay-9-1" / "outbox.db").read_bytes() == b"events of quay-9"
    enrol(service, "quay-10", config)


def test_the_process_says_that_it_is_ready_and_alive_and_ends_in_two_seconds(
    service: ServiceUnderTest, config: Path, tmp_path: Path
) -> None:
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(30)
    process = subprocess.Popen(
        [sys.executable, "-m", "reader_agent", "run", "--config", str(config)],
        env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert told.recv(100) == b"READY=1"
        assert told.recv(100) == b"WATCHDOG=1"
        second = click.testing.CliRunner().invoke(main, ["run", "--config", str(config)])
        assert second.exit_code == 2
        assert "another agent runs with the data folder" in second.output
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log  # every part ended in its two seconds
    finally:
        process.kill()
        process.communicate()
        told.close()


def test_a_desk_makes_a_card_with_nobody_at_a_terminal(
    service: ServiceUnderTest, tmp_path: Path
) -> None:
    config = written(service, tmp_path)
    text = config.read_text("utf-8").replace('"counter"', '"desk"')
    token = f'[service]\ntoken_file = "{tmp_path / "token"}"'
    config.write_text(text.replace("[service]", token), "utf-8")
    (tmp_path / "token").write_text(service.desk_token, "ascii")
    FileStore(tmp_path / "card.json").save(service.blank().state)
    application = service.approved_application()
    order = JobOrder(application, agent=DESK, operator="mai")

    def made() -> bool:
        with service.installation.store.transaction() as unit:
            cards = unit.cards_of_application(application)
        return [one.state for one in cards] == [CardState.PERSONALISED]

    with running(service, config) as agent:
        service.installation.jobs.open_job(order)
        until(made)
        assert {one.failures for one in agent.supervisor.health()} == {0}


def test_a_configuration_is_checked_without_running(config: Path, tmp_path: Path) -> None:
    invoke = click.testing.CliRunner().invoke
    assert invoke(main, ["run", "--config", str(config), "--check"]).exit_code == 0
    wrong = tmp_path / "agent.toml"
    wrong.write_text(config.read_text("utf-8").replace('"counter"', '"window"'), "utf-8")
    result = invoke(main, ["run", "--config", str(wrong), "--check"])
    assert result.exit_code == 2
    assert "readers[0].role (line 10)" in result.output

"""Events reach the service once and in order, whenever the agent is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

from cardsvc.clock import SystemClock
from cardsvc.errors import ReasonCode
from cardsvc.wire.event_batch import EventBatchMessage
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.sender import OutboxSender
from tests.support.installations import AGENT, ServiceUnderTest
from tests.support.outbox_events import CHAIN, chained
from tests.support.second_process import ROOT


def run_and_kill(folder: Path, first: int, lines: int, *service: str) -> int:
    """Let an agent append until it told of so many events; kill it; return the last it told."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.outbox_child", str(folder), str(first), *service],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout.read().splitlines()]
        assert child.wait(60) == -signal.SIGKILL
    return told[-1]


def numbers(service: ServiceUnderTest) -> list[object]:
    found = service.installation.events.events(agent=AGENT, kind="test.counted")
    return [one.event.facts["n"] for one in found]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_an_agent_that_is_killed_again_and_again(service: ServiceUnderTest, tmp_path: Path) -> None:
    told = 0
    for lines in (1, 40, 173):
        # what was durable but not told of yet when the agent died is there as well
        told = run_and_kill(tmp_path, told + 1, lines, service.url, service.agent_token)
    outbox = Outbox(tmp_path, OutboxConfig(), SystemClock())
    sender = OutboxSender(outbox, service.kiosk, SystemClock(), OutboxConfig())
    while sender.step() is not None:
        pass
    assert outbox.health().unsent == 0
    found = numbers(service)
    unique = list(dict.fromkeys(found))
    assert unique == list(range(1, len(unique) + 1))
    assert unique[-1] >= told
    # an event that was durable and not told of is counted again by the next life: no duplicate
    places = [one.event.seq for one in service.installation.events.events(agent=AGENT)]
    assert places == list(range(1, len(places) + 1))
    assert len(found) - len(unique) <= 2
    assert not service.installation.events.alarms(5)


def test_the_service_answers_as_documented(service: ServiceUnderTest) -> None:
    batch = EventBatchMessage.of(CHAIN, tuple(chained(4)))
    client = ServiceClient(service.url, service.desk_token)
    assert client.chain_head(CHAIN).seq == 0
    assert client.send_events(batch) == client.send_events(batch) == client.chain_head(CHAIN)
    with pytest.raises(ServiceError) as caught:
        client.send_events(EventBatchMessage.of(CHAIN, tuple(chained(9)[6:])))
    assert (caught.value.status, caught.value.reason) == (409, ReasonCode.EVENT_CHAIN_GAP)
    with pytest.raises(ServiceError) as caught:
        service.kiosk.send_events(batch)
    assert (caught.value.status, caught.value.reason) == (409, ReasonCode.EVENT_CHAIN_FORKED)
    for method, path in (("POST", "/agent/v1/events"), ("GET", "/agent/v1/events/AAAA")):
        assert urllib3.request(method, f"{service.url}{path}", body=batch.encode()).status == 401
    headers = {"Authorization": f"Bearer {service.desk_token}"}
    answer = urllib3.request("GET", f"{service.url}/agent/v1/events/AAAA", headers=headers)
    assert answer.status == 400

"""The desks' addresses: only the job's agent, only while it is let in, and nothing but messages."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from cardsvc.desk_records import JobStage
from cardsvc.errors import ReasonCode
from cardsvc.wire.desk import PresenceMessage
from issuance.job_records import JobOrder
from reader_agent.client import ServiceError
from tests.support.installations import AT, DESK, ServiceUnderTest, serve
from web.job_waiting import SEATS


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path) as running:
        yield running


def order(service: ServiceUnderTest) -> str:
    application = service.approved_application()
    return service.installation.jobs.open_job(JobOrder(application, agent=DESK, operator="mai"))


@pytest.mark.reason(ReasonCode.JOB_UNKNOWN)
def test_another_agents_job_is_neither_given_nor_spoken_of(service: ServiceUnderTest) -> None:
    job = order(service)
    assert service.kiosk.next_job(0).job is None
    for unknown in (job, str(uuid.uuid4())):
        with pytest.raises(ServiceError) as caught:
            service.kiosk.report(unknown, JobStage.WAITING_CARD)
        assert (caught.value.reason, caught.value.status) == (ReasonCode.JOB_UNKNOWN, 404)
    given = service.desk.next_job(0).job
    assert given is not None
    assert given.id == job


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_an_agent_shut_out_while_it_waits_gets_nothing(service: ServiceUnderTest) -> None:
    refused: list[ServiceError] = []

    def wait() -> None:
        try:
            service.desk.next_job(8)
        except ServiceError as error:
            refused.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    service.installation.access.disable_agent(DESK, operator="admin", at=AT)
    order(service)
    waiting.join(8)
    assert [(one.reason, one.status) for one in refused] == [(ReasonCode.ACCESS_DENIED, 401)]
    with pytest.raises(ServiceError):
        service.desk.tell_presence(PresenceMessage("1", pcsc=True))


def test_many_waiting_agents_leave_the_service_free(service: ServiceUnderTest) -> None:
    headers = {"Authorization": f"Bearer {service.agent_token}"}
    http = urllib3.PoolManager(maxsize=20)
    url = f"{service.url}/agent/v1/jobs/next"
    waiting = [
        threading.Thread(
            target=http.request, args=("GET", f"{url}?wait=3"), kwargs={"headers": headers}
        )
        for _ in range(SEATS)
    ]
    for one in waiting:
        one.start()
    time.sleep(0.5)
    started = time.monotonic()
    told = http.request("GET", f"{url}?wait=8", headers=headers).json()
    assert told == {"job": None, "again_seconds": 2}
    assert time.monotonic() - started < 2
    for one in waiting:
        one.join()
    http.clear()


@pytest.mark.parametrize("wait", ["-1", "1e9", "abc", "٣", "999", ""])
def test_a_wait_that_is_no_number_is_malformed(service: ServiceUnderTest, wait: str) -> None:
    answer = urllib3.request(
        "GET",
        f"{service.url}/agent/v1/jobs/next",
        fields={"wait": wait},
        headers={"Authorization": f"Bearer {service.desk_token}"},
    )
    assert answer.status == 400
    assert answer.json()["reason"] == "malformed_message"

"""What the desk's terminal says when readers and service come and go."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsvc.desk_records import JobStage, ReaderState
from cardsvc.errors import CardError, ReasonCode
from issuance.job_records import JobOrder
from issuance.orders import OrderState
from reader_agent import events
from reader_agent.desk_presence import presence_of
from reader_agent.desk_readers import ReaderView
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import AT, DESK, ServiceUnderTest, serve
from tests.support.running_desk import RunningDesk

READER = "ACS ACR39U 00 00"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path) as running:
        yield running


class Readers:
    """A PC/SC service that says what a test tells it to."""

    def __init__(self) -> None:
        self.events: queue.Queue[events.ReaderEvent] = queue.Queue()

    def tell(self, *told: events.ReaderEvent) -> None:
        for event in told:
            self.events.put(event)

    def watch(self, stop: threading.Event) -> Iterator[events.ReaderEvent]:
        while not stop.is_set():
            try:
                yield self.events.get(timeout=0.05)
            except queue.Empty:
                continue


def order(service: ServiceUnderTest) -> str:
    application = service.approved_application()
    return service.installation.jobs.open_job(JobOrder(application, agent=DESK, operator="mai"))


def test_every_state_of_the_readers_is_said_and_reported(service: ServiceUnderTest) -> None:
    readers, card = Readers(), service.blank()
    job = order(service)
    with RunningDesk(service.desk, readers.watch, lambda _: connect_in_process(card)) as desk:
        at = 0
        for told, said in (
            ((), "reader service (PC/SC)"),
            ((events.ServiceBack(),), "The reader is gone"),
            ((events.ReaderAdded(READER),), "Put a blank"),
            ((events.CardMute(READER),), "does not answer"),
            ((events.CardRemoved(READER), events.ReaderRemoved(READER)), "The reader is gone"),
            ((events.ServiceLost(ReasonCode.SERVICE_UNAVAILABLE, ""),), "reader service (PC/SC)"),
            (
                (
                    events.ServiceBack(),
                    events.ReaderAdded(READER),
                    events.CardInserted(READER, b"\x3b"),
                ),
                "✓",
            ),
        ):
            readers.tell(*told)
            at = desk.screen.until(said, after=at)
    progress = service.installation.orders.progress(job)
    assert progress is not None
    assert progress.stage is JobStage.DONE


def test_a_reader_unplugged_as_the_card_is_opened_is_waited_for(service: ServiceUnderTest) -> None:
    readers, card = Readers(), service.blank()
    attempts: list[str] = []

    def connect(reader: str) -> object:
        attempts.append(reader)
        if len(attempts) == 1:
            readers.tell(events.CardRemoved(READER), events.ReaderRemoved(READER))
            raise CardError(ReasonCode.NO_READER, "unplugged")
        return connect_in_process(card)

    order(service)
    with RunningDesk(service.desk, readers.watch, connect) as desk:  # type: ignore[arg-type]
        readers.tell(events.ServiceBack(), events.ReaderAdded(READER))
        readers.tell(events.CardInserted(READER, b"\x3b"))
        at = desk.screen.until("no_reader")
        readers.tell(events.ReaderAdded(READER), events.CardInserted(READER, b"\x3b"))
        desk.screen.until("✓", after=at)


def test_an_order_that_can_not_be_begun_is_said_and_the_next_is_taken(
    service: ServiceUnderTest,
) -> None:
    readers, card = Readers(), service.blank()
    guid = service.personalise(service.blank(), application := service.approved_application())
    assert guid
    second = JobOrder(application, agent=DESK, operator="mai")
    ended = service.installation.jobs.open_job(second)
    following = order(service)
    readers.tell(events.ServiceBack(), events.ReaderAdded(READER))
    readers.tell(events.CardInserted(READER, b"\x3b"))
    with RunningDesk(service.desk, readers.watch, lambda _: connect_in_process(card)) as desk:
        at = desk.screen.until("card_in_use")
        desk.screen.until("✓", after=at)
    orders = service.installation.orders
    for job, state in ((ended, OrderState.FAILED), (following, OrderState.DONE)):
        kept = orders.find(job)
        assert kept is not None
        assert kept.state == state


def test_an_agent_that_is_shut_out_says_so_and_comes_back(service: ServiceUnderTest) -> None:
    readers, card = Readers(), service.blank()
    access = service.installation.access
    readers.tell(events.ServiceBack(), events.ReaderAdded(READER))
    with RunningDesk(service.desk, readers.watch, lambda _: connect_in_process(card)) as desk:
        at = desk.screen.until("Waiting for work")
        access.disable_agent(DESK, operator="admin", at=AT)
        job = order(service)
        desk.screen.until("shut out", after=at)
        progress = service.installation.orders.progress(job)
        assert progress is not None
        assert progress.stage is JobStage.WAITING_AGENT


def test_names_of_readers_are_told_as_far_as_they_can_be_shown() -> None:
    view = ReaderView(pcsc=True, readers={"\x00\n": ReaderState.EMPTY, "x" * 300: ReaderState.CARD})
    names = [name for name, _ in presence_of(view).readers]
    assert names == ["?", "x" * 200]
    assert presence_of(view).parse(presence_of(view).encode()) == presence_of(view)
    many = {f"reader {number}": ReaderState.EMPTY for number in range(99)}
    assert len(presence_of(ReaderView(pcsc=True, readers=many)).readers) == 32

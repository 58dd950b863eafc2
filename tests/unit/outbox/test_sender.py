"""The sender against a service that is away, restored, confused or slow to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cardsvc.clock import SettableClock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.event_chain import ChainHead, ReceivedEvent, follow_chain
from cardsvc.wire.event_batch import EventBatchMessage
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.sender import OutboxSender, SendingState
from tests.support.outbox_events import AT


@dataclass
class MemoryService:
    """The service's rules over a list; answers may be lost on the way."""

    events: list[ReceivedEvent] = field(default_factory=list)
    fault: Callable[[], None] = lambda: None
    lost_answers: int = 0
    batches: int = 0

    def send_events(self, batch: EventBatchMessage) -> ChainHead:
        self.fault()
        parsed = EventBatchMessage.parse(batch.encode())
        known = {one.event.seq: one.sha256 for one in self.events}
        self.events += follow_chain(self.chain_head(parsed.chain), known, parsed.received())
        self.batches += 1
        if self.lost_answers:
            self.lost_answers -= 1
            raise CardsvcError(ReasonCode.NETWORK_FAILED)
        return self.chain_head(parsed.chain)

    def chain_head(self, chain: bytes) -> ChainHead:
        if not self.events:
            return ChainHead.of_empty(chain)
        return ChainHead(self.events[-1].event.seq, self.events[-1].sha256)


def away() -> None:
    raise CardsvcError(ReasonCode.NETWORK_FAILED)


def arrange(folder: Path, count: int) -> tuple[Outbox, MemoryService, OutboxSender]:
    clock = SettableClock(AT)
    outbox = Outbox(folder, OutboxConfig(), clock)
    for number in range(count):
        outbox.append("test.said", {"n": number}, AT)
    service = MemoryService()
    return outbox, service, OutboxSender(outbox, service, clock, OutboxConfig())


def test_an_answer_that_is_lost_makes_no_duplicate(tmp_path: Path) -> None:
    outbox, service, sender = arrange(tmp_path, 700)
    service.lost_answers = 1
    assert (sender.step() or 0) > 0
    while sender.step() is not None:
        pass
    assert [one.event.facts["n"] for one in service.events] == list(range(700))
    assert outbox.health().unsent == 0
    assert service.batches == 3


def test_an_unreachable_service_is_tried_less_and_less_often(tmp_path: Path) -> None:
    outbox, service, sender = arrange(tmp_path, 1)
    service.fault = away
    delays = [sender.step() or 0 for _ in range(8)]
    assert 1.0 <= delays[0] <= 2.0
    assert all(30.0 <= delay <= 60.0 for delay in delays[6:])
    assert sender.sending.state is SendingState.UNREACHABLE
    assert sender.sending.reason is ReasonCode.NETWORK_FAILED
    service.fault = lambda: None
    assert sender.step() == 0.0
    assert sender.sending.state is SendingState.WORKING
    assert outbox.book.acknowledged == 1


def test_a_service_restored_from_a_backup_gets_the_rest_again(tmp_path: Path) -> None:
    outbox, service, sender = arrange(tmp_path, 5)
    sender.step()
    del service.events[2:]
    outbox.append("test.said", {"n": 5}, AT)
    assert (sender.step() or 0) > 0
    sender.step()
    assert [one.event.facts["n"] for one in service.events] == list(range(6))


def test_a_fork_stops_the_sender_and_keeps_the_events(tmp_path: Path) -> None:
    outbox, service, sender = arrange(tmp_path, 2)
    sender.step()
    copy = (tmp_path / "outbox.db").read_bytes()
    outbox.append("test.said", {"n": 2}, AT)
    sender.step()
    outbox.close()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "outbox.db").write_bytes(copy)
    copied = Outbox(tmp_path / "copy", OutboxConfig(), SettableClock(AT))
    copied.append("test.said", {"n": 99}, AT)
    second = OutboxSender(copied, service, SettableClock(AT), OutboxConfig())
    assert (second.step() or 0) > 60
    assert second.sending.state is SendingState.FORKED
    assert copied.health().unsent > 0
    assert [one.event.facts["n"] for one in service.events] == [0, 1, 2]


def test_the_part_sends_what_comes_in_and_stops_when_told(tmp_path: Path) -> None:
    outbox, service, sender = arrange(tmp_path, 3)
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    outbox.append("test.said", {"n": 3}, AT)
    for _ in range(3000):
        if len(service.events) == 4:
            break
        threading.Event().wait(0.02)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert [one.event.facts["n"] for one in service.events] == [0, 1, 2, 3]

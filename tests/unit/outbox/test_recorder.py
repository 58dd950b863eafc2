"""What happens at an agent is in its outbox: faults by kind, reader and reason."""

from __future__ import annotations

import threading
from pathlib import Path

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.recorder import FaultRecorder
from reader_agent.run.happenings import (
    NetworkLost,
    PcscLost,
    ReaderLost,
    TapFailed,
    TapStarted,
    TooManyReaders,
)
from reader_agent.run.hub import Hub
from tests.support.outbox_events import AT


def test_faults_are_kept_in_order(tmp_path: Path) -> None:
    hub, outbox = Hub(), Outbox(tmp_path, OutboxConfig(), SettableClock(AT))
    recorder, stop = FaultRecorder(hub, outbox), threading.Event()
    hub.publish(ReaderLost(AT, "front"))  # of before the thread runs
    thread = threading.Thread(target=recorder.run, args=(stop,))
    thread.start()
    for happened in (
        TapStarted(AT, "front", "cua"),
        TapFailed(AT, "front", "cua", ReasonCode.CARD_REMOVED),
        PcscLost(AT, ReasonCode.SERVICE_UNAVAILABLE),
        NetworkLost(AT),
        TooManyReaders(AT, 16),
    ):
        hub.publish(happened)
    for _ in range(3000):
        if outbox.book.head.seq == 5:
            break
        threading.Event().wait(0.02)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    kept = [one.event for one in outbox.book.unsent(10, 10**6)]
    assert [(one.kind, dict(one.facts)) for one in kept] == [
        ("reader.lost", {"reader": "front"}),
        ("tap.failed", {"reader": "front", "service": "cua", "reason": "card_removed"}),
        ("pcsc.lost", {"reason": "service_unavailable"}),
        ("network.lost", {}),
        ("reader.too_many", {"count": 16}),
    ]

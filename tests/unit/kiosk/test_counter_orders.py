"""What is told to a counter belongs to the order it was done for, however late it comes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from cardsvc.errors import CardError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.counter.config import CounterConfig
from reader_agent.counter.desk import CounterDesk
from reader_agent.kiosk.words import Words
from reader_agent.run.happenings import Happening, TapDecided, TapFailed
from tests.support.kiosk import AT, kiosk_tools

COUNTER = CounterConfig(Words("Quầy 3", "Counter 3"))
TITLE = Words("Tra cứu", "Look up")
GRANTED = DecisionMessage(
    granted=True, code="granted", level="X1", holder_name="NGUYỄN VĂN AN", message_vi="-",
    message_en="-", receipt=jwt.encode({"jti": "d-1"}, "k" * 32), released={"portrait": True},
)  # fmt: skip


@dataclass
class Counter:
    """A desk that listens, and what happens at its reader."""

    desk: CounterDesk
    publish: Callable[[Happening], None]

    def told_of(self, happened: Happening) -> dict[str, Any]:
        """Return what is told first; it happens again until the desk listens."""
        done = threading.Event()

        def repeat() -> None:
            while not done.wait(0.05):
                self.publish(happened)

        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            events = self.desk.feed.follow(0)
            assert next(events).splitlines()[1] == b"event: state"
            event = next(one for one in events if one.startswith(b"id: "))
        finally:
            done.set()
            thread.join(60)
        data: dict[str, Any] = json.loads(event.splitlines()[2].removeprefix(b"data: "))
        return data


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    stop = threading.Event()
    with kiosk_tools(tmp_path, "http://127.0.0.1:9", "t" * 43, "rp", COUNTER) as tools:
        desk = CounterDesk(COUNTER.display(), tools)
        thread = threading.Thread(target=desk.run, args=(stop,))
        thread.start()
        yield Counter(desk, tools.hub.publish)
        stop.set()
        thread.join(60)


def test_an_answer_to_an_order_taken_back_is_not_the_next_ones(counter: Counter) -> None:
    first = counter.desk.verify("tra-cuu", AssuranceLevel.X1, TITLE)
    counter.desk.cancel()
    second = counter.desk.verify("nop-ho-so", AssuranceLevel.X2, TITLE)
    told = counter.told_of(TapDecided(AT, "front", "tra-cuu", GRANTED, offline=False, order=first))
    assert (told["tap"], told["service"]) == (first, "tra-cuu")
    assert (told["name"], told["released"]) == (None, {}), "nobody is told any more who it was"
    with pytest.raises(CardError) as caught:
        counter.desk.portrait(second)
    assert caught.value.reason is ReasonCode.PORTRAIT_NOT_RELEASED


def test_an_answer_to_the_order_that_stands_tells_of_whom(counter: Counter) -> None:
    tap = counter.desk.verify("tra-cuu", AssuranceLevel.X1, TITLE)
    told = counter.told_of(TapDecided(AT, "front", "tra-cuu", GRANTED, offline=False, order=tap))
    assert (told["tap"], told["name"]) == (tap, "NGUYỄN VĂN AN")
    assert told["released"] == {"portrait": True}


def test_a_failure_is_of_its_order_too(counter: Counter) -> None:
    first = counter.desk.verify("tra-cuu", AssuranceLevel.X1, TITLE)
    counter.desk.cancel()
    counter.desk.verify("nop-ho-so", AssuranceLevel.X2, TITLE)
    gone = TapFailed(AT, "front", "tra-cuu", ReasonCode.CARD_REMOVED, first)
    assert counter.told_of(gone)["tap"] == first

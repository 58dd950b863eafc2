"""The hub tells each listener in order; the supervisor keeps parts running and ends them."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.run.happenings import CardIn, CardRemoved, NetworkLost
from reader_agent.run.hub import QUEUE_LENGTH, Hub
from reader_agent.run.part import PartHealth, PartState
from reader_agent.run.supervisor import STOP_SECONDS, Supervisor

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_each_listener_hears_its_types_in_order() -> None:
    hub = Hub()
    cards, all_of_it = hub.subscribe(CardIn, CardRemoved), hub.subscribe()
    told = [CardIn(AT, "one"), NetworkLost(AT), CardRemoved(AT, "one")]
    for happening in told:
        hub.publish(happening)
    assert [all_of_it.get(0), all_of_it.get(0), all_of_it.get(0)] == told
    assert [cards.get(0), cards.get(0), cards.get(0)] == [told[0], told[2], None]


def test_a_slow_listener_loses_the_oldest_and_nobody_waits_for_it() -> None:
    hub = Hub()
    slow = hub.subscribe(CardIn)
    for number in range(QUEUE_LENGTH + 3):
        hub.publish(CardIn(AT, str(number)))
    assert slow.get(0) == CardIn(AT, "3")


def test_who_waits_is_woken_by_a_happening_and_by_closing() -> None:
    hub = Hub()
    with hub.subscribe(NetworkLost) as listening:
        threading.Timer(0.05, hub.publish, [NetworkLost(AT)]).start()
        assert listening.get(5) == NetworkLost(AT)
        threading.Timer(0.05, listening.close).start()
        assert listening.get() is None
    hub.publish(NetworkLost(AT))
    assert listening.get(0) is None


class Waiting:
    """A part that does as it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.running = threading.Event()

    def run(self, stop: threading.Event) -> None:
        self.running.set()
        stop.wait()


class Failing(Waiting):
    """A part that fails at once, a number of times."""

    def __init__(self, name: str, failure: Exception, times: int) -> None:
        super().__init__(name)
        self._failure = failure
        self._times = times

    def run(self, stop: threading.Event) -> None:
        if self._times:
            self._times -= 1
            raise self._failure
        super().run(stop)


_DEAF_SECONDS = 30


class Deaf(Waiting):
    """A part that does not hear that it should end."""

    def run(self, stop: threading.Event) -> None:
        self.running.set()
        time.sleep(_DEAF_SECONDS)


def start(supervisor: Supervisor, stop: threading.Event) -> tuple[threading.Thread, list[bool]]:
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(supervisor.run(stop, tick_seconds=0.01)))
    thread.start()
    return thread, ended


def test_a_part_that_fails_is_started_again_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steady = Waiting("steady")
    bad = Failing("bad", ValueError("mã PIN 123456"), 2)
    refused = Failing("refused", CardError(ReasonCode.READER_FAILED), 1)
    stop = threading.Event()
    supervisor = Supervisor([steady, bad, refused], pauses_seconds=[0.01])
    with caplog.at_level(logging.INFO):
        thread, ended = start(supervisor, stop)
        for part in (steady, bad, refused):
            assert part.running.wait(60)
        assert supervisor.health() == (
            PartHealth("steady", PartState.RUNNING),
            PartHealth("bad", PartState.RUNNING, 2, "ValueError"),
            PartHealth("refused", PartState.RUNNING, 1, "reader_failed"),
        )
        stop.set()
        thread.join(60)
    assert ended == [True]
    assert {one.state for one in supervisor.health()} == {PartState.STOPPED}
    assert "test_hub_and_supervisor.py" in caplog.text
    assert "123456" not in caplog.text


def test_a_part_that_does_not_end_is_left_behind_in_two_seconds() -> None:
    deaf, stop = Deaf("deaf"), threading.Event()
    thread, ended = start(Supervisor([deaf]), stop)
    assert deaf.running.wait(60)
    assert STOP_SECONDS < 2
    started = time.monotonic()
    stop.set()
    thread.join(60)
    assert ended == [False]
    assert time.monotonic() - started < _DEAF_SECONDS


def test_the_sign_of_life_comes_while_all_threads_live() -> None:
    ticks, stop = threading.Event(), threading.Event()
    supervisor = Supervisor([Waiting("one")])
    thread = threading.Thread(
        target=lambda: supervisor.run(stop, tick=ticks.set, tick_seconds=0.01)
    )
    thread.start()
    assert ticks.wait(60)
    stop.set()
    thread.join(60)


def test_two_parts_of_one_name_are_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match="one name"):
        Supervisor([Waiting("one"), Waiting("one")])

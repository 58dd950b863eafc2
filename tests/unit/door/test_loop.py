"""Doors at work: a card comes, and a pin moves; what was late moves none."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import SimpleQueue
from typing import Self

import pytest
from gpiozero.pins.mock import MockFactory

from cardsvc.attendance_records import TAP_KIND
from cardsvc.card.guid import CardGuid
from cardsvc.clock import SystemClock
from cardsvc.errors import CardError, CardsvcError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.door.config import Attendance, DoorConfig
from reader_agent.door.controller import DoorController
from reader_agent.door.input_roles import Input
from reader_agent.door.inputs import watched
from reader_agent.door.interlock import Interlock
from reader_agent.door.keypad import Keypad
from reader_agent.door.loop import DoorLoop, DoorTools
from reader_agent.door.moves import DoorRefusal, ExitAsked, Signal
from reader_agent.door.outputs import Fail, RelayConfig
from reader_agent.door.relay import RelayBolt
from reader_agent.door.rules import DoorRules
from reader_agent.door.taps import DoorQueue, DoorTaps, TapTools
from reader_agent.door.watchdog import Watchdog
from reader_agent.pin_entry import PinSource
from reader_agent.run.happenings import CardIn
from reader_agent.run.hub import Hub
from reader_agent.run.taps import TapOutcome
from reader_agent.tap import TapCost
from tests.support.doors import MemoryAreas
from tests.support.osdp_peer import wait_for

GUID = CardGuid.parse("11111111-2222-4333-8444-555555555555")
CONFIG = DoorConfig(
    DoorRules("north", pulse_seconds=0.5, most_tap_seconds=60.0),
    service="gate",
    reader="outside",
    exit_reader="inside",
    lock=RelayConfig(17),
    attendance=Attendance.BOTH,
)
_SHORT_SECONDS = 2.0


def in_a_hurry(config: DoorConfig) -> DoorConfig:
    """The same door, where a tap is soon too old."""
    return replace(config, rules=replace(config.rules, most_tap_seconds=_SHORT_SECONDS))


@dataclass
class Record:
    """Keeps what a door reports; ``is_full`` refuses it, as a full disk does."""

    kept: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    is_full: bool = False

    def append(self, kind: str, facts: Mapping[str, str | int | bool | None], at: datetime) -> int:
        if self.is_full:
            raise CardsvcError(ReasonCode.SERVICE_UNAVAILABLE, "full")
        self.kept.append((kind, dict(facts)))
        return len(self.kept)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.kept]

    def facts(self, kind: str) -> Mapping[str, object]:
        return next(facts for one, facts in self.kept if one == kind)


@dataclass
class Service:
    """Decides as it is told, after a while; asks for the PIN where the level wants one."""

    granted: bool = True
    refusal: str = "card_not_valid"
    offline: bool = False
    seconds: float = 0.0
    error: CardError | None = None
    pins: list[str] = field(default_factory=list)

    def tap(
        self,
        reader: str,
        service: str,
        level: AssuranceLevel = AssuranceLevel.X1,
        *,
        ask_pin: PinSource | None = None,
    ) -> TapOutcome:
        if self.error is not None:
            raise self.error
        if ask_pin is not None:
            self.pins.append(ask_pin(3))
        time.sleep(self.seconds)
        code = "granted" if self.granted else self.refusal
        decision = DecisionMessage(self.granted, code, "X1", None, "", "", None)
        return TapOutcome(decision, self.offline, GUID, SystemClock().now(), TapCost(4, 900))


class Panel:
    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def show(self, signal: Signal) -> None:
        self.signals.append(signal)


class Rig:
    """A door with mock pins, both of its parts running."""

    def __init__(self, config: DoorConfig, board: MockFactory) -> None:
        self.hub, self.clock = Hub(), SystemClock()
        self.record, self.service, self.panel = Record(), Service(), Panel()
        self.keypad = Keypad(60.0, takes_duress=config.takes_duress)
        self.board = board
        self.relay, self.contact = board.pin(17), board.pin(22)
        self.queue: DoorQueue = SimpleQueue()
        tools = DoorTools(
            lambda: RelayBolt(RelayConfig(17, fail=Fail.SECURE), board),
            self.panel,
            lambda tell: watched({Input.CONTACT: 22, Input.EXIT: 23}, tell, board),
            self.queue,
            self.record,
            self.clock,
            time.monotonic,
        )
        controller = DoorController(config.rules, MemoryAreas(), Interlock())
        taps = TapTools(self.service, self.hub, self.clock, time.monotonic, itertools.count(1))
        self.parts = (
            DoorLoop(config, controller, tools),
            DoorTaps(config, taps, self.queue, self.panel, self.keypad),
        )
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=part.run, args=(self._stop,)) for part in self.parts
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        assert wait_for(lambda: "door.started" in self.record.kinds())
        # the taps listen, and the pins are watched, the last of them is
        assert wait_for(lambda: self.hub._subscriptions and self.board.pin(23).when_changed)
        self.contact.drive_low()
        assert wait_for(lambda: "door.secured" in self.record.kinds())
        self.record.kept.clear()
        self.relay.clear_states()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def was_unlocked(self) -> bool:
        """Tell whether the bolt drew back, be it for a moment."""
        return any(one.state for one in self.relay.states)

    def card(self, reader: str = "outside") -> None:
        self.hub.publish(CardIn(self.clock.now(), reader))


@pytest.fixture
def rigged() -> Iterator[Callable[[DoorConfig], Rig]]:
    with ExitStack() as undo:
        board = MockFactory()
        undo.callback(board.close)
        yield lambda config: undo.enter_context(Rig(config, board))


def test_a_bundle_that_is_old_asks_the_guard_and_opens_nothing_by_itself(
    rigged: Callable[[DoorConfig], Rig],
) -> None:
    rig = rigged(CONFIG)
    rig.service.granted, rig.service.refusal = False, "guard_needed"
    rig.card()
    assert wait_for(lambda: "door.denied" in rig.record.kinds())  # the service never says so
    rig.record.kept.clear()
    rig.service.offline = True
    rig.card()
    assert wait_for(lambda: "door.guard_asked" in rig.record.kinds())
    assert "door.granted" not in rig.record.kinds()
    assert not rig.relay.state


def test_a_card_moves_the_pin_and_the_pulse_ends(rigged: Callable[[DoorConfig], Rig]) -> None:
    rig = rigged(CONFIG)
    assert not rig.relay.state
    rig.card()
    assert wait_for(rig.was_unlocked)
    assert wait_for(lambda: not rig.relay.state)
    assert rig.record.facts("door.granted") == {
        "door": "north",
        "card": str(GUID),
        "offline": False,
        "leaving": False,
    }
    assert rig.record.facts(TAP_KIND) == {
        "card": str(GUID),
        "direction": "in",
        "place": "north",
    }
    rig.card("inside")
    assert wait_for(lambda: rig.record.kinds().count(TAP_KIND) == 2)
    taps = [facts["direction"] for kind, facts in rig.record.kept if kind == TAP_KIND]
    assert taps == ["in", "out"]


def test_a_late_answer_moves_nothing(rigged: Callable[[DoorConfig], Rig]) -> None:
    rig = rigged(in_a_hurry(CONFIG))
    rig.service.seconds = _SHORT_SECONDS + 0.2
    rig.card()
    assert wait_for(lambda: "door.denied" in rig.record.kinds())
    assert rig.record.facts("door.denied")["reason"] == DoorRefusal.LATE
    assert not rig.relay.state
    assert TAP_KIND not in rig.record.kinds()


def test_a_card_that_is_refused_or_fails_moves_nothing(
    rigged: Callable[[DoorConfig], Rig],
) -> None:
    rig = rigged(CONFIG)
    rig.service.granted = False
    rig.card()
    assert wait_for(lambda: rig.record.kinds().count("door.denied") == 1)
    rig.service.error = CardError(ReasonCode.CARD_REMOVED)
    rig.card()
    assert wait_for(lambda: rig.record.kinds().count("door.denied") == 2)
    assert rig.record.kept[-1][1]["reason"] == ReasonCode.CARD_REMOVED
    assert not rig.relay.state


def test_the_button_inside_opens_and_a_forced_leaf_is_told(
    rigged: Callable[[DoorConfig], Rig],
) -> None:
    rig = rigged(CONFIG)
    rig.board.pin(23).drive_low()
    assert wait_for(rig.was_unlocked)
    assert wait_for(lambda: not rig.relay.state)
    rig.contact.drive_high()
    assert wait_for(lambda: "door.forced" in rig.record.kinds())
    assert rig.panel.signals[-1] is Signal.ALARM


def test_whoever_is_forced_types_the_pin_and_ends_it_otherwise(
    rigged: Callable[[DoorConfig], Rig],
) -> None:
    config = replace(CONFIG, level=AssuranceLevel.X2, takes_duress=True)
    rig = rigged(in_a_hurry(config))
    rig.card()
    assert wait_for(lambda: Signal.WAIT in rig.panel.signals)
    time.sleep(_SHORT_SECONDS + 0.2)  # longer than a tap may be old: the last key counts
    rig.keypad.press(b"123456\x7f")
    assert wait_for(rig.was_unlocked)
    assert rig.service.pins == ["123456"]
    assert rig.record.facts("door.duress")["silent"] is True
    assert not any("123456" in str(facts) for _, facts in rig.record.kept)


def test_a_full_disk_keeps_nobody_out(rigged: Callable[[DoorConfig], Rig]) -> None:
    rig = rigged(CONFIG)
    rig.record.is_full = True
    rig.card()
    assert wait_for(rig.was_unlocked)


def test_the_bolt_rests_when_the_agent_stops() -> None:
    board = MockFactory()
    with Rig(replace(CONFIG, rules=replace(CONFIG.rules, pulse_seconds=60.0)), board) as rig:
        rig.queue.put(ExitAsked())
        assert wait_for(lambda: rig.relay.state)
    assert not rig.relay.state
    board.close()


def test_a_loop_that_hangs_loses_its_bolt_once() -> None:
    rested: list[float] = []
    seconds = [100.0]
    dog = Watchdog(2.0, lambda: rested.append(seconds[0]), lambda: seconds[0])
    assert not dog.alive()
    seconds[0] = 101.9
    dog.look()
    assert rested == []
    seconds[0] = 102.1
    dog.look()
    dog.look()
    assert rested == [102.1]
    assert dog.alive(), "the loop is told, so that it puts the bolt where it belongs"
    assert not dog.alive()

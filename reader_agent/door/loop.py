"""A door at work: takes what happens off its queue, asks the controller, does what it says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from queue import Empty

from cardsvc.attendance_records import TAP_KIND
from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from reader_agent.door.config import Attendance, DoorConfig
from reader_agent.door.controller import DoorController
from reader_agent.door.moves import (
    Deed,
    DoorEvent,
    DoorFacts,
    Happening,
    Lock,
    Moment,
    Report,
    Show,
    Signal,
    Tick,
    Unlock,
)
from reader_agent.door.outputs import Bolt, OutputFailed, Panel
from reader_agent.door.taps import DoorQueue
from reader_agent.door.watchdog import Watchdog
from reader_agent.run.tools import Journal

_TICK_SECONDS = 0.1
_LOG = logging.getLogger(__name__)

Watch = Callable[[Callable[[Happening], None]], AbstractContextManager[None]]
"""Tells what happens at inputs while the block runs."""


@dataclass(frozen=True, slots=True)
class DoorTools:
    """What a door is made of.

    Args:
        open_bolt: takes the output; it is locked when this returns, or as soon as it answers.
        panel: light and sound.
        watch: the inputs.
        queue: where happenings come from.
        journal: the record; None keeps none.
        clock: the machine's.
        monotonic: seconds that no clock change moves.
    """

    open_bolt: Callable[[], Bolt]
    panel: Panel
    watch: Watch
    queue: DoorQueue
    journal: Journal | None
    clock: Clock
    monotonic: Callable[[], float]


class DoorLoop:
    """A part of the agent: one door.

    Args:
        config: the door.
        controller: its rules.
        tools: what it is made of.
    """

    def __init__(self, config: DoorConfig, controller: DoorController, tools: DoorTools) -> None:
        self._config = config
        self._controller = controller
        self._tools = tools
        self._has_failed = False

    @property
    def name(self) -> str:
        """The part's name."""
        return f"door {self._config.rules.name}"

    @property
    def in_use(self) -> bool:
        """Tell whether somebody is being let in just now."""
        return self._controller.is_engaged

    def run(self, stop: threading.Event) -> None:
        """Work the door until told to stop; then take the power off the bolt."""
        with closing(self._tools.open_bolt()) as bolt:
            dog = Watchdog(self._config.watchdog_seconds, bolt.rest, self._tools.monotonic)
            self._report(DoorEvent.STARTED, {}, self._now())
            self._restore(bolt, self._now())
            with self._tools.watch(self._tools.queue.put), dog.watching():
                while not stop.is_set():
                    self._step(bolt, dog, stop)
        self._report(DoorEvent.RESTED, {"how": "stopped"}, self._now())

    def _step(self, bolt: Bolt, dog: Watchdog, stop: threading.Event) -> None:
        try:
            happening = self._tools.queue.get(timeout=_TICK_SECONDS)
        except Empty:
            happening = Tick()
        now = self._now()
        if dog.alive():
            self._report(DoorEvent.RESTED, {"how": "watchdog"}, now)
            self._restore(bolt, now)
        for deed in self._controller.handle(happening, now):
            self._do(deed, bolt, now)
        if not stop.is_set():  # then a line of readers has stopped, too, and that is no fault
            self._refresh(bolt, now)

    def _do(self, deed: Deed, bolt: Bolt, now: Moment) -> None:
        match deed:
            case Report(event, facts):
                self._report(event, facts, now)
            case Unlock(seconds):
                self._order(lambda: bolt.unlock(seconds), now)
            case Lock():
                self._order(bolt.lock, now)
            case Show(signal):
                self._tools.panel.show(signal)

    def _order(self, act: Callable[[], None], now: Moment) -> bool:
        try:
            act()
        except OutputFailed as error:
            if not self._has_failed:
                self._has_failed = True
                _LOG.error("%s: %s", self.name, error)
                self._report(DoorEvent.OUTPUT_FAILED, {"reason": error.reason.value}, now)
                self._tools.panel.show(Signal.ALARM)
            return False
        return True

    def _refresh(self, bolt: Bolt, now: Moment) -> None:
        works = self._order(lambda: bolt.refresh(now.seconds), now)
        if works and self._has_failed:
            self._has_failed = False
            self._report(DoorEvent.OUTPUT_WORKS, {}, now)
            self._restore(bolt, now)

    def _restore(self, bolt: Bolt, now: Moment) -> None:
        """Put the bolt where the controller has it; a pulse that was under way is over."""
        if self._controller.is_free:
            self._order(lambda: bolt.unlock(None), now)
        else:
            self._order(bolt.lock, now)
        self._tools.panel.show(Signal.FREE if self._controller.is_free else Signal.READY)

    def _report(self, event: DoorEvent, facts: DoorFacts, now: Moment) -> None:
        self._append(event.value, {"door": self._config.rules.name, **facts}, now)
        if event is DoorEvent.GRANTED and self._config.attendance is not Attendance.NONE:
            tap = {
                "card": facts["card"],
                "direction": self._direction(is_leaving=facts["leaving"] is True),
                "place": self._config.rules.name,
            }
            self._append(TAP_KIND, tap, now)

    def _direction(self, *, is_leaving: bool) -> str:
        if self._config.attendance is not Attendance.BOTH:
            return self._config.attendance.value
        if not self._config.exit_reader:
            return "unknown"
        return (Attendance.OUT if is_leaving else Attendance.IN).value

    def _append(self, kind: str, facts: Mapping[str, str | int | bool | None], now: Moment) -> None:
        if self._tools.journal is None:
            return
        try:
            self._tools.journal.append(kind, facts, now.at)
        except CardsvcError as error:
            # the outbox has said what is wrong with it; nobody is kept out, or in, for that
            _LOG.error("%s: %s is not in the record: %s", self.name, kind, error.reason.value)

    def _now(self) -> Moment:
        return Moment(self._tools.monotonic(), self._tools.clock.now())

"""Cards at a door: each that comes is tapped, and what became of it is handed to the door."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent.door.config import DoorConfig
from reader_agent.door.keypad import Keypad
from reader_agent.door.moves import Happening, Permit, Refusal, Signal
from reader_agent.door.outputs import Panel
from reader_agent.pin_entry import PinSource
from reader_agent.run.happenings import CardIn
from reader_agent.run.hub import Hub
from reader_agent.run.taps import TapOutcome
from verification.remedy import GUARD

DoorQueue = SimpleQueue[Happening]
_LOOK_SECONDS = 0.5


class RunsTaps(Protocol):
    """What ``run.taps.Tapper`` does for a door."""

    def tap(
        self,
        reader: str,
        service: str,
        level: AssuranceLevel = AssuranceLevel.X1,
        *,
        ask_pin: PinSource | None = None,
    ) -> TapOutcome:
        """Ask the card in a reader, and have somebody decide."""
        ...


@dataclass(frozen=True, slots=True)
class TapTools:
    """What taps at doors need.

    Args:
        tapper: runs them.
        hub: tells that a card came.
        clock: the one that happenings are dated by.
        monotonic: seconds that no clock change moves.
        numbers: a number for each permit of this agent.
    """

    tapper: RunsTaps
    hub: Hub
    clock: Clock
    monotonic: Callable[[], float]
    numbers: Iterator[int]


class DoorTaps:
    """A part of the agent: the taps of one door.

    Args:
        config: the door.
        tools: what it needs.
        queue: the door's.
        panel: shows that a PIN is wanted.
        keypad: takes it; None for X1.
    """

    def __init__(
        self,
        config: DoorConfig,
        tools: TapTools,
        queue: DoorQueue,
        panel: Panel,
        keypad: Keypad | None,
    ) -> None:
        self._config = config
        self._tools = tools
        self._queue = queue
        self._panel = panel
        self._keypad = keypad

    @property
    def name(self) -> str:
        """The part's name."""
        return f"taps of door {self._config.rules.name}"

    def run(self, stop: threading.Event) -> None:
        """Tap cards until told to stop."""
        readers = {self._config.reader, self._config.exit_reader} - {""}
        with self._tools.hub.subscribe(CardIn) as cards:
            while not stop.is_set():
                card = cards.get(_LOOK_SECONDS)
                if isinstance(card, CardIn) and card.reader in readers:
                    self._queue.put(self._tap(card))

    def _tap(self, card: CardIn) -> Permit | Refusal:
        waited = (self._tools.clock.now() - card.at).total_seconds()
        tapped = self._tools.monotonic() - max(0.0, waited)
        typed = _TypedPin(self)
        leaving = card.reader == self._config.exit_reader
        level = AssuranceLevel.X1 if leaving else self._config.level
        asks = typed.ask if level is AssuranceLevel.X2 else None
        try:
            outcome = self._tools.tapper.tap(card.reader, self._config.service, level, ask_pin=asks)
        except CardsvcError as error:
            return Refusal(error.reason.value)
        needs_guard = outcome.offline and outcome.decision.code == GUARD.public_code
        if not outcome.decision.granted and not needs_guard:
            return Refusal(outcome.decision.code)
        if outcome.guid is None:
            return Refusal(ReasonCode.MALFORMED_CERTIFICATE.value)
        return Permit(
            next(self._tools.numbers),
            str(outcome.guid),
            tapped if typed.at is None else typed.at,
            duress=typed.is_forced,
            offline=outcome.offline,
            leaving=leaving,
            guard=needs_guard,
        )

    def type_pin(self) -> tuple[str, bool, float]:
        """Have the holder type; return the PIN, whether he or she is forced, and when it ended."""
        if self._keypad is None:
            raise CardsvcError(ReasonCode.PIN_REQUIRED, "the door has no keypad")
        self._panel.show(Signal.WAIT)
        pin, is_forced = self._keypad.ask()
        return pin, is_forced, self._tools.monotonic()


class _TypedPin:
    """The PIN of one tap; the tap is as old as the last key."""

    def __init__(self, taps: DoorTaps) -> None:
        self._taps = taps
        self.is_forced = False
        self.at: float | None = None

    def ask(self, _tries_left: int | None) -> str:
        pin, self.is_forced, self.at = self._taps.type_pin()
        return pin

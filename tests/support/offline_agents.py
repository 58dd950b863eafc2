"""Agents that decide offline, in this process: a shelf, an outbox, a clock set by hand."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cardsvc.clock import SettableClock
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.offline.config import OfflineConfig
from reader_agent.offline.judge import OfflineJudge
from reader_agent.offline.keeper import BundleKeeper, BundleService
from reader_agent.offline.shelf import Shelf
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import RELYING_PARTY
from tests.support.taps import answer_at

PATIENT = OfflineConfig(steps=())
"""No caution of the agent's own: the policy alone decides."""


@dataclass
class Seconds:
    """A monotonic clock that is moved by hand."""

    value: float = 0.0

    def __call__(self) -> float:
        return self.value


@dataclass
class OfflineAgent:
    """An agent's offline parts over one folder; made anew it is the agent after a restart."""

    folder: Path
    service: BundleService
    machine: SettableClock
    config: OfflineConfig = PATIENT
    seconds: Seconds = field(default_factory=Seconds)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.folder, OutboxConfig(), self.machine)
        self.keeper = BundleKeeper(
            RELYING_PARTY, service=self.service, shelf=Shelf(self.folder / "bundle"),
            config=self.config, machine=self.machine, monotonic=self.seconds,
        )  # fmt: skip
        self.judge = OfflineJudge(
            self.keeper, self.config, self.outbox,
            random_octets=secrets.token_bytes, new_id=lambda: str(uuid.uuid4()),
        )  # fmt: skip

    def pass_time(self, by: timedelta) -> None:
        """Let time pass on both clocks."""
        self.seconds.value += by.total_seconds()
        self.machine.advance(by)

    def set_machine(self, at: datetime) -> None:
        """Set the machine's clock; the monotonic one does not notice."""
        self.machine.at = at

    def tap(
        self,
        card: VirtualCard,
        level: AssuranceLevel = AssuranceLevel.X1,
        *,
        after: Callable[[], None] = lambda: None,
    ) -> DecisionMessage:
        """Tap a card and decide; ``after`` happens between the card's answer and the decision."""
        tapped = answer_at(self.judge, card, level)
        after()
        return self.judge.present(tapped.presentation)

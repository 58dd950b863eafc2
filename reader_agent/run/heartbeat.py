"""The agent's heartbeat: what is in its readers and how it does; also finds the network again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from cardsvc.errors import CardsvcError
from cardsvc.wire.agent_health import (
    MAX_FAILURES,
    MAX_PARTS,
    FailureSeen,
    HealthMessage,
    PartSeen,
    StageSeen,
)
from reader_agent.desk_presence import presence_of
from reader_agent.outbox.outbox import Outbox
from reader_agent.run.happenings import (
    AtReader,
    Happening,
    SettingsTold,
    TapDecided,
    TapFailed,
    TapStarted,
)
from reader_agent.run.hub import Hub
from reader_agent.run.part import PartHealth
from reader_agent.run.tally import Tally
from reader_agent.run.tools import AgentTools

HEARTBEAT_SECONDS = 10.0
LOST_SECONDS = 2.0
"""While the service is away it is looked for this often."""
_STEP_SECONDS = 0.5
"""So that a card that bounces in a reader is not a flood of heartbeats."""
_LOG = logging.getLogger(__name__)


class Heartbeat:
    """A part that tells the service every ten seconds, and when something changes at a reader.

    Args:
        tools: the agent.
        tally: how taps ended.
        parts: how each part stands.
    """

    name = "heartbeat"

    def __init__(
        self, tools: AgentTools, tally: Tally, parts: Callable[[], tuple[PartHealth, ...]]
    ) -> None:
        self._tools = tools
        self._tally = tally
        self._parts = parts
        self._started_at = tools.clock.now()

    def run(self, stop: threading.Event) -> None:
        """Tell until ``stop`` is set."""
        network = self._tools.network
        with self._tools.hub.subscribe(AtReader, SettingsTold) as listening:
            while not stop.is_set():
                try:
                    answer = self._tools.client.tell_presence(
                        replace(presence_of(self._tools.readers.view()), health=self.health())
                    )
                    network.answered()
                    if self._tools.settings is not None:
                        self._tools.settings.wanted(answer.settings)
                except CardsvcError as error:
                    network.failed(error)
                    _LOG.debug("heartbeat: %s", error.reason.value)
                waited = 0.0
                while not stop.wait(_STEP_SECONDS):
                    waited += _STEP_SECONDS
                    changed = False
                    while (happening := listening.get(0)) is not None:
                        changed |= not isinstance(happening, TapStarted | TapDecided | TapFailed)
                    due = HEARTBEAT_SECONDS if network.reachable else LOST_SECONDS
                    if waited >= due or (changed and network.reachable):
                        break

    def health(self) -> HealthMessage:
        """Return how the agent does."""
        tools, sheet = self._tools, self._tally.sheet()
        key = tools.device
        keeper = None if tools.offline is None else tools.offline.keeper
        outbox = tools.journal.health() if isinstance(tools.journal, Outbox) else None
        return HealthMessage(
            started_at=self._started_at,
            running=tuple(
                PartSeen(one.name, one.state.value, one.failures, one.last_failure)
                for one in self._parts()[:MAX_PARTS]
            ),
            unbound=tools.readers.unbound(),
            granted=sheet.granted,
            denied=sheet.denied,
            offline=sheet.offline,
            failures=tuple(
                FailureSeen(reason.value, count) for reason, count in sheet.failures[:MAX_FAILURES]
            ),
            stages=tuple(
                StageSeen(one.stage.value, one.count, _ms(one.p50_seconds), _ms(one.p95_seconds))
                for one in tools.stages.summaries()
            ),
            last_success_at=sheet.last_success_at,
            unsent=outbox.unsent if outbox else 0,
            outbox_writable=outbox.writable if outbox else True,
            sending=None if tools.offline is None else tools.offline.sender.sending.state.value,
            bundle_at=None if keeper is None else keeper.signed_at,
            bundle_preparing=keeper is not None and keeper.preparing,
            bundle_refused=None if keeper is None or not keeper.refused else keeper.refused.value,
            clock_offset_ms=_bounded(key.clock_offset if key else timedelta(0)),
            certificate_until=key.identity.certificate.not_valid_after_utc if key else None,
            settings=None if tools.settings is None else tools.settings.seen(),
        )


class TapCounter:
    """A part that counts how taps end; hears of them from the moment it is made.

    Args:
        hub: tells of taps.
        tally: is kept.
    """

    name = "tap counter"

    def __init__(self, hub: Hub, tally: Tally) -> None:
        self._listening = hub.subscribe(TapDecided, TapFailed)
        self._tally = tally

    def run(self, stop: threading.Event) -> None:
        """Count until ``stop`` is set."""
        while not stop.is_set():
            ended: Happening | None = self._listening.get(_STEP_SECONDS)
            if isinstance(ended, TapDecided | TapFailed):
                self._tally.count(ended)


def _ms(seconds: float) -> int:
    return min(2**31 - 1, round(seconds * 1000))


def _bounded(offset: timedelta) -> int:
    return max(1 - 2**31, min(2**31 - 1, round(offset.total_seconds() * 1000)))

"""Sends the outbox's events to the service, in order, until it has acknowledged each.

One batch at a time, the next after the chain's head came back. What was sent and not answered is
sent again: the service knows an event by its place and hash, so nothing counts twice.
"""

from __future__ import annotations

import logging
import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Protocol

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.event_chain import ChainBroken, ChainHead
from cardsvc.wire.event_batch import MAX_EVENTS, MAX_EVENTS_OCTETS, EventBatchMessage
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox

_LOG = logging.getLogger(__name__)

_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 1.0, 60.0
_BROKEN_DELAY_SECONDS = 600.0
"""After a fork or gap: nothing mends it but an administrator."""
_LOOK_SECONDS = 0.5
_PRUNE_EVERY = timedelta(minutes=10)


class EventService(Protocol):
    """The service, as the outbox needs it."""

    def send_events(self, batch: EventBatchMessage) -> ChainHead:
        """Hand events over; return the head up to which the service has all.

        Raises:
            CardsvcError: unreachable, or refused with EVENT_CHAIN_GAP or EVENT_CHAIN_FORKED.
        """
        ...

    def chain_head(self, chain: bytes) -> ChainHead:
        """Return where the service thinks that a chain stands.

        Raises:
            CardsvcError: unreachable or refused.
        """
        ...


@unique
class SendingState(StrEnum):
    """How sending stands."""

    WORKING = "working"
    UNREACHABLE = "unreachable"
    FORKED = "forked"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Sending:
    """How sending stands, and since when.

    Args:
        state: whether events go out.
        reason: what the service or the network said last, None while it works.
        sent_at: when the service last acknowledged anything.
    """

    state: SendingState = SendingState.WORKING
    reason: ReasonCode | None = None
    sent_at: datetime | None = None


class OutboxSender:
    """A part of the agent (``reader_agent.run.part``): the body of one supervised thread.

    Args:
        outbox: whose events are sent.
        service: where to.
        clock: dates what was sent.
        config: how long events are kept afterwards.
    """

    name = "outbox"

    def __init__(
        self, outbox: Outbox, service: EventService, clock: Clock, config: OutboxConfig
    ) -> None:
        self._outbox, self._service = outbox, service
        self._clock, self._config = clock, config
        self._failures = 0
        self._prune_at: datetime | None = None
        self.sending = Sending()

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; returns within a second of it or of an answer."""
        while not stop.is_set():
            self._outbox.news.clear()
            self._outbox.retry()
            seconds = self.step()
            self._prune()
            self._rest(seconds, stop)

    def step(self) -> float | None:
        """Send one batch; return after how many seconds to go on, None when there is news."""
        events = self._outbox.book.unsent(MAX_EVENTS, MAX_EVENTS_OCTETS)
        if not events:
            return None
        batch = EventBatchMessage.of(self._outbox.book.chain, tuple(events))
        try:
            head = self._service.send_events(batch)
        except CardsvcError as error:
            if error.reason is ReasonCode.EVENT_CHAIN_GAP:
                return self._go_back()
            if error.reason is ReasonCode.EVENT_CHAIN_FORKED:
                return self._broken(error)
            return self._unreachable(error)
        try:
            self._outbox.book.acknowledge(head)
        except ChainBroken as error:
            return self._broken(error)
        self._failures = 0
        self.sending = Sending(sent_at=self._clock.now())
        return 0.0

    def _go_back(self) -> float:
        """Send again what a service that was restored from a backup no longer has."""
        try:
            head = self._service.chain_head(self._outbox.book.chain)
        except CardsvcError as error:
            return self._unreachable(error)
        try:
            self._outbox.book.rewind(head)
        except ChainBroken as error:
            return self._broken(error)
        _LOG.warning("the service asked for events that it had before; they are sent again")
        return _FIRST_DELAY_SECONDS

    def _broken(self, error: CardsvcError) -> float:
        gap = error.reason is ReasonCode.EVENT_CHAIN_GAP
        state = SendingState.GAP if gap else SendingState.FORKED
        if self.sending.state is not state:
            _LOG.error("the service refuses this outbox: %s", error.reason.value)
        self.sending = Sending(state, error.reason, self.sending.sent_at)
        return _BROKEN_DELAY_SECONDS

    def _unreachable(self, error: CardsvcError) -> float:
        self._failures += 1
        self.sending = Sending(SendingState.UNREACHABLE, error.reason, self.sending.sent_at)
        longest = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** min(self._failures, 10))
        # spread, so that a thousand agents don't come back in the same second
        return random.uniform(longest / 2, longest)  # noqa: S311 - no secret

    def _prune(self) -> None:
        at = self._clock.now()
        if self._prune_at is None or at >= self._prune_at:
            self._prune_at = at + _PRUNE_EVERY
            self._outbox.book.prune(at - self._config.kept_after_sending)

    def _rest(self, seconds: float | None, stop: threading.Event) -> None:
        """Wait, with an eye on the stop; without a time, until there is something to send."""
        if seconds is None:
            while not stop.is_set() and not self._outbox.news.wait(_LOOK_SECONDS):
                self._outbox.retry()
            return
        if seconds:
            stop.wait(seconds)

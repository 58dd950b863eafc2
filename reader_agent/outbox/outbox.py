"""Where every part of the agent puts what happened: durable before it returns.

Many threads at once share a commit (``cardsvc.group_commit``). A disk that takes nothing is said
so at once; what becomes of events then is the administrator's choice (``config.WhenFull``).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.event_chain import (
    HASH_OCTETS,
    MAX_SEQ,
    AgentEvent,
    JsonScalar,
    encode_agent_event,
)
from cardsvc.group_commit import GroupCommit
from reader_agent.outbox.book import NewEvent, open_book
from reader_agent.outbox.config import OutboxConfig, WhenFull
from reader_agent.run.happenings import Happening

_LOG = logging.getLogger(__name__)

_EVER = datetime.max.replace(tzinfo=UTC)
NOT_DURABLE = 0
"""The place of an event that is only in memory: no event's, they count from 1."""
EVENTS_LOST = "outbox.lost"
BOOK_DAMAGED = "outbox.damaged"


class OutboxFull(CardsvcError):
    """An event can't be written, and the administrator wants nothing done without a record."""

    def __init__(self) -> None:
        super().__init__(ReasonCode.OUTBOX_FULL, "the outbox's disk takes nothing")


@dataclass(frozen=True, slots=True)
class OutboxStuck(Happening):
    """The disk takes no events."""


@dataclass(frozen=True, slots=True)
class OutboxWorks(Happening):
    """The disk takes events again.

    Args:
        lost: how many were given up meanwhile, because memory did not hold them.
    """

    lost: int


OutboxNews: TypeAlias = OutboxStuck | OutboxWorks


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """How the outbox stands; for the heartbeat and the doctor.

    Args:
        writable: whether the disk took the last event.
        unsent: events that the service does not have.
        in_memory: of them, those that the disk does not have either.
        lost: events given up since the disk failed.
        oldest_unsent: when the first of the unsent on disk happened.
    """

    writable: bool
    unsent: int
    in_memory: int
    lost: int
    oldest_unsent: datetime | None


class Outbox:
    """Takes events. Safe to share between threads.

    Args:
        folder: the agent's data folder.
        config: how events are kept.
        clock: dates what the outbox says of itself.
        tell: is told when the disk stops taking events, and when it takes them again; called in
            the thread of whoever appends, so it returns at once.

    Raises:
        StoreError: the file can't be opened.
    """

    def __init__(
        self,
        folder: Path,
        config: OutboxConfig,
        clock: Clock,
        tell: Callable[[OutboxNews], None] = lambda _: None,
    ) -> None:
        self._config, self._clock, self._tell = config, clock, tell
        self._remembered: deque[NewEvent] = deque()
        self._lost, self._writable = 0, True
        self.news = threading.Event()
        self.book, damaged = open_book(folder / config.file, config.most_megabytes)
        self._commit: GroupCommit[NewEvent, int] = GroupCommit(self._write)
        if damaged:
            _LOG.error("the outbox was damaged; it was put aside and a new one begun")
            self.append(BOOK_DAMAGED, {}, clock.now())

    def append(self, kind: str, facts: Mapping[str, JsonScalar], at: datetime) -> int:
        """Keep an event; when this returns it survives a crash.

        Args:
            kind: what happened, such as ``tap.decided``.
            facts: identifiers and codes only; never a name, number, PIN, key or token.
            at: when.

        Returns:
            Its place in the chain, or ``NOT_DURABLE`` where the disk fails and the event is kept
            in memory.

        Raises:
            Malformed: the event can't be encoded.
            OutboxFull: the disk fails and the configuration says REFUSE.
        """
        _check(self.book.chain, kind, facts, at)
        (seq,) = self._commit.submit([NewEvent(kind, dict(facts), at)])
        self.news.set()
        return seq

    def retry(self) -> None:
        """Try to write what is in memory; the sender calls this from time to time."""
        if self._remembered:
            self._commit.submit([])

    def health(self) -> OutboxHealth:
        """Return how it stands."""
        in_memory = len(self._remembered)
        unsent = self.book.head.seq - self.book.acknowledged + in_memory
        oldest = self.book.oldest_unsent()
        return OutboxHealth(self._writable, unsent, in_memory, self._lost, oldest)

    def close(self) -> None:
        """Close the file; nothing may be appended any more."""
        self.book.close()

    def _write(self, events: Sequence[NewEvent]) -> Sequence[int]:
        """Write, in one transaction, what memory held and the new; one thread at a time."""
        waiting = list(self._remembered)
        if self._lost:
            waiting.insert(0, NewEvent(EVENTS_LOST, {"count": self._lost}, self._clock.now()))
        try:
            seqs = self._append([*waiting, *events])
        except sqlite3.Error as error:
            return self._keep(events, error)
        lost, self._lost = self._lost, 0
        self._remembered.clear()
        if not self._writable:
            self._writable = True
            _LOG.warning("the outbox's disk takes events again; %d were lost", lost)
            self._tell(OutboxWorks(self._clock.now(), lost))
        return seqs[len(waiting) :]

    def _append(self, events: Sequence[NewEvent]) -> Sequence[int]:
        try:
            return self.book.append_all(events)
        except sqlite3.OperationalError:
            # what the service has may go early, before anything new is refused
            if not self._make_room():
                raise
            return self.book.append_all(events)

    def _make_room(self) -> bool:
        try:
            return self.book.prune(_EVER) > 0
        except sqlite3.Error:
            return False

    def _keep(self, events: Sequence[NewEvent], error: sqlite3.Error) -> Sequence[int]:
        if self._writable:
            self._writable = False
            _LOG.error("the outbox's disk takes no events: %s", type(error).__name__)
            self._tell(OutboxStuck(self._clock.now()))
        if self._config.when_full is WhenFull.REFUSE:
            raise OutboxFull from error
        for one in events:
            if len(self._remembered) >= self._config.remembered:
                self._remembered.popleft()
                self._lost += 1
            self._remembered.append(one)
        return [NOT_DURABLE] * len(events)


def _check(chain: bytes, kind: str, facts: Mapping[str, JsonScalar], at: datetime) -> None:
    """Refuse what no place in the chain could make encodable, before others wait for it."""
    encode_agent_event(AgentEvent(chain, MAX_SEQ, bytes(HASH_OCTETS), at, kind, facts))

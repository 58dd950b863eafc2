"""What the service keeps of agents' events, for those who look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.event_chain import AgentEvent, ChainBreak


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event and who sent it.

    Args:
        agent: whose it is.
        event: as the agent stored it.
        received_at: when it came.
    """

    agent: str
    event: AgentEvent
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where a search stands, newest first.

    Args:
        at: of the last event that was given, by its agent's time.
        seq: its place in its chain.
        chain: its chain, 16 octets.
    """

    at: datetime
    seq: int
    chain: bytes

    @classmethod
    def of(cls, kept: KeptEvent) -> EventPlace:
        """Return the place of an event."""
        return cls(kept.event.at, kept.event.seq, kept.event.chain)


@dataclass(frozen=True, slots=True)
class AgentEventSearch:
    """Which events are looked for.

    Args:
        kinds: of these kinds.
        agent: of one agent; empty for all.
        since: from this instant on, by the agents' time.
        until: before this instant.
    """

    kinds: frozenset[str]
    agent: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AgentEventFinder(Protocol):
    """Finds events; ``cardsvc.store.agent_event_search.SqlAgentEventSearch`` is one."""

    def find(
        self, search: AgentEventSearch, after: EventPlace | None, limit: int
    ) -> Sequence[KeptEvent]:
        """Return the next events of a search, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class AgentAlarm:
    """A place where an agent's events did not go on as they should.

    Args:
        agent: whose they are.
        chain: the chain, 16 octets.
        seq: where.
        how: what is wrong: a gap, a fork (a copied disk goes on with the same chain), or a new
            chain of an agent that had one.
        at: when it was noticed first.
    """

    agent: str
    chain: bytes
    seq: int
    how: ChainBreak
    at: datetime

"""What the service keeps of agents' events, for those who look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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

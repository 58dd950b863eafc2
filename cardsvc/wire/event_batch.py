"""Events on their way from an agent's outbox to the service, and the answer: the chain's head.

Spec: RFC 8259; octets as unpadded base64url (RFC 4648 section 5), so that what is hashed arrives
as it was stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.event_chain import (
    CHAIN_OCTETS,
    HASH_OCTETS,
    MAX_EVENT_OCTETS,
    MAX_SEQ,
    ChainHead,
    ReceivedEvent,
    receive_event,
)
from cardsvc.wire.composites import ListOf
from cardsvc.wire.kinds import Number, Octets
from cardsvc.wire.message import Message

MAX_EVENTS = 500
MAX_EVENTS_OCTETS = 512 * 1024
"""The octets of a batch's events together; in base64 they stay below what the service takes."""
CHAIN = Octets(CHAIN_OCTETS, CHAIN_OCTETS, about="the chain's identifier")


@dataclass(frozen=True, slots=True)
class EventBatchMessage(Message):
    """Some events of one chain, in order."""

    MOST_OCTETS: ClassVar[int] = 1 << 20

    chain: Annotated[bytes, CHAIN]
    events: Annotated[
        tuple[bytes, ...],
        ListOf(
            Octets(MAX_EVENT_OCTETS),
            most=MAX_EVENTS,
            least=1,
            about="each event as it was stored, canonical JSON",
        ),
    ] = field(repr=False)

    @classmethod
    def of(cls, chain: bytes, events: tuple[ReceivedEvent, ...]) -> Self:
        """Return the message of some events."""
        return cls(chain, tuple(one.octets for one in events))

    def received(self) -> tuple[ReceivedEvent, ...]:
        """Return the events, read and hashed.

        Raises:
            Malformed: an event is not canonical, or of another chain.
        """
        events = tuple(receive_event(one) for one in self.events)
        if any(one.event.chain != self.chain for one in events):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "an event of another chain")
        return events


@dataclass(frozen=True, slots=True)
class ChainHeadMessage(Message):
    """The last event of a chain that the service has: everything up to it is acknowledged."""

    seq: Annotated[int, Number(most=MAX_SEQ, about="0 for a chain that is not known")]
    sha256: Annotated[bytes, Octets(HASH_OCTETS, HASH_OCTETS, about="of that event")]

    @classmethod
    def of(cls, head: ChainHead) -> Self:
        """Return the message of a head."""
        return cls(head.seq, head.sha256)

    @property
    def head(self) -> ChainHead:
        """The head that it tells."""
        return ChainHead(self.seq, self.sha256)

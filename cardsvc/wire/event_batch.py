"""Events on their way from an agent's outbox to the service, and the answer: the chain's head.

Spec: RFC 8259; octets as unpadded base64url (RFC 4648 section 5), so that what is hashed arrives
as it was stored.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from cardsvc.wire.fields import (
    Fields,
    decode_octets,
    encode_object,
    encode_octets,
    parse_object,
)

MAX_EVENTS = 500
MAX_EVENTS_OCTETS = 512 * 1024
"""The octets of a batch's events together; in base64 they stay below what the service takes."""
_MAX_MESSAGE_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True)
class EventBatchMessage:
    """Some events of one chain, in order.

    Args:
        chain: the chain, 16 octets.
        events: each with the octets that were stored.
    """

    chain: bytes
    events: tuple[ReceivedEvent, ...]

    @classmethod
    def parse(cls, octets: bytes) -> EventBatchMessage:
        """Parse.

        Raises:
            Malformed: not a batch, an event is not canonical or of another chain.
        """
        fields = Fields(parse_object(octets, most=_MAX_MESSAGE_OCTETS), ("chain", "events"))
        chain = fields.octets("chain", exactly=CHAIN_OCTETS)
        events = tuple(
            receive_event(decode_octets(one, most=MAX_EVENT_OCTETS, name="event"))
            for one in fields.items("events", most=MAX_EVENTS)
        )
        if not events:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a batch without events")
        if any(one.event.chain != chain for one in events):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "an event of another chain")
        return cls(chain, events)

    def encode(self) -> bytes:
        """Return the JSON octets."""
        events = [encode_octets(one.octets) for one in self.events]
        return encode_object({"chain": encode_octets(self.chain), "events": events})


@dataclass(frozen=True, slots=True)
class ChainHeadMessage:
    """The last event of a chain that the service has: everything up to it is acknowledged."""

    head: ChainHead

    @classmethod
    def parse(cls, octets: bytes) -> ChainHeadMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets, most=4096), ("seq", "sha256"))
        seq = fields.number("seq", most=MAX_SEQ)
        return cls(ChainHead(seq, fields.octets("sha256", exactly=HASH_OCTETS)))

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object({"seq": self.head.seq, "sha256": encode_octets(self.head.sha256)})

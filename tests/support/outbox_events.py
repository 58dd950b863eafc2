"""Events and chains for tests of outboxes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cardsvc.event_chain import (
    AgentEvent,
    ChainHead,
    JsonScalar,
    ReceivedEvent,
    encode_agent_event,
    receive_event,
)

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
CHAIN = bytes(range(16))


def chained(
    count: int, *, chain: bytes = CHAIN, after: ChainHead | None = None, says: JsonScalar = "one"
) -> Sequence[ReceivedEvent]:
    """Return events that go on after a head, or begin a chain."""
    head = after or ChainHead.of_empty(chain)
    found = []
    for _ in range(count):
        at = AT + timedelta(seconds=head.seq)
        event = AgentEvent(chain, head.seq + 1, head.sha256, at, "test.said", {"says": says})
        found.append(receive_event(encode_agent_event(event)))
        head = ChainHead(event.seq, found[-1].sha256)
    return found


def head_of(events: Sequence[ReceivedEvent]) -> ChainHead:
    """Return where a chain stands after events."""
    return ChainHead(events[-1].event.seq, events[-1].sha256)

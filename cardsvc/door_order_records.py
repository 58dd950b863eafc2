"""Orders to open a door from afar: asked for by one operator, approved by another, used once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique


@unique
class DoorOrderState(StrEnum):
    """Where an order stands. One whose time is over stays where it was, and is good for nothing."""

    REQUESTED = "requested"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class DoorOrder:
    """An order.

    Args:
        id: our own opaque identifier.
        agent: the agent that works the door.
        door: the door's name in that agent's configuration.
        requested_by: who asked.
        requested_at: when.
        expires_at: until when it can be approved; once it is, until when the agent can take it.
        state: where it stands.
        decided_by: who approved or withdrew it.
        decided_at: when.
    """

    id: str
    agent: str
    door: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    state: DoorOrderState = DoorOrderState.REQUESTED
    decided_by: str | None = None
    decided_at: datetime | None = None

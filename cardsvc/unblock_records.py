"""The unblocking of a card's PIN, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.card.guid import CardGuid


@unique
class UnblockState(StrEnum):
    """Where an unblocking stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    """The card took its fresh transport PIN."""
    SHOWN = "shown"
    """The holder was given it."""
    FAILED = "failed"
    """The card refused its PUK; it is not tried again."""


OPEN_STATES = (UnblockState.REQUESTED, UnblockState.APPROVED)
"""A card has one unblocking under way at most."""


@dataclass(frozen=True, slots=True)
class UnblockRequest:
    """One unblocking of a card's PIN.

    Args:
        id: of the request, and of the desk's job that carries it out.
        guid: the card.
        state: where it stands.
        requested_by: who saw the holder and checked the identity.
        requested_at: when.
        decided_by: the second person, or None.
        decided_at: when, or None.
    """

    id: str
    guid: CardGuid
    state: UnblockState
    requested_by: str
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None

"""What partners are told of what happened, as frozen values: events of a feed, webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.access_records import JsonValue
from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState


@unique
class EventKind(StrEnum):
    """What happened."""

    DECISION_MADE = "decision.made"
    CARD_STATUS_CHANGED = "card.status_changed"


STATUS_AFTER = {
    AuditAction.CARD_ACTIVATED: CardState.ACTIVE,
    AuditAction.CARD_SUSPENDED: CardState.SUSPENDED,
    AuditAction.CARD_RESUMED: CardState.ACTIVE,
    AuditAction.CARD_REVOKED: CardState.REVOKED,
    AuditAction.CARD_REPLACED: CardState.REPLACED,
}
"""The state that a card is in after an event of the audit log."""


@dataclass(frozen=True, slots=True)
class ToldDecision:
    """What a partner was told by a decision: its event may say that much and no more.

    Args:
        data: the event's details.
        names_card: the partner was told the card's GUID.
        pseudonym: the partner's name for the holder, None where it was told none.
    """

    data: Mapping[str, JsonValue]
    names_card: bool
    pseudonym: str | None


@dataclass(frozen=True, slots=True)
class PartnerEvent:
    """An event as one partner is told of it.

    Args:
        relying_party: the partner.
        position: its place in the partner's feed: 1, 2, 3 …, none left out.
        kind: what happened.
        at: when, UTC.
        subject: what it is about, by a name that the partner knows; None where it knows none.
        data: details, without personal data.
        guid: the card, for the order of delivery; not told unless ``data`` does.
    """

    relying_party: str
    position: int
    kind: EventKind
    at: datetime
    subject: str | None
    data: Mapping[str, JsonValue]
    guid: CardGuid | None

    @property
    def id(self) -> str:
        """The event's identifier, the same at every delivery."""
        return f"{self.relying_party}-{self.position}"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A part of a partner's feed.

    Args:
        events: in the order of the feed.
        newest: the last position that there is; 0 for an empty feed.
    """

    events: Sequence[PartnerEvent]
    newest: int

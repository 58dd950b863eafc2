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


@unique
class DeliveryState(StrEnum):
    """Where a delivery stands; one that arrived is not kept."""

    WAITING = "waiting"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a partner wants to be called.

    Args:
        id: our own identifier.
        relying_party: whose events are sent.
        url: as it was put on record.
        enabled: False where nothing is sent, or queued.
        secret_version: of the secret that signs.
        former_until: until then the secret before it signs as well; None where none does.
        failures: calls that failed since the last one that arrived.
        last_success_at: when a call arrived last.
    """

    id: str
    relying_party: str
    url: str
    enabled: bool
    secret_version: int
    former_until: datetime | None = None
    failures: int = 0
    last_success_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a webhook.

    Args:
        webhook: where.
        event: what.
        attempts: calls that were made before.
        lease: names this turn; whoever comes too late with another name changes nothing.
    """

    webhook: Webhook
    event: PartnerEvent
    attempts: int
    lease: str


@dataclass(frozen=True, slots=True)
class DeadDelivery:
    """An event that a webhook did not take.

    Args:
        webhook_id: where.
        position: of the event in its partner's feed.
        at: when it happened.
        attempts: calls that were made.
        outcome: how the last one ended.
    """

    webhook_id: str
    position: int
    at: datetime
    attempts: int
    outcome: str


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """An event that has not arrived at a webhook.

    Args:
        position: of the event in its partner's feed.
        kind: what happened.
        at: when it happened.
        attempts: calls that were made.
        due_at: when it is tried next; of one that was given up, when that was due last.
        outcome: how the last call ended; empty before the first.
    """

    position: int
    kind: EventKind
    at: datetime
    attempts: int
    due_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """How many deliveries wait, and how many were given up."""

    waiting: int
    dead: int

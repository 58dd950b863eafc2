"""What partners are told: the feed's place in the audit log, feeds, and cards partners know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.event_records import DeliveryState, EventKind
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base

EVENT_CURSOR_ID = 1


class EventCursorRow(Base):
    """The one row that says how far the audit log was told to partners; its lock is the turn."""

    __tablename__ = "event_cursor"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    next_seq: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint(f"id = {EVENT_CURSOR_ID}", name="one_row"),)


class PartnerFeedRow(Base):
    """How long a partner's feed is, and how much of it was forgotten."""

    __tablename__ = "partner_feeds"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    newest: Mapped[int] = mapped_column(BigInteger)
    forgotten_through: Mapped[int] = mapped_column(BigInteger)


class PartnerEventRow(Base):
    """An event of a partner's feed."""

    __tablename__ = "partner_events"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[EventKind] = mapped_column(EnumText(EventKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    subject: Mapped[str | None] = mapped_column(String)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    # not a foreign key: denials name cards that we never issued
    guid: Mapped[CardGuid | None] = mapped_column(GuidText())


class PartnerCardRow(Base):
    """A card that a partner was told of, and by what name it knows it."""

    __tablename__ = "partner_cards"

    guid: Mapped[CardGuid] = mapped_column(GuidText(), primary_key=True)
    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    named: Mapped[bool] = mapped_column(Boolean)
    pseudonym: Mapped[str | None] = mapped_column(String)

    __table_args__ = (Index(None, "relying_party", "pseudonym"),)


class WebhookRow(Base):
    """Where a partner wants to be called. Its secrets are derived, not kept."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), index=True)
    url: Mapped[str] = mapped_column(String)
    enabled: Mapped[bool] = mapped_column(Boolean)
    secret_version: Mapped[int] = mapped_column(Integer)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(Integer)
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class WebhookDeliveryRow(Base):
    """An event that a webhook has not taken yet; gone when it has."""

    __tablename__ = "webhook_deliveries"

    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    relying_party: Mapped[str] = mapped_column(String)
    guid: Mapped[CardGuid | None] = mapped_column(GuidText())
    state: Mapped[DeliveryState] = mapped_column(EnumText(DeliveryState))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime())
    lease: Mapped[str | None] = mapped_column(String)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    outcome: Mapped[str] = mapped_column(String)

    __table_args__ = (
        ForeignKeyConstraint(
            ["relying_party", "position"],
            ["partner_events.relying_party", "partner_events.position"],
        ),
        CheckConstraint("(lease IS NULL) = (leased_until IS NULL)", name="lease_whole_or_absent"),
        Index(None, "state", "webhook_id", "due_at"),
        # what came before of the same card
        Index(None, "webhook_id", "guid", "position"),
        Index(None, "relying_party", "position"),
    )

"""Batches and the cards they touch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.batch_records import BatchAction, BatchKind, BatchState, Exclusion, StepState
from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base


class BatchRow(Base):
    """A plan for many cards. ``post`` names agency, unit and position: no fact of one person."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[BatchKind] = mapped_column(EnumText(BatchKind))
    post: Mapped[dict[str, str | None] | None] = mapped_column(JSON)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    planned_by: Mapped[str] = mapped_column(String)
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[BatchState] = mapped_column(EnumText(BatchState))
    run_by: Mapped[str | None] = mapped_column(String)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)", name="finished_at_some_time"
        ),
        Index(None, "planned_at", "id"),
    )


class BatchStepRow(Base):
    """A card of a batch."""

    __tablename__ = "batch_steps"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    guid: Mapped[CardGuid] = mapped_column(GuidText(), ForeignKey("cards.guid"), primary_key=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"))
    card_version: Mapped[int] = mapped_column(Integer)
    holder_version: Mapped[int] = mapped_column(Integer)
    action: Mapped[BatchAction] = mapped_column(EnumText(BatchAction))
    exclusion: Mapped[Exclusion | None] = mapped_column(EnumText(Exclusion))
    state: Mapped[StepState] = mapped_column(EnumText(StepState))
    reason: Mapped[ReasonCode | None] = mapped_column(EnumText(ReasonCode))
    application_id: Mapped[str | None] = mapped_column(ForeignKey("applications.id"))

    __table_args__ = (
        CheckConstraint("(action = 'nothing') = (exclusion IS NOT NULL)", name="nothing_for_cause"),
        Index(
            "ix_batch_steps_planned",
            "batch_id",
            "guid",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
    )

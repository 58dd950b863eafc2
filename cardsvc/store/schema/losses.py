"""Cases of loss, the cards they name, and the reports that were counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cardsvc.card.guid import CardGuid
from cardsvc.loss_records import LossChannel, LossState
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base


class LossCaseRow(Base):
    """A report of loss that is worked off; a holder has one open at most."""

    __tablename__ = "loss_cases"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), index=True)
    channel: Mapped[LossChannel] = mapped_column(EnumText(LossChannel))
    reported_by: Mapped[str] = mapped_column(String)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime())
    checks: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[LossState] = mapped_column(EnumText(LossState))
    closed_by: Mapped[str | None] = mapped_column(String)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    cards: Mapped[list[LossCardRow]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint("(state = 'open') = (closed_by IS NULL)", name="closed_by_somebody"),
        CheckConstraint("(closed_by IS NULL) = (closed_at IS NULL)", name="closing_whole"),
        Index("ix_loss_cases_state_reported_at", "state", "reported_at", "id"),
        Index(
            "uq_loss_cases_open",
            "holder_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class LossCardRow(Base):
    """A card that was in the holder's hands when the loss was reported."""

    __tablename__ = "loss_case_cards"

    case_id: Mapped[str] = mapped_column(ForeignKey("loss_cases.id"), primary_key=True)
    guid: Mapped[CardGuid] = mapped_column(GuidText(), ForeignKey("cards.guid"), primary_key=True)
    leave_until: Mapped[datetime | None] = mapped_column(UtcDateTime())


class LossReportRow(Base):
    """A report at a kiosk, counted whether or not it was true; the number is a blind index."""

    __tablename__ = "loss_reports"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    agent: Mapped[str] = mapped_column(String)
    number_index: Mapped[bytes] = mapped_column(LargeBinary)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)

    __table_args__ = (
        Index("ix_loss_reports_agent_reported_at", "agent", "reported_at"),
        Index("ix_loss_reports_number_index_reported_at", "number_index", "reported_at"),
    )

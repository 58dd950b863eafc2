"""Decisions on paper that approve cards."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.store.columns import UtcDateTime
from cardsvc.store.schema.base import Base


class ApprovalDecisionRow(Base):
    """A decision; who signed it is a name, so it is sealed."""

    __tablename__ = "approval_decisions"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    number: Mapped[str] = mapped_column(String)
    decided_on: Mapped[date] = mapped_column(Date)
    signer_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_by: Mapped[str] = mapped_column(String)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("number", "decided_on"),
        Index(None, "recorded_at", "id"),
    )

"""Requests of the people whose data we keep, restrictions, and who was erased."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.privacy_records import RequestKind, RequestState
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class PrivacyRequestRow(Base):
    """A request. ``version`` counts the changes."""

    __tablename__ = "privacy_requests"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), index=True)
    kind: Mapped[RequestKind] = mapped_column(EnumText(RequestKind))
    state: Mapped[RequestState] = mapped_column(EnumText(RequestState), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    received_by: Mapped[str] = mapped_column(String)
    acknowledge_by: Mapped[date] = mapped_column(Date)
    act_by: Mapped[date] = mapped_column(Date)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    extension: Mapped[str] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[str | None] = mapped_column(String)
    reason: Mapped[str] = mapped_column(String)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name="decision_whole_or_absent"
        ),
        CheckConstraint(
            "kind <> 'erasure' OR decided_by IS NULL OR reason <> '' OR decided_by <> received_by",
            name="two_persons_erase",
        ),
        CheckConstraint("closed_at IS NULL OR decided_at IS NOT NULL", name="decided_then_closed"),
    )


class HolderRestrictionRow(Base):
    """A person whose data is kept and not used."""

    __tablename__ = "holder_restrictions"

    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime())


class HolderErasureRow(Base):
    """A person who was erased; the row in ``holders`` is a pseudonym that other rows refer to."""

    __tablename__ = "holder_erasures"

    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())

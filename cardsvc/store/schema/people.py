"""Holders and their applications."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cardsvc.identity.card_number import StaffCategory
from cardsvc.lifecycle import ApplicationState
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import CardType


class HolderRow(Base):
    """A person. Personal and enterprise numbers are sealed; the index columns find them."""

    __tablename__ = "holders"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    search_key: Mapped[str] = mapped_column(String, index=True)
    personal_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    personal_number_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    birth_date: Mapped[date | None] = mapped_column(Date)
    agency_code: Mapped[str | None] = mapped_column(String, index=True)
    agency_name: Mapped[str | None] = mapped_column(String)
    unit_name: Mapped[str | None] = mapped_column(String)
    position: Mapped[str | None] = mapped_column(String)
    category: Mapped[StaffCategory | None] = mapped_column(EnumText(StaffCategory))
    enterprise_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    enterprise_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    enterprise_name: Mapped[str | None] = mapped_column(String)
    delegation_scope: Mapped[str | None] = mapped_column(String)
    delegation_until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        CheckConstraint(
            "(agency_code IS NULL) = (category IS NULL)", name="employment_whole_or_absent"
        ),
        CheckConstraint(
            "(enterprise_number_sealed IS NULL) = (delegation_until IS NULL)",
            name="delegation_whole_or_absent",
        ),
    )


class ApplicationRow(Base):
    """A request for a card."""

    __tablename__ = "applications"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    card_type: Mapped[CardType] = mapped_column(EnumText(CardType))
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), index=True)
    requested_by: Mapped[str] = mapped_column(String)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[ApplicationState] = mapped_column(EnumText(ApplicationState), index=True)
    approved_by: Mapped[str | None] = mapped_column(String)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    holder: Mapped[HolderRow] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        # the rule of two persons, also where somebody writes past the code
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="two_persons"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name="approval_whole_or_absent"
        ),
    )

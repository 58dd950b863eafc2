"""Agencies with their history, and holders' photos."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.agency_records import AgencyFate
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class AgencyRow(Base):
    """An agency and what it decides for itself. ``version`` counts the changes."""

    __tablename__ = "agencies"

    code: Mapped[str] = mapped_column(String, primary_key=True)
    approver_outside_unit: Mapped[bool | None]
    emblem: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)


class AgencyVersionRow(Base):
    """An agency as it was for a time; days are inclusive."""

    __tablename__ = "agency_versions"

    code: Mapped[str] = mapped_column(ForeignKey("agencies.code"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String)
    short_name: Mapped[str] = mapped_column(String)
    parent: Mapped[str | None] = mapped_column(ForeignKey("agencies.code"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    fate: Mapped[AgencyFate | None] = mapped_column(EnumText(AgencyFate))

    __table_args__ = (
        CheckConstraint("(valid_to IS NULL) = (fate IS NULL)", name="ended_by_something"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="days_in_order"),
    )


class AgencySuccessorRow(Base):
    """What a version of an agency became."""

    __tablename__ = "agency_successors"

    code: Mapped[str] = mapped_column(String, primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    successor: Mapped[str] = mapped_column(ForeignKey("agencies.code"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(
            ["code", "ordinal"], ["agency_versions.code", "agency_versions.ordinal"]
        ),
    )


class HolderPhotoRow(Base):
    """A holder's photo, sealed; the one with the highest number is the present one."""

    __tablename__ = "holder_photos"

    holder_id: Mapped[str] = mapped_column(
        ForeignKey("holders.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    print_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    chip_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    source_index: Mapped[bytes] = mapped_column(LargeBinary)
    findings: Mapped[list[str]] = mapped_column(JSON)
    added_by: Mapped[str] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())

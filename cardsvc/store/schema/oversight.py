"""Regular work: which process does it, how it went; figures that were counted for screens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.housekeeping_records import StepName
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base

HOUSEKEEPING_LEASE_ID = 1


class HousekeepingLeaseRow(Base):
    """The one row that says which process does the regular work, and until when."""

    __tablename__ = "housekeeping_lease"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String)
    until: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (CheckConstraint(f"id = {HOUSEKEEPING_LEASE_ID}", name="one_row"),)


class HousekeepingStepRow(Base):
    """The last run of a step."""

    __tablename__ = "housekeeping_steps"

    step: Mapped[StepName] = mapped_column(EnumText(StepName), primary_key=True)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime())
    succeeded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    done: Mapped[int] = mapped_column(Integer)
    failure: Mapped[str] = mapped_column(String)


class CountedFiguresRow(Base):
    """Figures about all cards, counted in one snapshot, as JSON (RFC 8259)."""

    __tablename__ = "counted_figures"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    milliseconds: Mapped[int] = mapped_column(Integer)
    octets: Mapped[bytes] = mapped_column(LargeBinary)

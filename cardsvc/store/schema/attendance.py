"""Taps that count for attendance, and corrections of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.attendance_records import Absence, CorrectionKind, CorrectionState, Direction
from cardsvc.card.guid import CardGuid
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base


class AttendanceTapRow(Base):
    """A tap, by the place of its event in the agent's chain: each event counts once.

    The card may be one that we don't know; then the tap is nobody's.
    """

    __tablename__ = "attendance_taps"

    chain: Mapped[str] = mapped_column(String, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    guid: Mapped[CardGuid] = mapped_column(GuidText())
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    direction: Mapped[Direction] = mapped_column(EnumText(Direction))
    place: Mapped[str] = mapped_column(String)

    # of a card; and what is due to go
    __table_args__ = (Index(None, "guid", "at"), Index(None, "at"))


class AttendanceCorrectionRow(Base):
    """A correction; two persons, also where somebody writes past the code."""

    __tablename__ = "attendance_corrections"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"))
    kind: Mapped[CorrectionKind] = mapped_column(EnumText(CorrectionKind))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    absence: Mapped[Absence | None] = mapped_column(EnumText(Absence))
    requested_by: Mapped[str] = mapped_column(String)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[CorrectionState] = mapped_column(EnumText(CorrectionState))
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("(absence IS NULL) = (kind <> 'absence')", name="absence_has_a_kind"),
        CheckConstraint("(at IS NULL) = (kind = 'absence')", name="tap_has_an_instant"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decision_whole"),
        CheckConstraint("state <> 'approved' OR decided_by <> requested_by", name="two_persons"),
        Index(None, "holder_id", "first_day"),
        Index(None, "state", "requested_at", "id"),
    )

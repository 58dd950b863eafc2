"""Orders to open a door from afar."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.door_order_records import DoorOrderState
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class DoorOrderRow(Base):
    """An order; two persons, also where somebody writes past the code."""

    __tablename__ = "door_orders"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"))
    door: Mapped[str] = mapped_column(String)
    requested_by: Mapped[str] = mapped_column(String)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[DoorOrderState] = mapped_column(EnumText(DoorOrderState))
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decision_whole"),
        CheckConstraint(
            "state NOT IN ('approved', 'taken') OR decided_by <> requested_by", name="two_persons"
        ),
        Index(None, "agent", "state", "decided_at"),
        Index(None, "requested_at", "id"),
    )

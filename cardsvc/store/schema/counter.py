"""Sessions at counters and their steps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.store.columns import GuidText, UtcDateTime
from cardsvc.store.schema.base import Base


class CounterSessionRow(Base):
    """A session as it stands after its last step; ``steps`` lets one of two next steps through."""

    __tablename__ = "counter_sessions"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"))
    service: Mapped[str] = mapped_column(String)
    agent: Mapped[str] = mapped_column(String)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    steps: Mapped[int] = mapped_column(Integer)
    level: Mapped[int | None] = mapped_column(Integer)
    guid: Mapped[CardGuid | None] = mapped_column(GuidText(), ForeignKey("cards.guid"))
    consent: Mapped[str | None] = mapped_column(String)
    receipt_sha256: Mapped[str | None] = mapped_column(String)
    question_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint("(level IS NULL) = (guid IS NULL)", name="level_of_a_card"),
        CheckConstraint("(steps = 0) = (receipt_sha256 IS NULL)", name="receipt_of_a_step"),
    )


class CounterStepRow(Base):
    """A step of a session: its decision, and who matched the photo where that was the step."""

    __tablename__ = "counter_steps"

    session_id: Mapped[str] = mapped_column(ForeignKey("counter_sessions.id"), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), unique=True)
    officer: Mapped[str | None] = mapped_column(String)

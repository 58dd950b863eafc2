"""Imports of lists of people, and their rows until they are settled and forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.import_records import RowOutcome, RowState, SkipReason
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import CardType


class ImportRecordRow(Base):
    """One import; a file is taken in once."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    card_type: Mapped[CardType] = mapped_column(EnumText(CardType))
    fingerprint: Mapped[str] = mapped_column(String, unique=True)
    operator: Mapped[str] = mapped_column(String)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    rows: Mapped[int] = mapped_column(Integer)
    agency: Mapped[str] = mapped_column(String)
    confirmed: Mapped[str] = mapped_column(String)
    notices: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ImportRowRow(Base):
    """One row of an import. What stood in it is sealed, and removed when its time is over."""

    __tablename__ = "import_rows"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[RowState] = mapped_column(EnumText(RowState))
    outcome: Mapped[RowOutcome | None] = mapped_column(EnumText(RowOutcome))
    holder_id: Mapped[str | None] = mapped_column(ForeignKey("holders.id"), index=True)
    codes: Mapped[str] = mapped_column(String)
    assigned_to: Mapped[str] = mapped_column(String)
    skip_reason: Mapped[SkipReason | None] = mapped_column(EnumText(SkipReason))
    photo: Mapped[str] = mapped_column(String)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint(
            "(state = 'applied') = (holder_id IS NOT NULL)", name="applied_to_a_holder"
        ),
        CheckConstraint("(outcome IS NULL) = (holder_id IS NULL)", name="outcome_of_a_holder"),
        CheckConstraint("(state = 'skipped') = (skip_reason IS NOT NULL)", name="skipped_for_why"),
        Index(None, "import_id", "state", "number"),
    )

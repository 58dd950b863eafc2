"""Visitor passes: no names, no purposes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.store.columns import UtcDateTime
from cardsvc.store.schema.base import Base


class VisitorPassRow(Base):
    """A pass; ``used`` never passes ``entries``, whoever writes it."""

    __tablename__ = "visitor_passes"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"))
    host: Mapped[str] = mapped_column(String)
    zone: Mapped[str] = mapped_column(String)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    not_before: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    entries: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (CheckConstraint("used >= 0 AND used <= entries", name="used_within_entries"),)

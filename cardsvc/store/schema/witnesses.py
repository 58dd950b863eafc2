"""Witnesses of the audit log, and the checkpoints that they cosigned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.store.columns import UtcDateTime
from cardsvc.store.schema.base import Base


class WitnessRow(Base):
    """A witness that is asked."""

    __tablename__ = "witnesses"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str] = mapped_column(String)
    url: Mapped[str] = mapped_column(String)
    added_by: Mapped[str] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())


class CosignatureRow(Base):
    """A checkpoint with a witness's cosignature (C2SP signed-note)."""

    __tablename__ = "cosignatures"

    witness: Mapped[str] = mapped_column(ForeignKey("witnesses.name"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    note: Mapped[bytes] = mapped_column(LargeBinary)

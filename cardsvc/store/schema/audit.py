"""The append-only audit log, its head and the signed tree heads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.store.columns import UtcDateTime
from cardsvc.store.schema.base import Base

AUDIT_HEAD_ID = 1


class AuditEventRow(Base):
    """One entry. ``octets`` is what was hashed; the other columns repeat it for searching.

    ``parent_hashes`` holds the nodes above the leaf that this entry completed, lowest first, so
    that a proof needs a logarithmic number of rows.
    """

    __tablename__ = "audit_events"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    actor: Mapped[str] = mapped_column(String)
    action: Mapped[str] = mapped_column(String)
    subject: Mapped[str] = mapped_column(String)
    octets: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    parent_hashes: Mapped[bytes] = mapped_column(LargeBinary)
    request_id: Mapped[str | None] = mapped_column(String)

    # newest first, of a time, of somebody, of a kind, about something, of a request: each
    # along one index
    __table_args__ = (
        Index(None, "at", "seq"),
        Index(None, "actor", "at", "seq"),
        Index(None, "action", "at", "seq"),
        Index(None, "subject", "at", "seq"),
        Index(
            None, "request_id", "at", "seq",
            sqlite_where=text("request_id IS NOT NULL"),
            postgresql_where=text("request_id IS NOT NULL"),
        ),
    )  # fmt: skip


class AuditHeadRow(Base):
    """The one row whose lock puts writers in line."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint(f"id = {AUDIT_HEAD_ID}", name="one_row"),)


class TreeHeadRow(Base):
    """A signed tree head (RFC 6962 section 3.5)."""

    __tablename__ = "tree_heads"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True)
    root_hash: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String)
    signature: Mapped[bytes] = mapped_column(LargeBinary)

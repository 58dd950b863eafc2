"""Status lists, the places of cards in them, counters of changes, published documents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import Realm


class StatusListRow(Base):
    """A status list; new cards get a place in their realm's one with the highest number."""

    __tablename__ = "status_lists"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(Integer)
    realm: Mapped[Realm] = mapped_column(EnumText(Realm), server_default=Realm.PRODUCTION)

    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)


class StatusEntryRow(Base):
    """A card's place. Rows are never deleted, so that no place is given twice."""

    __tablename__ = "status_entries"

    list_number: Mapped[int] = mapped_column(ForeignKey("status_lists.number"), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    guid: Mapped[CardGuid] = mapped_column(GuidText(), ForeignKey("cards.guid"), unique=True)


class StatusChangeRow(Base):
    """How often what a status document says has changed.

    ``subject`` is ``crl/`` and an issuer's key identifier in hex, or ``list/`` and a number.
    """

    __tablename__ = "status_changes"

    subject: Mapped[str] = mapped_column(String, primary_key=True)
    changes: Mapped[int] = mapped_column(BigInteger)


class PublishedDocumentRow(Base):
    """The latest edition of a status document, the same for every process."""

    __tablename__ = "published_documents"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    changes: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    octets: Mapped[bytes] = mapped_column(LargeBinary)

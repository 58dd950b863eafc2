"""Holders, the words of their names, their former numbers, and their applications."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cardsvc.card.guid import CardGuid
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.number_alias import AliasStatus, NumberScheme
from cardsvc.identity.sex import Sex
from cardsvc.lifecycle import ApplicationState
from cardsvc.store.columns import EnumText, GuidText, SortText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import ApplicationKind, CardType, Realm


class HolderRow(Base):
    """A person. Numbers and addresses are sealed; the index columns find numbers.

    ``search_key`` is the folded name, ``exact_key`` the name with its diacritics and one place
    for tones, ``sort_key`` the order of staff lists. ``version`` counts the changes.
    """

    __tablename__ = "holders"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    search_key: Mapped[str] = mapped_column(SortText)
    exact_key: Mapped[str] = mapped_column(SortText)
    sort_key: Mapped[str] = mapped_column(SortText)
    version: Mapped[int] = mapped_column(Integer)
    personal_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    personal_number_index: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    sex: Mapped[Sex | None] = mapped_column(EnumText(Sex))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    birth_date: Mapped[date | None] = mapped_column(Date)
    agency_code: Mapped[str | None] = mapped_column(SortText)
    agency_name: Mapped[str | None] = mapped_column(String)
    unit_name: Mapped[str | None] = mapped_column(String)
    position: Mapped[str | None] = mapped_column(String)
    category: Mapped[StaffCategory | None] = mapped_column(EnumText(StaffCategory))
    staff_code: Mapped[str | None] = mapped_column(String)
    employment_until: Mapped[date | None] = mapped_column(Date)
    enterprise_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    enterprise_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    enterprise_name: Mapped[str | None] = mapped_column(String)
    delegation_scope: Mapped[str | None] = mapped_column(String)
    delegation_until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        CheckConstraint(
            "(agency_code IS NULL) = (category IS NULL)", name="employment_whole_or_absent"
        ),
        CheckConstraint(
            "(enterprise_number_sealed IS NULL) = (delegation_until IS NULL)",
            name="delegation_whole_or_absent",
        ),
        Index(None, "agency_code", "sort_key", "id"),
        # whatever a filtered list looks at, in staff order: a walk along it reads no other page
        Index(
            "ix_holders_staff_order",
            "sort_key",
            "id",
            "search_key",
            "exact_key",
            "agency_code",
            "category",
            "unit_name",
        ),
        Index(None, "category", "sort_key", "id"),
    )

    aliases: Mapped[list[HolderAliasRow]] = relationship(
        order_by="HolderAliasRow.ordinal", cascade="all, delete-orphan"
    )


class HolderWordRow(Base):
    """A word of a holder's folded name; found by its beginning."""

    __tablename__ = "holder_words"

    holder_id: Mapped[str] = mapped_column(
        ForeignKey("holders.id", ondelete="CASCADE"), primary_key=True
    )
    word: Mapped[str] = mapped_column(SortText, primary_key=True)

    __table_args__ = (Index(None, "word", "holder_id"), {"sqlite_with_rowid": False})


class HolderAliasRow(Base):
    """A former number of a holder, sealed; two persons may claim one, so it is not unique."""

    __tablename__ = "holder_aliases"

    holder_id: Mapped[str] = mapped_column(
        ForeignKey("holders.id", ondelete="CASCADE"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    scheme: Mapped[NumberScheme] = mapped_column(EnumText(NumberScheme))
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    number_index: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    status: Mapped[AliasStatus] = mapped_column(EnumText(AliasStatus))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class ApplicationRow(Base):
    """A request for a card."""

    __tablename__ = "applications"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    card_type: Mapped[CardType] = mapped_column(EnumText(CardType))
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), index=True)
    requested_by: Mapped[str] = mapped_column(String)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    state: Mapped[ApplicationState] = mapped_column(EnumText(ApplicationState), index=True)
    approved_by: Mapped[str | None] = mapped_column(String)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    kind: Mapped[ApplicationKind] = mapped_column(EnumText(ApplicationKind), server_default="new")
    # cards name their application, too: one of the two keys is added after both tables
    replaces: Mapped[CardGuid | None] = mapped_column(
        GuidText(), ForeignKey("cards.guid", use_alter=True)
    )
    note_code: Mapped[str | None] = mapped_column(String)
    note_by: Mapped[str | None] = mapped_column(String)
    note_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    note_fields: Mapped[list[str] | None] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("approval_decisions.id"), index=True)
    realm: Mapped[Realm] = mapped_column(EnumText(Realm), server_default=Realm.PRODUCTION)

    holder: Mapped[HolderRow] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        # the rule of two persons, also where somebody writes past the code
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="two_persons"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name="approval_whole_or_absent"
        ),
        CheckConstraint("(kind = 'new') = (replaces IS NULL)", name="replacement_names_a_card"),
        CheckConstraint("(note_code IS NULL) = (note_at IS NULL)", name="note_whole_or_absent"),
        Index("ix_applications_requested_at_id", "requested_at", "id"),
        Index("ix_applications_state_requested_at_id", "state", "requested_at", "id"),
        Index(None, "kind", "requested_at", "id"),
        Index(None, "card_type", "requested_at", "id"),
        Index(None, "requested_by", "requested_at", "id"),
    )

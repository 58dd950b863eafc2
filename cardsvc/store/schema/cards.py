"""Cards, their keys on record, and the jobs that personalise them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind
from cardsvc.lifecycle import CardState
from cardsvc.store.columns import EnumText, GuidText, SerialHex, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.store.schema.people import HolderRow
from cardsvc.terms import CardType, Realm, SuspensionCause


class CardRow(Base):
    """A card. ``version`` counts the changes (optimistic lock); ``ordinal`` the order made."""

    __tablename__ = "cards"

    guid: Mapped[CardGuid] = mapped_column(GuidText(), primary_key=True)
    card_type: Mapped[CardType] = mapped_column(EnumText(CardType))
    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"))
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"))
    ordinal: Mapped[int] = mapped_column(Integer)
    state: Mapped[CardState] = mapped_column(EnumText(CardState))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(Integer)
    replaced_by: Mapped[CardGuid | None] = mapped_column(GuidText(), ForeignKey("cards.guid"))
    suspension_cause: Mapped[SuspensionCause | None] = mapped_column(EnumText(SuspensionCause))
    suspended_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # who asked for it and who approved it, copied from the application for the check below
    requested_by: Mapped[str | None] = mapped_column(String)
    approved_by: Mapped[str | None] = mapped_column(String)
    personalised_by: Mapped[str | None] = mapped_column(String)
    handed_over_by: Mapped[str | None] = mapped_column(String)
    realm: Mapped[Realm] = mapped_column(EnumText(Realm), server_default=Realm.PRODUCTION)

    keys: Mapped[list[CardKeyRow]] = relationship(
        lazy="selectin", order_by="CardKeyRow.ordinal", cascade="all, delete-orphan"
    )
    holder: Mapped[HolderRow] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("application_id", "ordinal"),
        # the rule of three persons, also where somebody writes past the code
        CheckConstraint(
            "personalised_by NOT IN (requested_by, approved_by)", name="personalised_by_a_third"
        ),
        CheckConstraint(
            "handed_over_by NOT IN (requested_by, approved_by)", name="handed_over_by_a_third"
        ),
        CheckConstraint(
            "suspension_cause IS NULL OR state = 'suspended'", name="cause_while_suspended"
        ),
        CheckConstraint(
            "suspended_until IS NULL OR suspension_cause = 'leave'", name="leave_alone_ends"
        ),
        Index(
            "ix_cards_suspended_until",
            "suspended_until",
            sqlite_where=text("suspended_until IS NOT NULL"),
            postgresql_where=text("suspended_until IS NOT NULL"),
        ),
        Index(None, "holder_id", "state", "card_type"),
        Index(None, "state", "card_type", "holder_id"),
        # lists are walked by GUID; what expires soon is rare among what was ever made
        Index(None, "state", "guid"),
        Index(None, "card_type", "guid"),
        Index(None, "expires_at"),
    )


class CardKeyRow(Base):
    """A certified key of a card, as the CA certified it."""

    __tablename__ = "card_keys"

    guid: Mapped[CardGuid] = mapped_column(GuidText(), ForeignKey("cards.guid"), primary_key=True)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(Integer)
    algorithm: Mapped[int] = mapped_column(Integer)
    spki_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    issuer_key_id: Mapped[bytes] = mapped_column(LargeBinary)
    serial: Mapped[int] = mapped_column(SerialHex())
    certificate_der: Mapped[bytes] = mapped_column(LargeBinary)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (UniqueConstraint("issuer_key_id", "serial"),)


class PersonalisationJobRow(Base):
    """A job at a desk, about a new card or a finished one; the plan is sealed: photo, secrets."""

    __tablename__ = "personalisation_jobs"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    agent: Mapped[str] = mapped_column(String, index=True)
    operator: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String)
    plan_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    kind: Mapped[JobKind] = mapped_column(EnumText(JobKind), server_default=JobKind.PERSONALISE)
    guid: Mapped[CardGuid | None] = mapped_column(GuidText(), ForeignKey("cards.guid"), index=True)

    __table_args__ = (
        CheckConstraint("(kind = 'personalise') = (guid IS NULL)", name="about_one_card"),
    )

"""Who may do what: operators, agents, relying parties; spent nonces and decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Boolean, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.partner_records import USUAL_SCOPES, RequestLimits, encode_scopes
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import Realm


class OperatorRow(Base):
    """A member of staff who works with the service; only a hash of the password is kept."""

    __tablename__ = "operators"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    roles: Mapped[list[str]] = mapped_column(JSON)
    password_hash: Mapped[str] = mapped_column(String)
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    agencies: Mapped[list[str]] = mapped_column(JSON)
    unit: Mapped[str] = mapped_column(String)
    must_change_password: Mapped[bool] = mapped_column(Boolean)
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)


class AgentRow(Base):
    """A reader agent; it authenticates by a token of which SHA-256 is kept."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class RelyingPartyRow(Base):
    """A partner that relies on our decisions; SHA-256 of its token is kept."""

    __tablename__ = "relying_parties"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    token_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    realm: Mapped[Realm] = mapped_column(EnumText(Realm), server_default=Realm.PRODUCTION)
    agency_code: Mapped[str | None] = mapped_column(String)
    pseudonym_generation: Mapped[int] = mapped_column(Integer, server_default="1")
    contacts: Mapped[str] = mapped_column(String, server_default="[]")
    scopes: Mapped[str] = mapped_column(String, server_default=encode_scopes(USUAL_SCOPES))
    per_minute: Mapped[int] = mapped_column(Integer, server_default=str(RequestLimits().per_minute))
    per_day: Mapped[int] = mapped_column(Integer, server_default=str(RequestLimits().per_day))
    agreement: Mapped[str] = mapped_column(String, server_default="{}")


class SpentNonceRow(Base):
    """The nonce of a challenge that was answered; whoever inserts it has the answer.

    A nonce has one expiry, which is under its seal; with that in front of the key, nonces that
    were answered together lie together, and those to be forgotten do, too.
    """

    __tablename__ = "spent_nonces"

    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True)
    nonce_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)

    __table_args__ = ({"sqlite_with_rowid": False},)


class DecisionRow(Base):
    """A decision and its receipt; exact reasons, no personal data."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    agent: Mapped[str] = mapped_column(String)
    relying_party: Mapped[str] = mapped_column(String)
    service: Mapped[str] = mapped_column(String)
    granted: Mapped[bool] = mapped_column(Boolean)
    level: Mapped[int | None] = mapped_column(Integer)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    # not a foreign key: denials name cards that we never issued
    guid: Mapped[CardGuid | None] = mapped_column(GuidText(), index=True)
    policy_version: Mapped[int | None] = mapped_column(Integer)
    receipt: Mapped[str] = mapped_column(String)
    # what the policy looked at beside level, agent and time; NULL where it never came to that
    card_type: Mapped[str | None] = mapped_column(String)
    category: Mapped[str | None] = mapped_column(String)
    agency_code: Mapped[str | None] = mapped_column(String)
    status_age_seconds: Mapped[int | None] = mapped_column(Integer)
    rule: Mapped[str | None] = mapped_column(String)
    purpose: Mapped[str | None] = mapped_column(String)
    released: Mapped[list[str] | None] = mapped_column(JSON)
    consent: Mapped[str | None] = mapped_column(String)

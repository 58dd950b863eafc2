"""Partners' keys, tokens and spent assertions; what they asked for lately, and what they got."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from cardsvc.partner_records import KeyKind
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class PartnerKeyRow(Base):
    """A partner's public key or client certificate; rows are added and revoked, never changed."""

    __tablename__ = "partner_keys"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    kid: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[KeyKind] = mapped_column(EnumText(KeyKind))
    algorithm: Mapped[str] = mapped_column(String)
    # unique: no partner passes for another one by registering that one's key
    thumbprint: Mapped[str] = mapped_column(String, unique=True)
    jwk: Mapped[str] = mapped_column(String)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime())
    not_after: Mapped[datetime] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())
    added_by: Mapped[str] = mapped_column(String)

    __table_args__ = (
        CheckConstraint("(kind = 'jwk') = (jwk <> '')", name="jwk_has_key"),
        CheckConstraint("not_before < not_after", name="lives_a_while"),
    )


class PartnerTokenRow(Base):
    """An access token that was given out; SHA-256 of it is kept until it expires."""

    __tablename__ = "partner_tokens"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    relying_party: Mapped[str] = mapped_column(String)
    kid: Mapped[str] = mapped_column(String)
    scopes: Mapped[str] = mapped_column(String)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    certificate_sha256: Mapped[str] = mapped_column(String)

    __table_args__ = (
        ForeignKeyConstraint(
            ["relying_party", "kid"],
            ["partner_keys.relying_party", "partner_keys.kid"],
            # the name by the rule would be longer than PostgreSQL's 63 characters
            name="fk_partner_tokens_partner_keys",
        ),
    )


class SpentAssertionRow(Base):
    """The ``jti`` of an assertion that was answered; whoever inserts it has the answer."""

    __tablename__ = "spent_assertions"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    jti_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


class RequestWindowRow(Base):
    """How many requests of a partner were let through in one minute or one day."""

    __tablename__ = "request_windows"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime(), primary_key=True)
    taken: Mapped[int] = mapped_column(Integer)


class _AnsweredRequest:
    """A POST with an ``Idempotency-Key``: claimed, then answered; kept for a day.

    The answer is sealed: it may say who a holder is.
    """

    key_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[CheckConstraint]:  # noqa: N805 - of the class
        """One for each table."""
        whole = "(status IS NULL) = (answer_sealed IS NULL)"
        return (CheckConstraint(whole, name="answer_whole"),)


class AnsweredRequestRow(_AnsweredRequest, Base):
    """A partner's."""

    __tablename__ = "answered_requests"

    relying_party: Mapped[str] = mapped_column(
        ForeignKey("relying_parties.id"), primary_key=True, sort_order=-1
    )


class AgentAnsweredRequestRow(_AnsweredRequest, Base):
    """An agent's."""

    __tablename__ = "agent_answered_requests"

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True, sort_order=-1)

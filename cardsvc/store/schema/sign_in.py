"""Signing in to the console: sessions, recovery codes, failures counted, forms used up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.session_records import SessionStage
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class OperatorSessionRow(Base):
    """A session; SHA-256 of its token is kept, so that a copy of the table opens none."""

    __tablename__ = "operator_sessions"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operators.id"), index=True)
    stage: Mapped[SessionStage] = mapped_column(EnumText(SessionStage))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime())
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class RecoveryCodeRow(Base):
    """A recovery code that was not used yet; it is deleted by whoever uses it."""

    __tablename__ = "operator_recovery_codes"

    operator_id: Mapped[str] = mapped_column(ForeignKey("operators.id"), primary_key=True)
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class SignInFailureRow(Base):
    """Attempts to sign in, counted per account and per address until one succeeds."""

    __tablename__ = "sign_in_failures"

    # a keyed hash: what was typed as a name may be a password
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime())


class FormSubmissionRow(Base):
    """A form's one-use token, and where its first sending led."""

    __tablename__ = "form_submissions"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    outcome: Mapped[str | None] = mapped_column(String)

"""An operator's session with the console, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique


@unique
class SessionStage(StrEnum):
    """How far an operator has come in signing in; only ``OPEN`` shows any record."""

    PASSWORD_GIVEN = "password_given"  # noqa: S105 - a stage, not a password
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """A session that is kept at the server; the browser holds a random token.

    Args:
        token_sha256: by which it is found; 32 octets.
        operator_id: whose.
        stage: how far the operator has come.
        created_at: when the password was given.
        seen_at: when it was last used.
        proved_at: when the second factor was last shown; None before.
    """

    token_sha256: bytes
    operator_id: str
    stage: SessionStage
    created_at: datetime
    seen_at: datetime
    proved_at: datetime | None

"""Sessions with the console and what guards them, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What an operator's authenticator app shares with us (RFC 6238).

    Args:
        secret: in base32 (RFC 4648 section 6).
        confirmed: a code of it was shown once.
        last_step: of the last code accepted; no code of this step or an earlier one is again.
        recovery_codes: how many are left.
    """

    secret: str = field(repr=False)
    confirmed: bool
    last_step: int | None
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long attempts are refused after failures.

    Args:
        free: failures that cost no waiting.
        first_seconds: of waiting after the next one; it doubles with each.
        longest_seconds: the waiting grows no longer than this.
        forgotten_after_seconds: without an attempt the count begins anew.
    """

    free: int
    first_seconds: int
    longest_seconds: int
    forgotten_after_seconds: int

    def waiting_seconds(self, failures: int) -> int:
        """Return how long is to be waited after so many failures."""
        over = failures - self.free
        if over <= 0:
            return 0
        # 2^32 seconds are longer than any limit, and no number of attempts makes it costly
        return int(min(self.first_seconds << min(over - 1, 32), self.longest_seconds))


@unique
class ClaimState(StrEnum):
    """What became of a form's one-use token."""

    FIRST = "first"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class FormClaim:
    """The answer to who wants to use a form.

    Args:
        state: whether it is the first, or what became of the first.
        outcome: where the first led; with DONE only.
    """

    state: ClaimState
    outcome: str | None = None

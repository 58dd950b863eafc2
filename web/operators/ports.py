"""What signing in needs from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.access_records import Operator
from cardsvc.session_records import BackOff, OperatorSession, SecondFactor


class Operators(Protocol):
    """Keeps operators."""

    def find(self, operator_id: str) -> Operator | None:
        """Return an operator, enabled or not, or None."""
        ...

    def all(self) -> Sequence[Operator]:
        """Return all operators by sign-in name."""
        ...

    def save(self, operator: Operator, *, by: str, at: datetime) -> bool:
        """Add an operator or change one; False where the last administrator would be gone."""
        ...

    def add(self, operator: Operator, *, by: str, at: datetime) -> bool:
        """Add an operator; False where the sign-in name is taken."""
        ...

    def set_password(
        self, operator_id: str, password_hash: str, *, by: str, at: datetime, temporary: bool
    ) -> None:
        """Put another password in force."""
        ...


class SecondFactors(Protocol):
    """Keeps what authenticator apps share with us."""

    def find(self, operator_id: str) -> SecondFactor | None:
        """Return an operator's second factor, None where none was begun."""
        ...

    def begin(self, operator_id: str, secret: str) -> bool:
        """Keep a secret until a code of it is shown; False where there is one already."""
        ...

    def confirm(
        self, operator_id: str, step: int, codes_sha256: Iterable[bytes], at: datetime
    ) -> bool:
        """Take the first code's step and keep the recovery codes; False where that was done."""
        ...

    def renew_codes(self, operator_id: str, codes_sha256: Iterable[bytes], at: datetime) -> None:
        """Put new recovery codes in the place of those left."""
        ...

    def take_step(self, operator_id: str, step: int) -> bool:
        """Use a time step up; False where it, or a later one, was used before."""
        ...

    def take_code(self, operator_id: str, code_sha256: bytes, at: datetime) -> bool:
        """Use a recovery code up; False where it is none or was used before."""
        ...

    def reset(self, operator_id: str, *, by: str, at: datetime) -> bool:
        """Forget a second factor; False for nobody."""
        ...


class Sessions(Protocol):
    """Keeps sessions by SHA-256 of their tokens."""

    def begin(self, session: OperatorSession, *, older_than: datetime) -> None:
        """Keep a session; drop all that began earlier than that."""
        ...

    def promote(self, old_sha256: bytes, session: OperatorSession) -> bool:
        """Put an open session in the place of one that gave the password; False if gone."""
        ...

    def find(self, token_sha256: bytes) -> OperatorSession | None:
        """Return a session, or None."""
        ...

    def of_operator(self, operator_id: str) -> Sequence[OperatorSession]:
        """Return an operator's sessions, newest first."""
        ...

    def seen(self, token_sha256: bytes, at: datetime) -> None:
        """Note that a session was used."""
        ...

    def proved(self, token_sha256: bytes, at: datetime) -> None:
        """Note that the second factor was shown again."""
        ...

    def end(self, token_sha256: bytes, at: datetime) -> None:
        """End a session."""
        ...

    def end_all(self, operator_id: str, *, by: str, at: datetime, but: bytes | None = None) -> int:
        """End an operator's sessions, but for one; return how many there were."""
        ...


class Attempts(Protocol):
    """Counts attempts to sign in."""

    def begin(self, subjects: dict[bytes, BackOff], at: datetime) -> datetime | None:
        """Count an attempt; return until when to wait, None where it may be judged."""
        ...

    def forgive(self, subject: bytes, attempts: int | None = None) -> None:
        """Take attempts off a subject's count, or all of them."""
        ...

    def refused(self, operator_id: str, at: datetime) -> None:
        """Put a refused attempt into the audit log."""
        ...

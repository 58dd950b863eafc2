"""What the flows ask of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.counter_records import CounterSession
from cardsvc.errors import ReasonCode
from cardsvc.pass_records import PassClaims, VisitorPass
from cardsvc.service_records import Challenge, DecisionRecord


class CounterSessions(Protocol):
    """Keeps sessions at counters; each change with its audit event in one transaction."""

    def add(self, session: CounterSession, *, actor: str) -> None:
        """Keep a new session."""
        ...

    def find(self, session_id: str) -> CounterSession | None:
        """Return a session as it stands, or None."""
        ...

    def ask(self, session: CounterSession, question_sha256: bytes) -> bool:
        """Make a question the open one; False where the session has moved on since."""
        ...

    def advance(
        self,
        after: CounterSession,
        decision: DecisionRecord,
        answered: Challenge | None,
        officer: str | None = None,
    ) -> bool:
        """Append a step's decision, spend the challenge it answers and move the session.

        Args:
            after: the session as it stands after the step; ``steps`` counts it.
            decision: the step's decision.
            answered: the challenge, None where no card was asked.
            officer: who matched the photo, None in any other step.

        Returns:
            False where the challenge was answered before or the session has moved on since;
            nothing is written then.
        """
        ...

    def close(self, session: CounterSession, *, actor: str, at: datetime) -> None:
        """Close a session; nothing happens where it was closed before."""
        ...


class PassSigner(Protocol):
    """Signs passes and the list of revoked ones with a published key."""

    def sign(self, payload: bytes) -> str:
        """Return the text of a pass's QR code."""
        ...

    def sign_revoked(self, claims: Mapping[str, object]) -> str:
        """Return a list of revoked passes as JWS compact."""
        ...

    def jwks(self) -> Mapping[str, object]:
        """Return the public key as a JWK set (RFC 7517)."""
        ...


class VisitorPasses(Protocol):
    """Keeps passes; each change with its audit event in one transaction."""

    def add(self, visit: VisitorPass, *, actor: str) -> None:
        """Keep a new pass."""
        ...

    def find(self, pass_id: str) -> VisitorPass | None:
        """Return a pass, or None."""
        ...

    def enter(self, claims: PassClaims, *, actor: str, at: datetime) -> VisitorPass | ReasonCode:
        """Count an entry; of any number of callers as many get in as the pass has entries.

        Returns:
            The pass after it, or why it opens nothing: PASS_UNKNOWN, PASS_REVOKED, PASS_USED.
        """
        ...

    def refuse(self, subject: str, reason: ReasonCode, *, actor: str, at: datetime) -> None:
        """Record that something was shown that opens nothing."""
        ...

    def revoke(self, pass_id: str, *, actor: str, at: datetime) -> None:
        """Revoke a pass; nothing happens where it was revoked before."""
        ...

    def revoked(self, at: datetime) -> Sequence[str]:
        """Return the identifiers of revoked passes whose time has not run out."""
        ...

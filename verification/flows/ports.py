"""What the flows ask of the database."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from cardsvc.counter_records import CounterSession
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

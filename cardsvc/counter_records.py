"""Sessions at a counter: one card, one service, several steps, a bounded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.card.guid import CardGuid
from cardsvc.terms import AssuranceLevel

SESSION_LIFETIME = timedelta(minutes=10)
"""From opening to the end, whatever happens in between: it is never prolonged."""
MOST_STEPS = 12
"""Decisions of one session."""


@dataclass(frozen=True, slots=True)
class CounterSession:
    """A session, as it stands after its last step.

    Args:
        id: a UUID, as text.
        relying_party: the partner.
        service: its service; one a session.
        agent: who may put questions to the card: one of our agents, or the partner's own readers.
        opened_at: when it was opened.
        expires_at: the first instant at which it is over.
        steps: decisions so far.
        level: the highest level that the card proved; None before the first.
        guid: the card that the session is about; None before the first proof.
        consent: the identifier of the text that the holder agreed to with the PIN.
        receipt_sha256: of the last receipt, in hex; the next one names it.
        question_sha256: of the nonce of the question that is open; no other may be answered.
        closed_at: when it was closed; None while it is open or has expired.
    """

    id: str
    relying_party: str
    service: str
    agent: str
    opened_at: datetime
    expires_at: datetime
    steps: int = 0
    level: AssuranceLevel | None = None
    guid: CardGuid | None = None
    consent: str | None = None
    receipt_sha256: str | None = None
    question_sha256: bytes | None = None
    closed_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Tell whether another step may follow at an instant."""
        return self.closed_at is None and at < self.expires_at and self.steps < MOST_STEPS

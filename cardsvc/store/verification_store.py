"""What verification asks of the database. Implements the stores of ``verification.ports``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from cardsvc.card.guid import CardGuid
from cardsvc.errors import StoreError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import CardOnRecord, Challenge, DecisionRecord, ServicePolicy
from cardsvc.store.audit_trail import audited
from cardsvc.store.card_mapping import read_card
from cardsvc.store.decision_mapping import (
    decision_event,
    decision_values,
    read_decision,
    read_level,
)
from cardsvc.store.engine import Database
from cardsvc.store.policy_store import in_force, read_policy
from cardsvc.store.schema import (
    CardRow,
    ChallengeRow,
    DecisionRow,
    RelyingPartyRow,
)

SWEEP_EVERY = timedelta(minutes=1)
KEPT_AFTER_EXPIRY = timedelta(minutes=10)
"""So long a late answer is told that it is late, and not that nobody asked."""


class SqlCardDirectory:
    """Finds cards on record; opens no sealed number, a decision needs none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        """Return the card as it stands now with its holder's name and post, or None."""
        query = select(CardRow).where(CardRow.guid == guid).options(joinedload(CardRow.holder))
        with self._database.reading() as session:
            row = session.scalars(query).one_or_none()
            if row is None:
                return None
            holder = row.holder
            return CardOnRecord(
                card=read_card(row),
                holder_name=holder.name,
                category=None if holder.category is None else holder.category.value,
                agency_code=holder.agency_code,
            )


class SqlChallengeStore:
    """Keeps open challenges under the hash of their nonce; whoever deletes one owns it.

    Those that nobody answers are swept out as new ones come in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sweeping = threading.Lock()
        self._next_sweep: datetime | None = None

    def add(self, challenge: Challenge) -> None:
        """Keep an open challenge.

        Raises:
            StoreError: the nonce is in use (CONCURRENT_CHANGE).
        """
        self._sweep(challenge.expires_at)
        with self._database.writing() as session:
            session.add(
                ChallengeRow(
                    nonce_sha256=sha256(challenge.nonce).digest(),
                    relying_party=challenge.relying_party,
                    service=challenge.service,
                    agent=challenge.agent,
                    level=int(challenge.level),
                    expires_at=challenge.expires_at,
                )
            )

    def consume(self, nonce: bytes) -> Challenge | None:
        """Take a challenge out; exactly one of any number of callers gets it."""
        statement = (
            delete(ChallengeRow)
            .where(ChallengeRow.nonce_sha256 == sha256(nonce).digest())
            .returning(
                ChallengeRow.relying_party,
                ChallengeRow.service,
                ChallengeRow.agent,
                ChallengeRow.level,
                ChallengeRow.expires_at,
            )
        )
        with self._database.writing() as session:
            row = session.execute(statement).one_or_none()
        if row is None:
            return None
        return Challenge(
            nonce=nonce,
            relying_party=row.relying_party,
            service=row.service,
            agent=row.agent,
            level=read_level(row.level),
            expires_at=row.expires_at,
        )

    def _sweep(self, newest: datetime) -> None:
        """Forget the old, at most once a minute; ``newest`` is when a challenge of now expires."""
        with self._sweeping:
            if self._next_sweep is not None and newest < self._next_sweep:
                return
            self._next_sweep = newest + SWEEP_EVERY
        with suppress(StoreError):  # another process sweeps just now; nobody's tap fails for it
            self.forget_expired(newest - KEPT_AFTER_EXPIRY)

    def forget_expired(self, at: datetime) -> int:
        """Delete what nobody answered in time; return how many there were."""
        statement = (
            delete(ChallengeRow)
            .where(ChallengeRow.expires_at <= at)
            .returning(ChallengeRow.nonce_sha256)
        )
        with self._database.writing() as session:
            return len(session.execute(statement).all())


class SqlPolicyDirectory:
    """Finds the policy of a service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def knows(self, relying_party: str) -> bool:
        """Tell whether there is such a relying party, and it is enabled."""
        with self._database.reading() as session:
            row = session.get(RelyingPartyRow, relying_party)
            return row is not None and row.enabled

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy in force at an instant, or None; a disabled relying party has none."""
        with self._database.reading() as session:
            row = session.scalars(in_force(relying_party, service, at)).one_or_none()
            return None if row is None else read_policy(row)


class SqlDecisionLog:
    """Keeps decisions and receipts; each with its audit event in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, decision: DecisionRecord) -> None:
        """Append a decision.

        Raises:
            StoreError: the identifier is in use (CONCURRENT_CHANGE); nothing is written then.
        """
        with audited(self._database) as (session, trail):
            session.add(DecisionRow(**decision_values(decision)))
            trail.record(decision_event(decision))


class SqlDecisionHistory:
    """Looks up decisions that were made, and where a card stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, limit: int) -> Sequence[DecisionRecord]:
        """Return the last decisions, newest first."""
        query = select(DecisionRow).order_by(DecisionRow.at.desc(), DecisionRow.id).limit(limit)
        with self._database.reading() as session:
            return [read_decision(row) for row in session.scalars(query)]

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision, or None."""
        with self._database.reading() as session:
            row = session.get(DecisionRow, decision_id)
            return None if row is None else read_decision(row)

    def card_state(self, guid: CardGuid) -> CardState | None:
        """Return a card's state, or None where we never issued it."""
        with self._database.reading() as session:
            return session.scalar(select(CardRow.state).where(CardRow.guid == guid))

"""Forgetting what nobody can use any more: sessions, attempts, sent forms, nonces, tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from cardsvc.counter_records import SESSION_LIFETIME
from cardsvc.pass_records import PASSES_KEPT
from cardsvc.store.attempt_store import ATTEMPTS_KEPT
from cardsvc.store.engine import Database
from cardsvc.store.form_store import FORMS_KEPT
from cardsvc.store.schema import (
    AgentAnsweredRequestRow,
    AnsweredRequestRow,
    CounterSessionRow,
    FormSubmissionRow,
    OperatorSessionRow,
    PartnerTokenRow,
    RequestWindowRow,
    SignInFailureRow,
    SpentAssertionRow,
    SpentNonceRow,
    VisitorPassRow,
)
from cardsvc.store.spent_nonces import KEPT_AFTER_EXPIRY

_WINDOWS_KEPT = timedelta(days=2)
"""Longer than the longest of them."""


class SqlExpired:
    """Forgets also where nobody comes by whose visit would.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, at: datetime, sessions_older_than: datetime) -> int:
        """Delete what has expired; return how many rows that were.

        Args:
            at: now.
            sessions_older_than: no session that began before it can still be of use.
        """
        statements = (
            delete(OperatorSessionRow).where(OperatorSessionRow.created_at < sessions_older_than),
            delete(SignInFailureRow).where(SignInFailureRow.last_at < at - ATTEMPTS_KEPT),
            delete(FormSubmissionRow).where(FormSubmissionRow.claimed_at < at - FORMS_KEPT),
            delete(CounterSessionRow).where(
                # one without a step is nobody's evidence
                CounterSessionRow.steps == 0,
                CounterSessionRow.expires_at <= at - SESSION_LIFETIME,
            ),
            delete(VisitorPassRow).where(VisitorPassRow.expires_at <= at - PASSES_KEPT),
            delete(SpentNonceRow).where(SpentNonceRow.expires_at <= at - KEPT_AFTER_EXPIRY),
            delete(PartnerTokenRow).where(PartnerTokenRow.expires_at <= at - KEPT_AFTER_EXPIRY),
            delete(SpentAssertionRow).where(SpentAssertionRow.expires_at <= at - KEPT_AFTER_EXPIRY),
            delete(AnsweredRequestRow).where(AnsweredRequestRow.expires_at <= at),
            delete(AgentAnsweredRequestRow).where(AgentAnsweredRequestRow.expires_at <= at),
            delete(RequestWindowRow).where(RequestWindowRow.starts_at <= at - _WINDOWS_KEPT),
        )
        forgotten = 0
        for statement in statements:  # each by itself: none keeps the others' rows locked
            with self._database.writing() as session:
                forgotten += session.connection().execute(statement).rowcount
        return forgotten

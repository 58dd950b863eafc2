"""Attempts to sign in, counted before they are judged, so that no two share one try."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.session_records import BackOff
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import SignInFailureRow
from cardsvc.store.upsert import upsert

ATTEMPTS_KEPT = timedelta(days=7)
"""A count that nobody added to for so long says nothing any more."""


class SqlAttemptStore:
    """Counts attempts per subject: an account or an address, as a keyed hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, subjects: dict[bytes, BackOff], at: datetime) -> datetime | None:
        """Count an attempt for every subject, unless one of them has to wait.

        Returns:
            Until when to wait; None where the attempt was counted and may be judged.
        """
        with self._database.writing() as session:
            session.execute(
                delete(SignInFailureRow).where(SignInFailureRow.last_at < at - ATTEMPTS_KEPT)
            )
            # in one order: two attempts can't wait for each other
            rows = [(_lock(session, one, at), subjects[one]) for one in sorted(subjects)]
            blocked = [row.blocked_until for row, _ in rows if row.blocked_until is not None]
            if any(until > at for until in blocked):
                return max(blocked)
            for row, back_off in rows:
                if at - row.last_at > timedelta(seconds=back_off.forgotten_after_seconds):
                    row.failures = 0
                row.failures, row.last_at = row.failures + 1, at
                waiting = back_off.waiting_seconds(row.failures)
                row.blocked_until = at + timedelta(seconds=waiting) if waiting else None
        return None

    def forgive(self, subject: bytes, attempts: int | None = None) -> None:
        """Take attempts off a subject's count, or all of them: they succeeded."""
        with self._database.writing() as session:
            row = session.get(SignInFailureRow, subject, with_for_update=True)
            if row is None:
                return
            row.failures = 0 if attempts is None else max(0, row.failures - attempts)
            row.blocked_until = None

    def refused(self, operator_id: str, at: datetime) -> None:
        """Put a refused attempt into the audit log."""
        with audited(self._database) as (_, trail):
            trail.record(AuditEvent(at, "system", AuditAction.SIGN_IN_REFUSED, operator_id))


def _lock(session: Session, subject: bytes, at: datetime) -> SignInFailureRow:
    session.execute(
        upsert(session, SignInFailureRow)
        .values(subject=subject, failures=0, last_at=at)
        .on_conflict_do_nothing()
    )
    return session.get_one(SignInFailureRow, subject, with_for_update=True)

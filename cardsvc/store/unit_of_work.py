"""What every part of an issuance transaction works with, and how one is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.audit_trail import AuditTrail, audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import AuditEventRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import RandomOctets


class UnitOfWork:
    """One session, its audit events, and the sealer of personal data."""

    def __init__(
        self, session: Session, trail: AuditTrail, sealer: Sealer, random_octets: RandomOctets
    ) -> None:
        self._session = session
        self._trail = trail
        self._sealer = sealer
        self._random_octets = random_octets

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends.

        Raises:
            Malformed: the event can't be encoded.
        """
        self._trail.record(event)

    def was_recorded(self, action: AuditAction, subject: str) -> bool:
        """Tell whether an earlier transaction recorded this action of this subject."""
        query = select(AuditEventRow.seq).where(
            AuditEventRow.subject == subject, AuditEventRow.action == action.value
        )
        return self._session.scalar(query.limit(1)) is not None


@contextmanager
def issuing(database: Database) -> Iterator[tuple[Session, AuditTrail]]:
    """Open a unit of work as ``audited`` does, in issuance's terms.

    Raises:
        IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
        StoreError: the database can't be reached, or the audit log can't be appended to.
    """
    try:
        with audited(database) as opened:
            yield opened
    except StoreError as error:
        if error.reason is ReasonCode.CONCURRENT_CHANGE:
            raise IssuanceError(error.reason, str(error)) from error
        raise

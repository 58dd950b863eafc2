"""Operators: the members of staff who request, approve, personalise and revoke."""

from __future__ import annotations

from datetime import datetime

from cardsvc.access_records import Operator
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import OperatorRow


class SqlOperatorStore:
    """Keeps operators; every change names who made it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, operator_id: str) -> Operator | None:
        """Return an operator, enabled or not, or None."""
        with self._database.reading() as session:
            row = session.get(OperatorRow, operator_id)
            if row is None:
                return None
            return Operator(
                row.id, row.name, frozenset(row.roles), row.password_hash, enabled=row.enabled
            )

    def save(self, operator: Operator, *, by: str, at: datetime) -> None:
        """Add an operator or change one."""
        roles = sorted(operator.roles)
        with audited(self._database) as (session, trail):
            row = session.get(OperatorRow, operator.id, with_for_update=True)
            if row is None:
                row = OperatorRow(id=operator.id, created_at=at)
                session.add(row)
            row.name = operator.name
            row.roles = roles
            row.password_hash = operator.password_hash
            row.enabled = operator.enabled
            facts: AuditFacts = {"enabled": operator.enabled, "roles": " ".join(roles)}
            trail.record(AuditEvent(at, by, AuditAction.OPERATOR_CHANGED, operator.id, facts))

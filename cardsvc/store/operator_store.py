"""Operators: the members of staff who request, approve, personalise and revoke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cardsvc.access_records import Operator, Role
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import OperatorRow


class SqlOperatorStore:
    """Keeps operators; every change names who made it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, operator_id: str) -> Operator | None:
        """Return an operator, enabled or not, or None.

        Raises:
            StoreError: a role is none of ours (RECORD_CORRUPT).
        """
        with self._database.reading() as session:
            row = session.get(OperatorRow, operator_id)
            return None if row is None else read_operator(row)

    def all(self) -> Sequence[Operator]:
        """Return all operators by sign-in name.

        Raises:
            StoreError: as ``find``.
        """
        with self._database.reading() as session:
            rows = session.scalars(select(OperatorRow).order_by(OperatorRow.id))
            return [read_operator(row) for row in rows]

    def unit_of(self, operator_id: str) -> str | None:
        """Return the unit of an operator, None where there is no such operator."""
        with self._database.reading() as session:
            return session.scalar(select(OperatorRow.unit).where(OperatorRow.id == operator_id))

    def save(self, operator: Operator, *, by: str, at: datetime) -> bool:
        """Add an operator or change one; the password of one who is there stays as it is.

        Returns:
            False, and nothing is changed, where the last administrator would be gone by it. All
            rows are locked in one order: of two who shut each other out, one comes first.
        """
        with audited(self._database) as (session, trail):
            query = select(OperatorRow).order_by(OperatorRow.id).with_for_update()
            rows = {row.id: row for row in session.scalars(query)}
            administrators = {row.id for row in rows.values() if read_operator(row).administers}
            if administrators == {operator.id} and not operator.administers:
                return False
            row = rows.get(operator.id)
            if row is None:
                row = _new_row(operator, at)
                session.add(row)
            _write(row, operator)
            trail.record(_changed(operator, by, at))
            return True

    def add(self, operator: Operator, *, by: str, at: datetime) -> bool:
        """Add an operator; False where the sign-in name is taken."""
        with audited(self._database) as (session, trail):
            if session.get(OperatorRow, operator.id) is not None:
                return False
            row = _new_row(operator, at)
            _write(row, operator)
            session.add(row)
            trail.record(_changed(operator, by, at))
            return True

    def set_password(
        self, operator_id: str, password_hash: str, *, by: str, at: datetime, temporary: bool
    ) -> None:
        """Put another password in force.

        Args:
            operator_id: whose; nothing happens where there is no such operator.
            password_hash: as the password hasher wrote it.
            by: who set it.
            at: when.
            temporary: somebody else chose it; it has to be changed.
        """
        with audited(self._database) as (session, trail):
            row = session.get(OperatorRow, operator_id, with_for_update=True)
            if row is None:
                return
            row.password_hash, row.must_change_password = password_hash, temporary
            facts: AuditFacts = {"temporary": temporary}
            action = AuditAction.OPERATOR_PASSWORD_SET
            trail.record(AuditEvent(at, by, action, operator_id, facts))


def _new_row(operator: Operator, at: datetime) -> OperatorRow:
    return OperatorRow(
        id=operator.id,
        created_at=at,
        password_hash=operator.password_hash,
        must_change_password=operator.must_change_password,
    )


def _write(row: OperatorRow, operator: Operator) -> None:
    row.name = operator.name
    row.roles = sorted(role.value for role in operator.roles)
    row.enabled = operator.enabled
    row.agencies = sorted(operator.agencies)
    row.unit = operator.unit


def _changed(operator: Operator, by: str, at: datetime) -> AuditEvent:
    facts: AuditFacts = {
        "enabled": operator.enabled,
        "roles": " ".join(sorted(role.value for role in operator.roles)),
        "agencies": " ".join(sorted(operator.agencies)),
    }
    return AuditEvent(at, by, AuditAction.OPERATOR_CHANGED, operator.id, facts)


def read_operator(row: OperatorRow) -> Operator:
    """Return the record of a row.

    Raises:
        StoreError: a role is none of ours (RECORD_CORRUPT).
    """
    try:
        roles = frozenset(Role(one) for one in row.roles)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "not a Role") from None
    return Operator(
        id=row.id,
        name=row.name,
        roles=roles,
        password_hash=row.password_hash,
        enabled=row.enabled,
        agencies=frozenset(row.agencies),
        unit=row.unit,
        must_change_password=row.must_change_password,
    )

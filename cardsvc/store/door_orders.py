"""Orders to open a door from afar. Implements ``verification.doors.orders.DoorOrderStore``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_, update

from cardsvc.audit import AuditEvent
from cardsvc.door_order_records import DoorOrder, DoorOrderState
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentRow, DoorOrderRow


class SqlDoorOrders:
    """Keeps orders.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, order: DoorOrder, event: AuditEvent) -> None:
        """Keep a new order.

        Raises:
            VerificationError: there is no such agent (DOOR_ORDER_UNKNOWN).
        """
        with audited(self._database) as (session, trail):
            if session.get(AgentRow, order.agent) is None:
                raise VerificationError(ReasonCode.DOOR_ORDER_UNKNOWN, "no such agent")
            session.add(
                DoorOrderRow(
                    id=order.id,
                    agent=order.agent,
                    door=order.door,
                    requested_by=order.requested_by,
                    requested_at=order.requested_at,
                    expires_at=order.expires_at,
                    state=order.state,
                )
            )
            trail.record(event)

    def find(self, order_id: str) -> DoorOrder:
        """Return an order.

        Raises:
            VerificationError: unknown (DOOR_ORDER_UNKNOWN).
        """
        with self._database.reading() as session:
            row = session.get(DoorOrderRow, order_id)
            if row is None:
                raise VerificationError(ReasonCode.DOOR_ORDER_UNKNOWN, "no such order")
            return _order(row)

    def change(self, order: DoorOrder, *, expected: DoorOrderState, event: AuditEvent) -> bool:
        """Write an order that is still in the expected state; False where it is not."""
        statement = (
            update(DoorOrderRow)
            .where(DoorOrderRow.id == order.id, DoorOrderRow.state == expected)
            .values(
                state=order.state,
                expires_at=order.expires_at,
                decided_by=order.decided_by,
                decided_at=order.decided_at,
            )
            .returning(DoorOrderRow.id)
        )
        with audited(self._database) as (session, trail):
            if session.scalar(statement) is None:
                return False
            trail.record(event)
            return True

    def approved(self, agent: str, doors: Sequence[str], at: datetime) -> DoorOrder | None:
        """Return the oldest order for these doors that waits to be taken and is not over."""
        query = (
            select(DoorOrderRow)
            .where(
                DoorOrderRow.agent == agent,
                DoorOrderRow.state == DoorOrderState.APPROVED,
                DoorOrderRow.door.in_(doors),
                DoorOrderRow.expires_at > at,
            )
            .order_by(DoorOrderRow.decided_at)
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalar(query)
            return None if row is None else _order(row)

    def latest(self, limit: int, *, after: str = "") -> Sequence[DoorOrder]:
        """Return orders, the newest first, behind the one named by ``after``."""
        rows = DoorOrderRow
        query = select(rows).order_by(rows.requested_at.desc(), rows.id.desc())
        with self._database.reading() as session:
            last = session.get(rows, after) if after else None
            if last is not None:
                place = tuple_(rows.requested_at, rows.id)
                query = query.where(place < tuple_(last.requested_at, last.id))
            return [_order(row) for row in session.scalars(query.limit(limit))]


def _order(row: DoorOrderRow) -> DoorOrder:
    return DoorOrder(
        id=row.id,
        agent=row.agent,
        door=row.door,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )

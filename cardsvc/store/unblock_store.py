"""Unblockings of cards' PINs: who asked, who approved, what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import UnblockRequestRow
from cardsvc.unblock_records import UnblockRequest, UnblockState


class SqlUnblockStore:
    """Implements ``issuance.ports.UnblockStore``. No code and no PUK is ever in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: UnblockRequest, event: AuditEvent) -> None:
        """Keep a new request.

        Raises:
            StoreError: the card has one under way, or there is no such card (CONCURRENT_CHANGE).
        """
        with audited(self._database) as (session, trail):
            session.add(UnblockRequestRow(id=request.id, guid=request.guid, **_values(request)))
            trail.record(event)

    def find(self, request_id: str) -> UnblockRequest | None:
        """Return a request, or None."""
        with self._database.reading() as session:
            row = session.get(UnblockRequestRow, request_id)
            return None if row is None else _request(row)

    def in_state(self, state: UnblockState) -> Sequence[UnblockRequest]:
        """Return the requests in a state, oldest first."""
        query = (
            select(UnblockRequestRow)
            .where(UnblockRequestRow.state == state)
            .order_by(UnblockRequestRow.requested_at, UnblockRequestRow.id)
        )
        with self._database.reading() as session:
            return [_request(row) for row in session.scalars(query)]

    def change(self, request: UnblockRequest, *, expected: UnblockState, event: AuditEvent) -> None:
        """Write a request that is still in the expected state.

        Raises:
            IssuanceError: unknown, or somebody moved it in between (CONCURRENT_CHANGE).
        """
        statement = (
            update(UnblockRequestRow)
            .where(UnblockRequestRow.id == request.id, UnblockRequestRow.state == expected)
            .values(**_values(request))
            .returning(UnblockRequestRow.id)
        )
        with audited(self._database) as (session, trail):
            if session.scalar(statement) is None:
                raise IssuanceError(
                    ReasonCode.CONCURRENT_CHANGE, "the unblocking is not where it was"
                )
            trail.record(event)


def _values(request: UnblockRequest) -> dict[str, object]:
    return {
        "state": request.state,
        "requested_by": request.requested_by,
        "requested_at": request.requested_at,
        "decided_by": request.decided_by,
        "decided_at": request.decided_at,
    }


def _request(row: UnblockRequestRow) -> UnblockRequest:
    return UnblockRequest(
        id=row.id,
        guid=row.guid,
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )

"""Appending to the audit log inside the caller's transaction.

Events are held back and written as the last act of the transaction: the head row, whose lock
puts all writers in line, is held as briefly as can be and is always the last lock taken, so that
it takes part in no deadlock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditEvent
from cardsvc.audit_encoding import encode_event
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.merkle import Frontier, leaf_hash
from cardsvc.store.engine import Database
from cardsvc.store.many_rows import ManyRows
from cardsvc.store.schema import AUDIT_HEAD_ID, AuditEventRow, AuditHeadRow
from cardsvc.store.status_changes import count_changes

_EVENTS, _HEAD = cast("Table", AuditEventRow.__table__), cast("Table", AuditHeadRow.__table__)
_APPEND = ManyRows(insert(_EVENTS))
_READ_HEAD = select(_HEAD.c.size, _HEAD.c.frontier).where(_HEAD.c.id == AUDIT_HEAD_ID)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_MOVE_HEAD = (
    update(_HEAD)
    .where(_HEAD.c.id == AUDIT_HEAD_ID, _HEAD.c.size == bindparam("first"))
    .values(size=bindparam("next"), frontier=bindparam("hashes"))
)


class AuditTrail:
    """The events of one transaction, in the order in which they were recorded."""

    def __init__(self) -> None:
        self._pending: list[tuple[AuditEvent, bytes, bytes]] = []

    def record(self, event: AuditEvent) -> None:
        """Add an event.

        Raises:
            Malformed: the event can't be encoded; now, not at the commit.
        """
        self.record_encoded(event, encode_event(event))

    def record_encoded(self, event: AuditEvent, octets: bytes) -> None:
        """Add an event whose octets, of ``encode_event``, were made before the transaction."""
        self._pending.append((event, octets, leaf_hash(octets)))

    def write(self, session: Session) -> None:
        """Append all events to the log.

        Raises:
            StoreError: the head is missing or does not fit its size (AUDIT_BROKEN).
        """
        if not self._pending:
            return
        frontier = read_frontier(session, lock=True)
        first = frontier.size
        frontier, completed = frontier.extend([leaf for _, _, leaf in self._pending])
        rows = [
            {
                "seq": seq,
                "at": event.at,
                "actor": event.actor,
                "action": event.action.value,
                "subject": event.subject,
                "octets": octets,
                "leaf_hash": nodes[0],
                "parent_hashes": b"".join(nodes[1:]),
                "request_id": event.request_id,
            }
            for seq, ((event, octets, _), nodes) in enumerate(
                zip(self._pending, completed, strict=True), first
            )
        ]
        connection = session.connection()
        _APPEND.ready(connection.dialect, rows).execute(connection)
        connection.execute(
            _MOVE_HEAD, {"first": first, "next": frontier.size, "hashes": frontier.octets}
        )
        self._pending.clear()


def read_frontier(session: Session, *, lock: bool = False) -> Frontier:
    """Return the log's frontier; with ``lock``, no other transaction appends until we end.

    Raises:
        StoreError: the head is missing or does not fit its size (AUDIT_BROKEN).
    """
    row = session.connection().execute(_LOCK_HEAD if lock else _READ_HEAD).one_or_none()
    if row is None:
        raise StoreError(ReasonCode.AUDIT_BROKEN, "the audit log has no head")
    try:
        return Frontier.from_octets(row.size, row.frontier)
    except ValueError:
        raise StoreError(ReasonCode.AUDIT_BROKEN, "the head does not fit its size") from None


@contextmanager
def audited(database: Database) -> Iterator[tuple[Session, AuditTrail]]:
    """Open a unit of work whose changes and audit events commit together or not at all.

    Changes of status that it noted are counted, so that status documents are made anew.

    Raises:
        StoreError: as ``Database.writing``; AUDIT_BROKEN where nothing can be appended.
    """
    with database.writing() as session:
        trail = AuditTrail()
        yield session, trail
        session.flush()
        count_changes(session)
        trail.write(session)

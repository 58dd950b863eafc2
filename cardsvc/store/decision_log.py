"""Decisions and receipts, each with its audit event and its spent nonce in one transaction.

A transaction takes any number of them. Implements ``verification.ports.DecisionLog``.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeAlias, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from cardsvc.audit import AuditEvent
from cardsvc.audit_encoding import encode_event
from cardsvc.service_records import Challenge, DecisionRecord
from cardsvc.store.audit_trail import AuditTrail, audited
from cardsvc.store.decision_mapping import decision_event, decision_values
from cardsvc.store.engine import Database
from cardsvc.store.many_rows import ManyRows
from cardsvc.store.schema import DecisionRow
from cardsvc.store.spent_nonces import SqlSpentNonces, spend_all

EncodedEvent: TypeAlias = tuple[AuditEvent, bytes]
"""An event and what is hashed of it."""
_APPEND = ManyRows(insert(cast("Table", DecisionRow.__table__)))


class SqlDecisionLog:
    """Keeps decisions.

    Args:
        database: migrated.
        spent: swept now and then, as decisions come in.
    """

    def __init__(self, database: Database, spent: SqlSpentNonces | None = None) -> None:
        self._database = database
        self._spent = spent or SqlSpentNonces(database)

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        """Append a decision and spend the challenge that it answers; durable when this returns.

        Returns:
            False where the challenge had been answered before; nothing is written then.

        Raises:
            StoreError: the identifier is in use (CONCURRENT_CHANGE); nothing is written then.
            Malformed: a text can't be recorded.
        """
        (written,) = self.record_all([(decision, answered)])
        return written

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        """Append decisions in one transaction, each as ``record`` does.

        Returns:
            For each, False where its challenge had been answered before.

        Raises:
            StoreError: an identifier is in use (CONCURRENT_CHANGE); nothing is written then.
            Malformed: a text can't be recorded; nothing is written then.
        """
        events = [encoded_event(decision) for decision, _ in decisions]
        with audited(self._database) as (session, trail):
            written = append_decisions(session, trail, decisions, events)
        expiries = [answered.expires_at for _, answered in decisions if answered is not None]
        if expiries:
            self._spent.sweep(max(expiries))
        return written


def encoded_event(decision: DecisionRecord) -> EncodedEvent:
    """Return a decision's audit event with its octets; made before the log's head is locked.

    Raises:
        Malformed: a text can't be recorded.
    """
    event = decision_event(decision)
    return event, encode_event(event)


def append_decisions(
    session: Session,
    trail: AuditTrail,
    decisions: Sequence[tuple[DecisionRecord, Challenge | None]],
    events: Sequence[EncodedEvent],
) -> Sequence[bool]:
    """Append decisions and spend what they answer, in the caller's transaction.

    Args:
        session: the transaction.
        trail: its audit events.
        decisions: with the challenge that each answers.
        events: of ``encoded_event``, one for each.

    Returns:
        For each, False where its challenge had been answered before; it is not written then.
    """
    connection = session.connection()
    unspent = spend_all(connection, [one for _, one in decisions if one is not None])
    written = [answered is None or _take(unspent, answered) for _, answered in decisions]
    rows = [decision_values(one) for (one, _), let in zip(decisions, written, strict=True) if let]
    if rows:
        _APPEND.ready(connection.dialect, rows).execute(connection)
    for (event, octets), let in zip(events, written, strict=True):
        if let:
            trail.record_encoded(event, octets)
    return written


def _take(unspent: set[bytes], answered: Challenge) -> bool:
    """Take a nonce out of a set, if it is there: the second of two equal answers finds none."""
    nonce = sha256(answered.nonce).digest()
    if nonce not in unspent:
        return False
    unspent.remove(nonce)
    return True

"""Cards' states over time, read from the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.card_history_records import CardChange
from cardsvc.lifecycle import CardState
from cardsvc.store.engine import Database
from cardsvc.store.schema import AuditEventRow

_STATES = {
    AuditAction.CARD_PERSONALISED.value: CardState.PERSONALISED,
    AuditAction.CARD_ISSUED.value: CardState.ISSUED,
    AuditAction.CARD_ACTIVATED.value: CardState.ACTIVE,
    AuditAction.CARD_SUSPENDED.value: CardState.SUSPENDED,
    AuditAction.CARD_RESUMED.value: CardState.ACTIVE,
    AuditAction.CARD_REVOKED.value: CardState.REVOKED,
    AuditAction.CARD_REPLACED.value: CardState.REPLACED,
    AuditAction.CARD_DESTROYED.value: CardState.DESTROYED,
}


class SqlCardHistory:
    """Implements ``verification.reconcile.CardHistory``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changes(self, guid: CardGuid) -> Sequence[CardChange]:
        """Return the changes of a card's state in order; nothing for a card we never made."""
        events = AuditEventRow
        query = (
            select(events.at, events.action)
            .where(events.subject == str(guid), events.action.in_(_STATES))
            .order_by(events.at, events.seq)
        )
        with self._database.reading() as session:
            return [CardChange(row.at, _STATES[row.action]) for row in session.execute(query)]

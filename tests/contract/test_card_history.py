"""How a card stood in the past is read from the audit log, on both databases."""

from __future__ import annotations

from datetime import timedelta

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.card_history_records import CardChange, standing_at
from cardsvc.lifecycle import CardState
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.card_history import SqlCardHistory
from cardsvc.store.engine import Database
from tests.support.outbox_events import AT

GUID, OTHER = CardGuid(bytes(15) + b"1"), CardGuid(bytes(15) + b"2")
HOUR = timedelta(hours=1)


def test_a_cards_changes_come_in_order_and_others_do_not(database: Database) -> None:
    log = AuditLog(database)
    for hours, action, guid in (
        (0, AuditAction.CARD_ISSUED, GUID),
        (1, AuditAction.CARD_ACTIVATED, GUID),
        (1, AuditAction.CARD_FACE_MADE, GUID),
        (2, AuditAction.CARD_REVOKED, OTHER),
        (3, AuditAction.CARD_SUSPENDED, GUID),
        (4, AuditAction.CARD_RESUMED, GUID),
    ):
        log.record(AuditEvent(AT + hours * HOUR, "lan", action, str(guid)))
    history = SqlCardHistory(database)
    changes = history.changes(GUID)
    assert changes == [
        CardChange(AT, CardState.ISSUED),
        CardChange(AT + HOUR, CardState.ACTIVE),
        CardChange(AT + 3 * HOUR, CardState.SUSPENDED),
        CardChange(AT + 4 * HOUR, CardState.ACTIVE),
    ]
    assert standing_at(changes, AT + 3 * HOUR + timedelta(minutes=1)) == changes[2]
    assert not history.changes(CardGuid(bytes(16)))

"""One step of a card's life, within a transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardEvent, CardState, advance_card
from cardsvc.operator_key import operator_key
from cardsvc.records import CardRecord
from issuance.ports import IssuanceTransaction

_ACTIONS = {
    CardEvent.HAND_OVER: AuditAction.CARD_ISSUED,
    CardEvent.ACTIVATE: AuditAction.CARD_ACTIVATED,
    CardEvent.SUSPEND: AuditAction.CARD_SUSPENDED,
    CardEvent.RESUME: AuditAction.CARD_RESUMED,
    CardEvent.REVOKE: AuditAction.CARD_REVOKED,
    CardEvent.REPLACE: AuditAction.CARD_REPLACED,
    CardEvent.SPOIL: AuditAction.CARD_SPOILED,
    CardEvent.DESTROY: AuditAction.CARD_DESTROYED,
}


def take_step(
    transaction: IssuanceTransaction,
    card: CardRecord,
    event: CardEvent,
    *,
    operator: str,
    at: datetime,
    facts: AuditFacts,
) -> CardRecord:
    """Move a card on, with what else changes of it, and record that; return it as it is now.

    Raises:
        IllegalTransition: the table has no such step.
        IssuanceError: somebody changed the card in between (CONCURRENT_CHANGE).
    """
    state = advance_card(card.state, event)
    suspension = card.suspension if state is CardState.SUSPENDED else None
    changed = replace(card, state=state, suspension=suspension)
    transaction.save_card(changed)
    transaction.record(
        AuditEvent(require_utc(at), operator_key(operator), _ACTIONS[event], str(card.guid), facts)
    )
    # the store counts the change
    return replace(changed, version=card.version + 1)


def require_unexpired(card: CardRecord, at: datetime) -> None:
    """Accept a card whose last day is not over.

    Raises:
        IssuanceError: CARD_EXPIRED.
    """
    if require_utc(at) > card.expires_at:
        raise IssuanceError(ReasonCode.CARD_EXPIRED, "the card's last day is over")


def require_not_lost(transaction: IssuanceTransaction, card: CardRecord) -> None:
    """Accept a card that no open case of loss names.

    Raises:
        IssuanceError: LOSS_OPEN.
    """
    case = transaction.open_loss_case(card.holder_id)
    if case is not None and card.guid in {one.guid for one in case.cards}:
        raise IssuanceError(ReasonCode.LOSS_OPEN, f"reported lost: case {case.id} is open")

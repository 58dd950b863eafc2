"""Locking a card and unlocking it: by hand, for a loss, or for a leave that ends by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardEvent, CardState, advance_card
from cardsvc.operator_key import operator_key
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import RevocationReason, SuspensionCause
from issuance.lifecycle.step import require_not_lost, require_unexpired, take_step
from issuance.ports import DueReturns, IssuanceStore, IssuanceTransaction

SYSTEM = "system"
"""Who acts where a day has come and nobody asked."""

BY_HAND = Suspension(SuspensionCause.OTHER)


def suspend(
    store: IssuanceStore,
    guid: CardGuid,
    *,
    operator: str,
    at: datetime,
    suspension: Suspension = BY_HAND,
) -> CardRecord:
    """Put an active card and its certificates on hold.

    A card that is locked for a leave may be locked anew: another day of return, or none.

    Args:
        store: the records.
        guid: the card.
        operator: who locks it.
        at: the instant.
        suspension: why, and until when; a loss is reported instead, see ``issuance.losses``.

    Raises:
        IllegalTransition: the card is not active.
        IssuanceError: the day of return is past (ILLEGAL_TRANSITION).
        ValueError: the cause is a loss.
    """
    if suspension.cause is SuspensionCause.LOSS:
        msg = "a loss is reported, so that all cards are locked and somebody works it off"
        raise ValueError(msg)
    if suspension.until is not None and require_utc(suspension.until) <= require_utc(at):
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the day of return is past")
    with store.transaction() as transaction:
        return lock_card(transaction, transaction.card(guid), suspension, operator=operator, at=at)


def lock_card(
    transaction: IssuanceTransaction,
    card: CardRecord,
    suspension: Suspension,
    *,
    operator: str,
    at: datetime,
) -> CardRecord:
    """Lock a card, or change why it is locked where that would have ended by itself.

    Raises:
        IllegalTransition: the card is not active, nor locked for a leave.
    """
    until = suspension.until
    facts: AuditFacts = {
        "cause": suspension.cause.value,
        "until": None if until is None else require_utc(until).isoformat(),
    }
    if card.suspension is not None and card.suspension.until is not None:
        changed = replace(card, suspension=suspension)
        transaction.save_card(changed)
        transaction.record(
            AuditEvent(
                require_utc(at),
                operator_key(operator),
                AuditAction.CARD_SUSPENDED,
                str(card.guid),
                facts | {"was": card.suspension.cause.value},
            )
        )
        return replace(changed, version=card.version + 1)
    advance_card(card.state, CardEvent.SUSPEND)
    transaction.revoke_certificates(card.guid, RevocationReason.CERTIFICATE_HOLD, at)
    locked = replace(card, suspension=suspension)
    return take_step(transaction, locked, CardEvent.SUSPEND, operator=operator, at=at, facts=facts)


def resume(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Take a suspended card and its certificates off hold.

    Raises:
        IllegalTransition: the card is not suspended.
        IssuanceError: the card has expired (CARD_EXPIRED), or was reported lost, whatever it is
            locked for: the case is closed first (LOSS_OPEN).
    """
    with store.transaction() as transaction:
        card = transaction.card(guid)
        advance_card(card.state, CardEvent.RESUME)
        require_not_lost(transaction, card)
        return unlock_card(transaction, card, operator=operator, at=at)


def unlock_card(
    transaction: IssuanceTransaction, card: CardRecord, *, operator: str, at: datetime
) -> CardRecord:
    """Unlock a card, whatever it was locked for.

    Raises:
        IllegalTransition: the card is not suspended.
        IssuanceError: the card has expired (CARD_EXPIRED).
    """
    advance_card(card.state, CardEvent.RESUME)
    require_unexpired(card, at)
    transaction.release_hold(card.guid, at)
    return take_step(transaction, card, CardEvent.RESUME, operator=operator, at=at, facts={})


def resume_due(
    store: IssuanceStore, due: DueReturns, *, at: datetime, limit: int = 500
) -> tuple[CardGuid, ...]:
    """Unlock the cards whose day of return has come, each in a transaction of its own.

    Idempotent, and nothing is lost by a crash in between: what was not unlocked is still due.

    Args:
        store: the records.
        due: lists the cards.
        at: the instant.
        limit: how many at most.

    Returns:
        The cards that were unlocked.
    """
    at = require_utc(at)
    resumed = []
    for guid in due.due_returns(at, limit):
        # changed by somebody in between: the next run looks again
        with suppress(IssuanceError):
            if _resume_if_due(store, guid, at):
                resumed.append(guid)
    return tuple(resumed)


def _resume_if_due(store: IssuanceStore, guid: CardGuid, at: datetime) -> bool:
    with store.transaction() as transaction:
        card = transaction.card(guid)
        until = card.suspension.until if card.suspension else None
        if card.state is not CardState.SUSPENDED or until is None or until > at:
            return False
        unlock_card(transaction, card, operator=SYSTEM, at=at)
    return True

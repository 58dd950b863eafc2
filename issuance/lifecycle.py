"""What happens to a finished card: hand over, activate, suspend, resume, revoke, replace, spoil.

Each is one step of the transition table, the status of the certificates that follows from it,
and one audit event, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import (
    ApplicationEvent,
    CardEvent,
    CardState,
    advance_application,
    advance_card,
)
from cardsvc.records import CardRecord
from cardsvc.terms import AssuranceLevel, RevocationReason
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.stock.card_blanks import spoil_blank

PROOF_LIFETIME = timedelta(minutes=5)
"""How old the holder's X2 proof may be at activation: one visit to the counter."""

FINAL_REASONS = frozenset(RevocationReason) - {RevocationReason.CERTIFICATE_HOLD}
"""Reasons that end a card; certificateHold is ``suspend`` (RFC 5280 section 5.3.1)."""

_ACTIONS = {
    CardEvent.HAND_OVER: AuditAction.CARD_ISSUED,
    CardEvent.ACTIVATE: AuditAction.CARD_ACTIVATED,
    CardEvent.SUSPEND: AuditAction.CARD_SUSPENDED,
    CardEvent.RESUME: AuditAction.CARD_RESUMED,
    CardEvent.REVOKE: AuditAction.CARD_REVOKED,
    CardEvent.REPLACE: AuditAction.CARD_REPLACED,
    CardEvent.SPOIL: AuditAction.CARD_SPOILED,
}


@dataclass(frozen=True, slots=True)
class ActivationProof:
    """That the holder's card answered with the holder's own PIN.

    Args:
        guid: the card that was verified.
        level: the assurance level reached; activation needs X2.
        decided_at: when.
        reference: the decision's or receipt's identifier, for the audit.
    """

    guid: CardGuid
    level: AssuranceLevel
    decided_at: datetime
    reference: str


def hand_over(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Give a personalised card to its holder; its certificates come off hold.

    The application is fulfilled by it.

    Raises:
        IllegalTransition: the card is not personalised, or its application was withdrawn.
        IssuanceError: the card has expired.
    """

    def effect(transaction: IssuanceTransaction, card: CardRecord) -> AuditFacts:
        _require_unexpired(card, at)
        application = transaction.application(card.application_id)
        state = advance_application(application.state, ApplicationEvent.FULFIL)
        transaction.save_application(replace(application, state=state))
        transaction.record(
            AuditEvent(require_utc(at), operator, AuditAction.APPLICATION_FULFILLED, application.id)
        )
        transaction.release_hold(guid, at)
        return {}

    return _change(store, guid, CardEvent.HAND_OVER, effect, operator=operator, at=at)


def activate(
    store: IssuanceStore, guid: CardGuid, *, proof: ActivationProof, operator: str, at: datetime
) -> CardRecord:
    """Make an issued card valid, once its holder has set a PIN and proved it.

    Raises:
        IllegalTransition: the card is not issued.
        IssuanceError: the proof is another card's (GUID_MISMATCH), below X2 (LEVEL_TOO_LOW),
            not of the last five minutes (CHALLENGE_EXPIRED), or the card has expired.
    """
    age = require_utc(at) - require_utc(proof.decided_at)
    if proof.guid != guid:
        raise IssuanceError(ReasonCode.GUID_MISMATCH, "the proof is another card's")
    if proof.level < AssuranceLevel.X2:
        raise IssuanceError(ReasonCode.LEVEL_TOO_LOW, "activation needs the PIN")
    if not timedelta(0) <= age <= PROOF_LIFETIME:
        raise IssuanceError(ReasonCode.CHALLENGE_EXPIRED, "the proof is not of this visit")

    def effect(_transaction: IssuanceTransaction, card: CardRecord) -> AuditFacts:
        _require_unexpired(card, at)
        return {"proof": proof.reference}

    return _change(store, guid, CardEvent.ACTIVATE, effect, operator=operator, at=at)


def suspend(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Put an active card and its certificates on hold.

    Raises:
        IllegalTransition: the card is not active.
    """

    def effect(transaction: IssuanceTransaction, _card: CardRecord) -> AuditFacts:
        transaction.revoke_certificates(guid, RevocationReason.CERTIFICATE_HOLD, at)
        return {}

    return _change(store, guid, CardEvent.SUSPEND, effect, operator=operator, at=at)


def resume(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Take a suspended card and its certificates off hold.

    Raises:
        IllegalTransition: the card is not suspended.
        IssuanceError: the card has expired.
    """

    def effect(transaction: IssuanceTransaction, card: CardRecord) -> AuditFacts:
        _require_unexpired(card, at)
        transaction.release_hold(guid, at)
        return {}

    return _change(store, guid, CardEvent.RESUME, effect, operator=operator, at=at)


def revoke(
    store: IssuanceStore,
    guid: CardGuid,
    *,
    reason: RevocationReason,
    operator: str,
    at: datetime,
) -> CardRecord:
    """End a card and its certificates for good.

    Raises:
        IllegalTransition: the card was not issued, or has ended already.
        ValueError: ``reason`` is certificateHold, which ends nothing.
    """
    if reason not in FINAL_REASONS:
        msg = "a hold is not a revocation: suspend the card"
        raise ValueError(msg)

    def effect(transaction: IssuanceTransaction, _card: CardRecord) -> AuditFacts:
        transaction.revoke_certificates(guid, reason, at)
        return {"reason": reason.value}

    return _change(store, guid, CardEvent.REVOKE, effect, operator=operator, at=at)


def spoil(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Give up a card that was never handed over; its certificates are revoked.

    Raises:
        IllegalTransition: the card was handed over: revoke it.
    """

    def effect(transaction: IssuanceTransaction, _card: CardRecord) -> AuditFacts:
        transaction.revoke_certificates(guid, RevocationReason.CESSATION_OF_OPERATION, at)
        spoil_blank(transaction, guid, operator=operator, at=at)
        return {}

    return _change(store, guid, CardEvent.SPOIL, effect, operator=operator, at=at)


def replace_card(
    store: IssuanceStore, guid: CardGuid, *, by: CardGuid, operator: str, at: datetime
) -> CardRecord:
    """Let a new card of the same holder take the place of an old one.

    Raises:
        IllegalTransition: the old card was not issued, or has ended already.
        IssuanceError: the new one is another person's or type (HOLDER_UNKNOWN,
            CARD_TYPE_MISMATCH), was not handed over yet (CARD_NOT_ACTIVE), or is the same card.
    """

    def effect(transaction: IssuanceTransaction, card: CardRecord) -> AuditFacts:
        successor = transaction.card(by)
        if successor.holder_id != card.holder_id:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "the new card is another person's")
        if successor.card_type is not card.card_type:
            raise IssuanceError(ReasonCode.CARD_TYPE_MISMATCH, "the new card has another type")
        if by == guid or successor.state not in (CardState.ISSUED, CardState.ACTIVE):
            raise IssuanceError(ReasonCode.CARD_NOT_ACTIVE, "the new card was not handed over")
        transaction.revoke_certificates(guid, RevocationReason.SUPERSEDED, at)
        return {"replaced_by": str(by)}

    return _change(store, guid, CardEvent.REPLACE, effect, operator=operator, at=at, replaced_by=by)


def _require_unexpired(card: CardRecord, at: datetime) -> None:
    if require_utc(at) > card.expires_at:
        raise IssuanceError(ReasonCode.CARD_EXPIRED, "the card's last day is over")


def _change(
    store: IssuanceStore,
    guid: CardGuid,
    event: CardEvent,
    effect: Callable[[IssuanceTransaction, CardRecord], AuditFacts],
    *,
    operator: str,
    at: datetime,
    replaced_by: CardGuid | None = None,
) -> CardRecord:
    at = require_utc(at)
    with store.transaction() as transaction:
        card = transaction.card(guid)
        changed = replace(
            card,
            state=advance_card(card.state, event),
            replaced_by=replaced_by or card.replaced_by,
        )
        facts = effect(transaction, card)
        transaction.save_card(changed)
        transaction.record(AuditEvent(at, operator, _ACTIONS[event], str(guid), facts))
    # the store counts the change
    return replace(changed, version=card.version + 1)

"""Activation: the holder proves the card with an own PIN, and an old card gives way to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import ENDED_STATES, HANDED_OVER_STATES, CardEvent, advance_card
from cardsvc.loss_records import LossState
from cardsvc.records import Application, CardRecord
from cardsvc.terms import ApplicationKind, AssuranceLevel, RevocationReason
from issuance.lifecycle.delivery import require_only_card
from issuance.lifecycle.step import require_not_lost, require_unexpired, take_step
from issuance.ports import IssuanceStore, IssuanceTransaction

PROOF_LIFETIME = timedelta(minutes=5)
"""How old the holder's X2 proof may be at activation: one visit to the counter."""

REPLACEMENT_REASON = {
    ApplicationKind.RENEW: RevocationReason.SUPERSEDED,
    ApplicationKind.REPLACE_LOST: RevocationReason.SUPERSEDED,
    ApplicationKind.REPLACE_DAMAGED: RevocationReason.SUPERSEDED,
    ApplicationKind.REPLACE_FAULTY: RevocationReason.SUPERSEDED,
    ApplicationKind.REPLACE_CHANGED: RevocationReason.AFFILIATION_CHANGED,
}
"""X.509 (10/2019) section 9.5.3.1: affiliationChanged where what the certificate says of the
subject has changed, superseded where another certificate takes its place, both without cause to
suspect the key. A lost card is no such cause: its keys can't be read out. See ADR-0010."""


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


def activate(
    store: IssuanceStore, guid: CardGuid, *, proof: ActivationProof, operator: str, at: datetime
) -> CardRecord:
    """Make an issued card valid, once its holder has set a PIN and proved it.

    The card whose place it takes is replaced in the same transaction, its certificates revoked.

    Raises:
        IllegalTransition: the card is not issued.
        IssuanceError: the proof is another card's (GUID_MISMATCH), below X2 (LEVEL_TOO_LOW),
            not of the last five minutes (CHALLENGE_EXPIRED); the card has expired (CARD_EXPIRED)
            or was reported lost (LOSS_OPEN); the holder has another one (HOLDER_HAS_CARD).
    """
    at = require_utc(at)
    age = at - require_utc(proof.decided_at)
    if proof.guid != guid:
        raise IssuanceError(ReasonCode.GUID_MISMATCH, "the proof is another card's")
    if proof.level < AssuranceLevel.X2:
        raise IssuanceError(ReasonCode.LEVEL_TOO_LOW, "activation needs the PIN")
    if not timedelta(0) <= age <= PROOF_LIFETIME:
        raise IssuanceError(ReasonCode.CHALLENGE_EXPIRED, "the proof is not of this visit")
    with store.transaction() as transaction:
        card = transaction.card(guid)
        advance_card(card.state, CardEvent.ACTIVATE)
        require_unexpired(card, at)
        require_not_lost(transaction, card)
        application = transaction.application(card.application_id)
        require_only_card(transaction, card, application)
        facts: AuditFacts = {"proof": proof.reference}
        if application.replaces is not None:
            facts["replaces"] = str(application.replaces)
            _take_place(transaction, card, application, operator=operator, at=at)
        return take_step(
            transaction, card, CardEvent.ACTIVATE, operator=operator, at=at, facts=facts
        )


def _take_place(
    transaction: IssuanceTransaction,
    card: CardRecord,
    application: Application,
    *,
    operator: str,
    at: datetime,
) -> None:
    if application.replaces is None:
        return
    old = replace(transaction.card(application.replaces), replaced_by=card.guid)
    if old.state in HANDED_OVER_STATES:
        reason = REPLACEMENT_REASON[application.kind]
        transaction.revoke_certificates(old.guid, reason, at)
        facts: AuditFacts = {"replaced_by": str(card.guid), "reason": reason.value}
        take_step(transaction, old, CardEvent.REPLACE, operator=operator, at=at, facts=facts)
    else:
        # withdrawn in the meantime: it stays so, and names its successor
        transaction.save_card(old)
    _close_case(transaction, card.holder_id, operator=operator, at=at)


def _close_case(
    transaction: IssuanceTransaction, holder_id: str, *, operator: str, at: datetime
) -> None:
    """Close a case of loss whose cards have all ended."""
    case = transaction.open_loss_case(holder_id)
    if case is None:
        return
    if all(transaction.card(one.guid).state in ENDED_STATES for one in case.cards):
        closed = replace(case, state=LossState.CONFIRMED, closed_by=operator, closed_at=at)
        transaction.save_loss_case(closed)
        facts: AuditFacts = {"state": closed.state.value, "replaced": True}
        transaction.record(AuditEvent(at, operator, AuditAction.LOSS_CLOSED, case.id, facts))

"""The end of a card: withdrawn, given up before it was handed over, destroyed."""

from __future__ import annotations

import re
from datetime import datetime

from cardsvc.audit import AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.lifecycle import CardEvent, advance_card
from cardsvc.operator_key import is_same_operator, operator_key
from cardsvc.records import CardRecord
from cardsvc.terms import RevocationReason, WithdrawalCause
from issuance.lifecycle.step import take_step
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.stock.card_blanks import spoil_blank

FINAL_REASONS = frozenset(RevocationReason) - {RevocationReason.CERTIFICATE_HOLD}
"""Reasons that end a card; certificateHold is ``suspend`` (RFC 5280 section 5.3.1)."""

WITHDRAWAL_REASON = {
    WithdrawalCause.RETIRED: RevocationReason.CESSATION_OF_OPERATION,
    WithdrawalCause.LEFT: RevocationReason.CESSATION_OF_OPERATION,
    WithdrawalCause.DECEASED: RevocationReason.CESSATION_OF_OPERATION,
    WithdrawalCause.LOST: RevocationReason.CESSATION_OF_OPERATION,
    WithdrawalCause.DAMAGED: RevocationReason.CESSATION_OF_OPERATION,
    WithdrawalCause.TRANSFERRED: RevocationReason.AFFILIATION_CHANGED,
    WithdrawalCause.DISCIPLINE: RevocationReason.PRIVILEGE_WITHDRAWN,
    WithdrawalCause.STOLEN: RevocationReason.KEY_COMPROMISE,
    WithdrawalCause.OTHER: RevocationReason.UNSPECIFIED,
}
"""X.509 (10/2019) section 9.5.3.1. A card that is merely lost keeps its keys to itself: no cause
to suspect them. One that was stolen may be in the hands of somebody who saw the PIN."""

_RECORD = re.compile(r"[\w][\w./ -]{0,59}")


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
    with store.transaction() as transaction:
        card = transaction.card(guid)
        facts: AuditFacts = {"reason": reason.value}
        return _revoke(transaction, card, reason, facts, operator=operator, at=at)


def withdraw_card(
    store: IssuanceStore,
    guid: CardGuid,
    *,
    cause: WithdrawalCause,
    operator: str,
    at: datetime,
) -> CardRecord:
    """Withdraw a card for a cause that people name; the certificates' reason follows from it.

    Raises:
        IllegalTransition: the card was not issued, or has ended already.
    """
    with store.transaction() as transaction:
        return end_card(transaction, transaction.card(guid), cause, operator=operator, at=at)


def end_card(
    transaction: IssuanceTransaction,
    card: CardRecord,
    cause: WithdrawalCause,
    *,
    operator: str,
    at: datetime,
) -> CardRecord:
    """Withdraw a card in a transaction of the caller's.

    Raises:
        IllegalTransition: the card was not issued, or has ended already.
    """
    reason = WITHDRAWAL_REASON[cause]
    facts: AuditFacts = {"reason": reason.value, "cause": cause.value}
    return _revoke(transaction, card, reason, facts, operator=operator, at=at)


def spoil(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Give up a card that was never handed over; its certificates are revoked.

    Raises:
        IllegalTransition: the card was handed over: revoke it.
    """
    with store.transaction() as transaction:
        card = transaction.card(guid)
        advance_card(card.state, CardEvent.SPOIL)
        transaction.revoke_certificates(guid, RevocationReason.CESSATION_OF_OPERATION, at)
        spoil_blank(transaction, guid, operator=operator, at=at)
        return take_step(transaction, card, CardEvent.SPOIL, operator=operator, at=at, facts={})


def destroy(
    store: IssuanceStore,
    guid: CardGuid,
    *,
    record: str,
    witness: str,
    operator: str,
    at: datetime,
) -> CardRecord:
    """Note that an ended card was destroyed, before a witness.

    Args:
        store: the records.
        guid: the card; withdrawn, replaced or spoiled.
        record: the number of the record of destruction (số biên bản), at most 60 characters.
        witness: a second operator.
        operator: who destroyed it.
        at: the instant.

    Raises:
        IllegalTransition: the card has not ended, or was destroyed already.
        IssuanceError: the witness is the operator (SAME_OPERATOR).
        Malformed: the record's number has another form (MALFORMED_MESSAGE).
    """
    if _RECORD.fullmatch(record) is None:
        raise Malformed(
            ReasonCode.MALFORMED_MESSAGE, "a record of destruction is named by its number"
        )
    if is_same_operator(witness, operator):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "a witness is somebody else")
    facts: AuditFacts = {"record": record, "witness": operator_key(witness)}
    with store.transaction() as transaction:
        card = transaction.card(guid)
        return take_step(
            transaction, card, CardEvent.DESTROY, operator=operator, at=at, facts=facts
        )


def _revoke(
    transaction: IssuanceTransaction,
    card: CardRecord,
    reason: RevocationReason,
    facts: AuditFacts,
    *,
    operator: str,
    at: datetime,
) -> CardRecord:
    advance_card(card.state, CardEvent.REVOKE)
    transaction.revoke_certificates(card.guid, reason, at)
    return take_step(transaction, card, CardEvent.REVOKE, operator=operator, at=at, facts=facts)

"""Hand-over: a finished card is given to its holder, by the third person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import (
    HANDED_OVER_STATES,
    ApplicationEvent,
    CardEvent,
    advance_application,
    advance_card,
)
from cardsvc.operator_key import operator_key
from cardsvc.records import Application, CardRecord
from issuance.duties import require_third_person
from issuance.lifecycle.step import require_unexpired, take_step
from issuance.ports import IssuanceStore, IssuanceTransaction


def hand_over(store: IssuanceStore, guid: CardGuid, *, operator: str, at: datetime) -> CardRecord:
    """Give a personalised card to its holder; its certificates come off hold.

    The application is fulfilled by it. An old card whose place it takes stays as it is until the
    new one is activated.

    Raises:
        IllegalTransition: the card is not personalised, or its application was withdrawn.
        IssuanceError: the card has expired (CARD_EXPIRED); the requester or approver hands it over
            (SAME_OPERATOR); the holder has another card of the type (HOLDER_HAS_CARD).
    """
    at, by = require_utc(at), operator_key(operator)
    with store.transaction() as transaction:
        card = transaction.card(guid)
        advance_card(card.state, CardEvent.HAND_OVER)
        require_unexpired(card, at)
        application = transaction.application(card.application_id)
        state = advance_application(application.state, ApplicationEvent.FULFIL)
        require_third_person(application, by)
        require_only_card(transaction, card, application)
        transaction.save_application(replace(application, state=state))
        transaction.record(AuditEvent(at, by, AuditAction.APPLICATION_FULFILLED, application.id))
        transaction.release_hold(guid, at)
        given = replace(card, handed_over_by=by)
        return take_step(transaction, given, CardEvent.HAND_OVER, operator=by, at=at, facts={})


def require_only_card(
    transaction: IssuanceTransaction, card: CardRecord, application: Application
) -> None:
    """Accept a card whose holder has no other of the type in hand but the one it replaces.

    Raises:
        IssuanceError: HOLDER_HAS_CARD.
    """
    for other in transaction.cards_of_holder(card.holder_id):
        if (
            other.card_type is card.card_type
            and other.state in HANDED_OVER_STATES
            and other.guid not in (card.guid, application.replaces)
        ):
            raise IssuanceError(
                ReasonCode.HOLDER_HAS_CARD, f"the holder has card {other.guid} of this type"
            )

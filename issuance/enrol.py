"""Enrolment: a request for a card is made from a holder's facts, and only from complete ones.

A person has one open request for a type of card at a time, and one card of it; whoever asks twice
is told which request is open. A renewal or replacement names the card whose place it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import (
    HANDED_OVER_STATES,
    ApplicationEvent,
    ApplicationState,
    CardEvent,
    CardState,
    IllegalTransition,
    advance_application,
)
from cardsvc.loss_records import LossChannel
from cardsvc.operator_key import operator_key
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.terms import ApplicationKind, CardType, Realm
from issuance.completeness import require_complete
from issuance.losses.lock import LossReport, lock_lost_cards
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.registry.holders import with_form_facts

_OTHERS_WERE_FASTER = frozenset({ReasonCode.CONCURRENT_CHANGE, ReasonCode.HOLDER_EXISTS})


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What is asked for.

    Args:
        application_id: a fresh opaque identifier; the same one twice is one request.
        card_type: which card.
        holder: the person's facts.
        kind: why.
        replaces: the old card, unless ``kind`` is NEW.
        realm: of a new card; one that takes another's place is of that one's realm.
    """

    application_id: str
    card_type: CardType
    holder: Holder
    kind: ApplicationKind = ApplicationKind.NEW
    replaces: CardGuid | None = None
    realm: Realm = Realm.PRODUCTION


def request_card(
    store: IssuanceStore,
    *,
    application_id: str,
    card_type: CardType,
    holder: Holder,
    operator: str,
    at: datetime,
    kind: ApplicationKind = ApplicationKind.NEW,
    replaces: CardGuid | None = None,
    realm: Realm = Realm.PRODUCTION,
) -> Application:
    """Record a request for a card; see ``ask_for_card``.

    Where somebody put the same person on record in between, it looks again, so that the answer
    names the request that was faster.
    """
    asked = CardRequest(application_id, card_type, holder, kind, replaces, realm)
    try:
        with store.transaction() as transaction:
            return ask_for_card(transaction, asked, operator=operator, at=at)
    except IssuanceError as error:
        if error.reason not in _OTHERS_WERE_FASTER:
            raise
    with store.transaction() as transaction:
        return ask_for_card(transaction, asked, operator=operator, at=at)


def ask_for_card(
    transaction: IssuanceTransaction, asked: CardRequest, *, operator: str, at: datetime
) -> Application:
    """Record a request for a card in a transaction of the caller's.

    A card that is replaced because it was lost is locked at once.

    Args:
        transaction: the unit of work.
        asked: what is asked for.
        operator: who asks; that person can neither approve nor issue the card.
        at: the instant.

    Returns:
        The request; the one there is where it was made before.

    Raises:
        ApplicationIncomplete: facts are missing.
        IllegalTransition: the old card was not handed over, or has ended.
        IssuanceError: the identifier is another request's (CONCURRENT_CHANGE); a request is open
            (APPLICATION_OPEN); the person has a card (HOLDER_HAS_CARD); the old card is unknown,
            another person's or type (CARD_UNKNOWN, HOLDER_UNKNOWN, CARD_TYPE_MISMATCH).
    """
    at, by = require_utc(at), operator_key(operator)
    holder = _person(transaction, asked.holder)
    require_complete(asked.card_type, holder, at)
    application = Application(
        asked.application_id,
        asked.card_type,
        holder,
        by,
        at,
        kind=asked.kind,
        replaces=asked.replaces,
        realm=asked.realm,
    )
    made = transaction.find_application(asked.application_id)
    if made is not None:
        return _same(made, application)
    _require_none_open(transaction, application)
    old = _old_card(transaction, application)
    if old is not None:
        application = replace(application, realm=old.realm)
    _require_no_card(transaction, application)
    transaction.add_application(application)
    transaction.record(
        AuditEvent(
            at,
            by,
            AuditAction.APPLICATION_REQUESTED,
            application.id,
            {
                "card_type": application.card_type.value,
                "holder": holder.id,
                "kind": application.kind.value,
                "replaces": None if old is None else str(old.guid),
                "realm": application.realm.value,
            },
        )
    )
    if old is not None and application.kind is ApplicationKind.REPLACE_LOST:
        report = LossReport(application.id, LossChannel.COUNTER, by)
        lock_lost_cards(transaction, holder.id, report, at, only=old.guid)
    return application


def resubmit(
    store: IssuanceStore, application_id: str, *, holder: Holder, operator: str, at: datetime
) -> Application:
    """Send a returned request in again, with corrected facts of the same person.

    Whoever resubmits answers for the facts from then on, so that person can't approve them. The
    same resubmission twice is one.

    Raises:
        IllegalTransition: the request was not returned.
        ApplicationIncomplete: facts are still missing.
        IssuanceError: the facts are another person's (HOLDER_UNKNOWN), or no such request.
    """
    at, by = require_utc(at), operator_key(operator)
    with store.transaction() as transaction:
        found = transaction.application(application_id)
        if holder.id != found.holder.id:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "another person's facts")
        again = (found.state, found.requested_by, found.holder)
        if found.note is not None and again == (ApplicationState.REQUESTED, by, holder):
            return found
        state = advance_application(found.state, ApplicationEvent.RESUBMIT)
        require_complete(found.card_type, holder, at)
        application = replace(found, holder=holder, requested_by=by, requested_at=at, state=state)
        transaction.save_application(application)
        transaction.record(AuditEvent(at, by, AuditAction.APPLICATION_RESUBMITTED, application_id))
    return application


def _person(transaction: IssuanceTransaction, asked: Holder) -> Holder:
    """Return the facts under the identifier that the person is known by."""
    known = transaction.known_holder(asked)
    if known is None or known.id == asked.id:
        return asked
    return with_form_facts(known, asked)


def _same(made: Application, asked: Application) -> Application:
    """Return a request that was made before, where it is the one that is asked for now."""
    if _essence(made) != _essence(asked):
        raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the identifier is another request's")
    return made


def _essence(one: Application) -> tuple[object, ...]:
    return one.card_type, one.kind, one.replaces, one.holder.id, one.requested_by


def _require_none_open(transaction: IssuanceTransaction, asked: Application) -> None:
    open_one = transaction.open_application(asked.holder.id, asked.card_type)
    if open_one is not None:
        raise IssuanceError(ReasonCode.APPLICATION_OPEN, f"application {open_one} is open")


def _old_card(transaction: IssuanceTransaction, asked: Application) -> CardRecord | None:
    """Return the card whose place is to be taken; one that was lost may be withdrawn already."""
    if asked.replaces is None:
        return None
    card = transaction.card(asked.replaces)
    if card.holder_id != asked.holder.id:
        raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "the old card is another person's")
    if card.card_type is not asked.card_type:
        raise IssuanceError(ReasonCode.CARD_TYPE_MISMATCH, "the old card has another type")
    lost = asked.kind is ApplicationKind.REPLACE_LOST
    if card.state not in HANDED_OVER_STATES and not (lost and card.state is CardState.REVOKED):
        raise IllegalTransition(card.state, CardEvent.REPLACE)
    return card


def _require_no_card(transaction: IssuanceTransaction, asked: Application) -> None:
    for card in transaction.cards_of_holder(asked.holder.id):
        mine = (
            card.card_type is asked.card_type
            and card.realm is asked.realm
            and card.state in HANDED_OVER_STATES
        )
        if mine and card.guid != asked.replaces:
            raise IssuanceError(
                ReasonCode.HOLDER_HAS_CARD, f"the holder has card {card.guid}: renew or replace it"
            )

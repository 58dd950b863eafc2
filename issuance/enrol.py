"""Enrolment: a request for a card is made from a holder's facts, and only from complete ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import ApplicationEvent, advance_application
from cardsvc.records import Application, Holder
from cardsvc.terms import CardType
from issuance.ports import IssuanceStore

VIETNAM_TIME = timezone(timedelta(hours=7), "ICT")
"""UTC+7 all year round (Decision 134/2002/QĐ-TTg); a delegation ends with a day of this zone."""


class ApplicationIncomplete(IssuanceError):
    """Facts that the card type needs are missing; ``missing`` names them, never their values."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(ReasonCode.APPLICATION_INCOMPLETE, ", ".join(missing))
        self.missing = missing


def missing_facts(card_type: CardType, holder: Holder, on: date) -> tuple[str, ...]:
    """Return the names of the facts that are missing, none where the request is complete.

    Args:
        card_type: what is asked for.
        holder: the person's facts.
        on: the day, in Vietnam; a post or delegation that ended before it counts as missing.
    """
    missing = [] if holder.id.strip() else ["holder.id"]
    if card_type is CardType.CIVIL_SERVANT:
        post = holder.employment
        if post is None:
            missing.append("employment")
        else:
            missing += _blank("employment", agency_name=post.agency_name, position=post.position)
            if post.until is not None and post.until < on:
                missing.append("employment.until")
    if card_type is CardType.BUSINESS:
        delegation = holder.delegation
        if delegation is None:
            missing.append("delegation")
        else:
            missing += _blank(
                "delegation", enterprise_name=delegation.enterprise_name, scope=delegation.scope
            )
            if delegation.until < on:
                missing.append("delegation.until")
    return tuple(missing)


def _blank(prefix: str, **facts: str) -> list[str]:
    return [f"{prefix}.{name}" for name, text in facts.items() if not text.strip()]


def require_complete(card_type: CardType, holder: Holder, at: datetime) -> None:
    """Accept a holder whose facts suffice for the card type.

    Raises:
        ApplicationIncomplete: they don't; the error names what is missing.
    """
    missing = missing_facts(card_type, holder, require_utc(at).astimezone(VIETNAM_TIME).date())
    if missing:
        raise ApplicationIncomplete(missing)


def request_card(
    store: IssuanceStore,
    *,
    application_id: str,
    card_type: CardType,
    holder: Holder,
    operator: str,
    at: datetime,
) -> Application:
    """Record a request for a card.

    Args:
        store: where it is kept.
        application_id: a fresh opaque identifier.
        card_type: what is asked for.
        holder: the person's facts.
        operator: who asks; that person can't approve it.
        at: the instant.

    Raises:
        ApplicationIncomplete: facts are missing; nothing was recorded.
    """
    require_complete(card_type, holder, at)
    application = Application(application_id, card_type, holder, operator, require_utc(at))
    event = AuditEvent(
        application.requested_at,
        operator,
        AuditAction.APPLICATION_REQUESTED,
        application_id,
        {"card_type": card_type.value, "holder": holder.id},
    )
    with store.transaction() as transaction:
        transaction.add_application(application)
        transaction.record(event)
    return application


def resubmit(
    store: IssuanceStore, application_id: str, *, holder: Holder, operator: str, at: datetime
) -> Application:
    """Send a returned request in again, with corrected facts of the same person.

    Whoever resubmits answers for the facts from then on, so that person can't approve them.

    Raises:
        IllegalTransition: the request was not returned.
        ApplicationIncomplete: facts are still missing.
        IssuanceError: the facts are another person's (HOLDER_UNKNOWN), or no such request.
    """
    at = require_utc(at)
    with store.transaction() as transaction:
        found = transaction.application(application_id)
        if holder.id != found.holder.id:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "another person's facts")
        state = advance_application(found.state, ApplicationEvent.RESUBMIT)
        require_complete(found.card_type, holder, at)
        application = replace(
            found, holder=holder, requested_by=operator, requested_at=at, state=state
        )
        transaction.save_application(application)
        transaction.record(
            AuditEvent(at, operator, AuditAction.APPLICATION_RESUBMITTED, application_id)
        )
    return application

"""Approval: a second person decides; the same one twice is refused in the transition itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import ApplicationEvent, advance_application
from cardsvc.records import Application, ApprovedApplication
from issuance.enrol import require_complete
from issuance.ports import IssuanceStore

_ACTIONS = {
    ApplicationEvent.RETURN: AuditAction.APPLICATION_RETURNED,
    ApplicationEvent.REJECT: AuditAction.APPLICATION_REJECTED,
    ApplicationEvent.WITHDRAW: AuditAction.APPLICATION_WITHDRAWN,
}


def approved(application: Application, operator: str, at: datetime) -> ApprovedApplication:
    """Return the application as ``operator`` approves it; the transition, without a store.

    Raises:
        IssuanceError: the requester approves (SAME_OPERATOR).
        IllegalTransition: the application is not waiting for a decision.
        ApplicationIncomplete: a fact ran out since, such as a delegation.
    """
    state = advance_application(application.state, ApplicationEvent.APPROVE)
    # compared as people would: one account is one person however its name was typed
    if operator.strip().casefold() == application.requested_by.strip().casefold():
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "the requester can't approve")
    require_complete(application.card_type, application.holder, at)
    return ApprovedApplication(
        replace(application, state=state, approved_by=operator, approved_at=require_utc(at))
    )


def approve(
    store: IssuanceStore, application_id: str, *, operator: str, at: datetime
) -> ApprovedApplication:
    """Approve a request.

    Raises:
        IssuanceError: as ``approved``, or no such request; nothing was recorded.
    """
    with store.transaction() as transaction:
        result = approved(transaction.application(application_id), operator, at)
        transaction.save_application(result.application)
        transaction.record(
            AuditEvent(require_utc(at), operator, AuditAction.APPLICATION_APPROVED, application_id)
        )
    return result


def return_for_correction(
    store: IssuanceStore, application_id: str, *, note_code: str, operator: str, at: datetime
) -> Application:
    """Send a request back to whoever made it.

    Args:
        store: where it is kept.
        application_id: which.
        note_code: a short code of what to correct; no personal data.
        operator: who returns it.
        at: the instant.

    Raises:
        IllegalTransition: the request is not waiting for a decision.
    """
    return _decide(
        store,
        application_id,
        ApplicationEvent.RETURN,
        operator=operator,
        at=at,
        facts={"note": note_code},
    )


def reject(
    store: IssuanceStore, application_id: str, *, note_code: str, operator: str, at: datetime
) -> Application:
    """Refuse a request for good.

    Raises:
        IllegalTransition: the request is not waiting for a decision.
    """
    return _decide(
        store,
        application_id,
        ApplicationEvent.REJECT,
        operator=operator,
        at=at,
        facts={"note": note_code},
    )


def withdraw(
    store: IssuanceStore, application_id: str, *, operator: str, at: datetime
) -> Application:
    """Withdraw a request before its card was handed over.

    Raises:
        IllegalTransition: it was decided against, withdrawn or fulfilled already.
    """
    return _decide(
        store, application_id, ApplicationEvent.WITHDRAW, operator=operator, at=at, facts={}
    )


def _decide(
    store: IssuanceStore,
    application_id: str,
    event: ApplicationEvent,
    *,
    operator: str,
    at: datetime,
    facts: AuditFacts,
) -> Application:
    with store.transaction() as transaction:
        found = transaction.application(application_id)
        application = replace(found, state=advance_application(found.state, event))
        transaction.save_application(application)
        transaction.record(
            AuditEvent(require_utc(at), operator, _ACTIONS[event], application_id, facts)
        )
    return application

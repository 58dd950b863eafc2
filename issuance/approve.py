"""Approval: a second person decides; the same one twice is refused in the transition itself.

A decision that is sent twice (a double click, a repeated request) has one effect and the same
answer; another decision after it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.lifecycle import ApplicationEvent, ApplicationState, advance_application
from cardsvc.operator_key import operator_key
from cardsvc.records import Application, ApprovedApplication, DecisionNote
from issuance.completeness import require_complete
from issuance.duties import UnitRules, require_other_unit, require_second_person
from issuance.notes import make_note
from issuance.ports import IssuanceStore, IssuanceTransaction

_ACTIONS = {
    ApplicationEvent.RETURN: AuditAction.APPLICATION_RETURNED,
    ApplicationEvent.REJECT: AuditAction.APPLICATION_REJECTED,
    ApplicationEvent.WITHDRAW: AuditAction.APPLICATION_WITHDRAWN,
}
_RESULTS = {
    ApplicationEvent.RETURN: ApplicationState.RETURNED,
    ApplicationEvent.REJECT: ApplicationState.REJECTED,
    ApplicationEvent.WITHDRAW: ApplicationState.WITHDRAWN,
}
WITHDRAWN = "withdrawn"
"""The code of a withdrawal that gives no other."""


def approved(
    application: Application, operator: str, at: datetime, rules: UnitRules
) -> ApprovedApplication:
    """Return the application as ``operator`` approves it; the transition, without a store.

    Raises:
        IssuanceError: the requester approves (SAME_OPERATOR), or somebody of the requester's unit
            where the agency does not want that (SAME_UNIT).
        IllegalTransition: the application is not waiting for a decision.
        ApplicationIncomplete: a fact ran out since, such as a delegation.
    """
    state = advance_application(application.state, ApplicationEvent.APPROVE)
    require_second_person(application, operator)
    require_other_unit(application, operator, at, rules)
    require_complete(application.card_type, application.holder, at)
    return ApprovedApplication(
        replace(
            application,
            state=state,
            approved_by=operator_key(operator),
            approved_at=require_utc(at),
        )
    )


def approve(
    store: IssuanceStore, application_id: str, *, operator: str, at: datetime
) -> ApprovedApplication:
    """Approve a request.

    Raises:
        IssuanceError: as ``approved``, or no such request; nothing was recorded.
    """
    with store.transaction() as transaction:
        return approve_in(transaction, application_id, operator=operator, at=at)


def approve_in(
    transaction: IssuanceTransaction,
    application_id: str,
    *,
    operator: str,
    at: datetime,
    decision_id: str | None = None,
) -> ApprovedApplication:
    """Approve a request in a transaction of the caller's, alone or under a decision.

    Raises:
        IssuanceError: as ``approve``.
    """
    found = transaction.application(application_id)
    before = (found.state, found.approved_by, found.decision_id)
    if before == (ApplicationState.APPROVED, operator_key(operator), decision_id):
        return ApprovedApplication(found)
    result = approved(replace(found, decision_id=decision_id), operator, at, transaction)
    transaction.save_application(result.application)
    facts: AuditFacts = {} if decision_id is None else {"decision": decision_id}
    transaction.record(
        AuditEvent(
            require_utc(at),
            operator_key(operator),
            AuditAction.APPLICATION_APPROVED,
            application_id,
            facts,
        )
    )
    return result


def return_for_completion(
    store: IssuanceStore,
    application_id: str,
    *,
    note_code: str,
    operator: str,
    at: datetime,
    fields: Iterable[str] = (),
    text: str = "",
) -> Application:
    """Send a request back to whoever made it.

    Args:
        store: where it is kept.
        application_id: which.
        note_code: a short code of what to complete; no personal data.
        operator: who returns it.
        at: the instant.
        fields: the names of the facts to complete.
        text: for whoever completes them; sealed at rest.

    Raises:
        IllegalTransition: the request is not waiting for a decision.
        Malformed: a part of the note has another form.
    """
    note = make_note(note_code, by=operator, at=at, fields=fields, text=text)
    return _decide(store, application_id, ApplicationEvent.RETURN, note)


def reject(
    store: IssuanceStore,
    application_id: str,
    *,
    note_code: str,
    operator: str,
    at: datetime,
    text: str = "",
) -> Application:
    """Refuse a request for good.

    Raises:
        IllegalTransition: the request is not waiting for a decision.
        Malformed: a part of the note has another form.
    """
    note = make_note(note_code, by=operator, at=at, text=text)
    return _decide(store, application_id, ApplicationEvent.REJECT, note)


def withdraw(
    store: IssuanceStore,
    application_id: str,
    *,
    operator: str,
    at: datetime,
    note_code: str = WITHDRAWN,
    text: str = "",
) -> Application:
    """Withdraw a request before its card was handed over.

    Raises:
        IllegalTransition: it was decided against, withdrawn or fulfilled already.
        Malformed: a part of the note has another form.
    """
    note = make_note(note_code, by=operator, at=at, text=text)
    return _decide(store, application_id, ApplicationEvent.WITHDRAW, note)


def _decide(
    store: IssuanceStore, application_id: str, event: ApplicationEvent, note: DecisionNote
) -> Application:
    with store.transaction() as transaction:
        found = transaction.application(application_id)
        if found.state is _RESULTS[event] and _same(found.note, note):
            return found
        application = replace(found, state=advance_application(found.state, event), note=note)
        transaction.save_application(application)
        facts: AuditFacts = {"note": note.code}
        if note.fields:
            facts["fields"] = " ".join(note.fields)
        transaction.record(AuditEvent(note.at, note.by, _ACTIONS[event], application_id, facts))
    return application


def _same(made: DecisionNote | None, note: DecisionNote) -> bool:
    """Tell whether a decision was taken before, whenever that was."""
    return made is not None and replace(made, at=note.at) == note

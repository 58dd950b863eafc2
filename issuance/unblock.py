"""Unblocking a PIN: one officer asks, another approves, the desk's agent carries it out.

The card gets a fresh transport PIN, derived for this one request and stored nowhere; the second
officer is shown it and hands it over. The card's own state does not change.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.desk_records import JobKind
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.operator_key import is_same_operator
from cardsvc.unblock_records import OPEN_STATES, UnblockRequest, UnblockState
from issuance.card_jobs import place_card_job
from issuance.orders import OrderState, cancel_order
from issuance.ports import CardSecrets, IssuanceStore, JobStore, UnblockStore

UNBLOCKABLE = (CardState.ISSUED, CardState.ACTIVE)
"""States of a card whose holder may be given a PIN; a suspended card is resumed first."""
APPROVAL_LIFETIME = timedelta(hours=1)
"""The holder is in the room when an unblocking is approved: one visit to the office."""


def request_unblock(
    store: IssuanceStore,
    unblocks: UnblockStore,
    guid: CardGuid,
    *,
    request_id: UUID,
    operator: str,
    at: datetime,
) -> UnblockRequest:
    """Ask for an unblocking; the operator has the holder before him and knows who it is.

    Raises:
        IssuanceError: no such card (CARD_UNKNOWN), or it is not in use (ILLEGAL_TRANSITION).
        StoreError: the card has an unblocking under way (CONCURRENT_CHANGE).
    """
    with store.transaction() as unit:
        require_unblockable(unit.card(guid).state)
    request = UnblockRequest(
        str(request_id), guid, UnblockState.REQUESTED, operator, require_utc(at)
    )
    unblocks.add(request, _event(request, AuditAction.UNBLOCK_REQUESTED, operator, at))
    return request


def approve_unblock(
    unblocks: UnblockStore,
    store: IssuanceStore,
    jobs: JobStore,
    request_id: str,
    *,
    agent: str,
    operator: str,
    at: datetime,
) -> None:
    """Approve an unblocking and give it to a desk; done twice by one officer, it is done once.

    Raises:
        IssuanceError: no such request (UNBLOCK_UNKNOWN), it is one's own (SAME_OPERATOR), decided
            otherwise (CONCURRENT_CHANGE), or the card is not in use (ILLEGAL_TRANSITION).
    """
    request = find_unblock(unblocks, request_id)
    if (request.state, request.decided_by) != (UnblockState.APPROVED, operator):
        request = _decide(unblocks, store, request, operator, at)
    if jobs.find(request.id) is None:
        place_card_job(
            store,
            jobs,
            JobKind.UNBLOCK,
            request.guid,
            job_id=request.id,
            agent=agent,
            operator=operator,
            at=at,
        )


def _decide(
    unblocks: UnblockStore,
    store: IssuanceStore,
    request: UnblockRequest,
    operator: str,
    at: datetime,
) -> UnblockRequest:
    _require_second_person(request, operator)
    with store.transaction() as unit:
        require_unblockable(unit.card(request.guid).state)
    approved = _decided(request, UnblockState.APPROVED, operator, at)
    event = _event(request, AuditAction.UNBLOCK_APPROVED, operator, at)
    unblocks.change(approved, expected=UnblockState.REQUESTED, event=event)
    return approved


def refuse_unblock(unblocks: UnblockStore, request_id: str, *, operator: str, at: datetime) -> None:
    """Refuse an unblocking.

    Raises:
        IssuanceError: no such request (UNBLOCK_UNKNOWN), one's own (SAME_OPERATOR), or it was
            decided already (CONCURRENT_CHANGE).
    """
    request = find_unblock(unblocks, request_id)
    _require_second_person(request, operator)
    refused = _decided(request, UnblockState.REFUSED, operator, at)
    event = _event(request, AuditAction.UNBLOCK_REFUSED, operator, at)
    unblocks.change(refused, expected=UnblockState.REQUESTED, event=event)


def withdraw_unblock(
    unblocks: UnblockStore, jobs: JobStore, request_id: str, *, operator: str, at: datetime
) -> None:
    """Take an unblocking back that was not carried out, and the desk's job with it.

    Raises:
        IssuanceError: no such request (UNBLOCK_UNKNOWN), or it is over (CONCURRENT_CHANGE).
    """
    request = find_unblock(unblocks, request_id)
    if request.state not in OPEN_STATES:
        raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, f"it is {request.state.value}")
    withdrawn = replace(request, state=UnblockState.WITHDRAWN)
    event = _event(request, AuditAction.UNBLOCK_WITHDRAWN, operator, at)
    unblocks.change(withdrawn, expected=request.state, event=event)
    kept = jobs.find(request.id)
    if kept is not None and kept.state == OrderState.OPEN:
        cancel_order(jobs, request.id, at)


def show_unblock_code(
    unblocks: UnblockStore,
    secrets: CardSecrets,
    request_id: str,
    *,
    operator: str,
    at: datetime,
    again: bool = False,
) -> str:
    """Return the code that the card took, once, to the officer who approved it.

    Args:
        unblocks: the requests.
        secrets: derive the code.
        request_id: which one.
        operator: who is shown the code.
        at: the instant.
        again: the first slip was lost; is in the audit as such.

    Raises:
        IssuanceError: no such request (UNBLOCK_UNKNOWN), another officer's (ACCESS_DENIED), not
            carried out, or shown before without ``again`` (ILLEGAL_TRANSITION).
    """
    request = find_unblock(unblocks, request_id)
    if request.decided_by != operator:
        raise IssuanceError(ReasonCode.ACCESS_DENIED, "the code is shown to whoever approved it")
    allowed = (UnblockState.DONE, UnblockState.SHOWN) if again else (UnblockState.DONE,)
    if request.state not in allowed:
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, f"it is {request.state.value}")
    facts: AuditFacts = {"again": request.state is UnblockState.SHOWN, "unblock": request.id}
    event = AuditEvent(
        require_utc(at), operator, AuditAction.CARD_CODE_SHOWN, str(request.guid), facts
    )
    shown = replace(request, state=UnblockState.SHOWN)
    unblocks.change(shown, expected=request.state, event=event)
    # only once the event is committed
    return secrets.unblock_pin(request.guid, UUID(request.id))


def finish_unblock(
    unblocks: UnblockStore,
    request: UnblockRequest,
    state: UnblockState,
    *,
    agent: str,
    at: datetime,
    reason: ReasonCode | None = None,
) -> None:
    """Note what came of an approved unblocking at the desk.

    Raises:
        IssuanceError: somebody took it back in between (CONCURRENT_CHANGE).
    """
    done = state is UnblockState.DONE
    action = AuditAction.UNBLOCK_DONE if done else AuditAction.UNBLOCK_FAILED
    facts: AuditFacts = {"unblock": request.id, "agent": agent}
    if reason is not None:
        facts["reason"] = reason.value
    event = AuditEvent(require_utc(at), agent, action, str(request.guid), facts)
    unblocks.change(replace(request, state=state), expected=UnblockState.APPROVED, event=event)


def find_unblock(unblocks: UnblockStore, request_id: str) -> UnblockRequest:
    """Return a request.

    Raises:
        IssuanceError: there is none (UNBLOCK_UNKNOWN).
    """
    request = unblocks.find(request_id)
    if request is None:
        raise IssuanceError(ReasonCode.UNBLOCK_UNKNOWN, "no such unblocking")
    return request


def require_unblockable(state: CardState) -> None:
    """Accept a card that its holder may use.

    Raises:
        IssuanceError: ILLEGAL_TRANSITION.
    """
    if state not in UNBLOCKABLE:
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, f"the card is {state.value}")


def _require_second_person(request: UnblockRequest, operator: str) -> None:
    if is_same_operator(operator, request.requested_by):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "another person decides than who asked")


def _decided(
    request: UnblockRequest, state: UnblockState, operator: str, at: datetime
) -> UnblockRequest:
    return replace(request, state=state, decided_by=operator, decided_at=require_utc(at))


def _event(request: UnblockRequest, action: AuditAction, operator: str, at: datetime) -> AuditEvent:
    return AuditEvent(require_utc(at), operator, action, str(request.guid), {"unblock": request.id})

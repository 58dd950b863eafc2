"""The queue of requests: received, acknowledged, decided and acted on, closed, each in its time.

Spec: Decree 356/2025/NĐ-CP: acknowledge within 2 working days, act within 15 days, extend once by
15 days with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.operator_key import is_same_operator
from cardsvc.privacy_records import OPEN_STATES, PrivacyRequest, RequestKind, RequestState
from issuance.privacy.erasure import erase_person
from issuance.privacy.ports import PrivacyStore, PrivacyTransaction
from issuance.privacy.retention_rules import RetentionRule
from issuance.privacy.working_days import WorkingDays
from issuance.stock.serials import require_code

ACKNOWLEDGE_WORKING_DAYS = 2
ACT_DAYS = 15
EXTENSION_DAYS = 15


@dataclass(frozen=True, slots=True)
class RequestDesk:
    """Works off requests.

    Args:
        store: the records.
        calendar: which days count.
        holder_rule: how long people have to be kept.
    """

    store: PrivacyStore
    calendar: WorkingDays
    holder_rule: RetentionRule

    def receive(
        self, request_id: str, holder_id: str, kind: RequestKind, *, operator: str, at: datetime
    ) -> PrivacyRequest:
        """Take a request in; the days run from the next one on.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN), or there is such a request
                (CONCURRENT_CHANGE).
        """
        at = require_utc(at)
        day = _day(at)
        request = PrivacyRequest(
            id=request_id,
            holder_id=holder_id,
            kind=kind,
            state=RequestState.RECEIVED,
            received_at=at,
            received_by=operator,
            acknowledge_by=self.calendar.after(day, ACKNOWLEDGE_WORKING_DAYS),
            act_by=day + timedelta(days=ACT_DAYS),
        )
        with self.store.transaction() as unit:
            unit.add_request(request)
            _record(unit, request, AuditAction.PRIVACY_RECEIVED, operator, at)
        return request

    def acknowledge(self, request_id: str, *, operator: str, at: datetime) -> PrivacyRequest:
        """Tell the person that the request is being worked on.

        Raises:
            IssuanceError: unknown, or not just received (ILLEGAL_TRANSITION).
        """
        at = require_utc(at)
        with self.store.transaction() as unit:
            request = _in(unit.request(request_id), RequestState.RECEIVED)
            changed = replace(request, state=RequestState.ACKNOWLEDGED, acknowledged_at=at)
            unit.save_request(changed)
            _record(unit, changed, AuditAction.PRIVACY_ACKNOWLEDGED, operator, at)
        return changed

    def extend(
        self, request_id: str, *, reason: str, operator: str, at: datetime
    ) -> PrivacyRequest:
        """Take 15 days more, once, while the request is not overdue.

        Raises:
            IssuanceError: unknown, not acknowledged, extended before, or overdue
                (ILLEGAL_TRANSITION).
            Malformed: the reason is no code.
        """
        at = require_utc(at)
        require_code(reason)
        with self.store.transaction() as unit:
            request = _in(unit.request(request_id), RequestState.ACKNOWLEDGED)
            if request.extension or request.overdue(_day(at)):
                raise IssuanceError(
                    ReasonCode.ILLEGAL_TRANSITION, "extended before, or too late to extend"
                )
            act_by = request.act_by + timedelta(days=EXTENSION_DAYS)
            changed = replace(request, act_by=act_by, extension=reason)
            unit.save_request(changed)
            _record(unit, changed, AuditAction.PRIVACY_EXTENDED, operator, at)
        return changed

    def grant(self, request_id: str, *, operator: str, at: datetime) -> PrivacyRequest:
        """Decide for the person and act in the same transaction.

        A restriction, or a consent withdrawn, restricts the person's data at once; an erasure
        erases it, and needs a second person. Access and correction are acted on by the export
        and the registry.

        Raises:
            IssuanceError: unknown, decided already or not acknowledged (ILLEGAL_TRANSITION); the
                erasure is decided by whoever took it in (SAME_OPERATOR), or something stands
                against it (ERASURE_HELD).
        """
        at = require_utc(at)
        with self.store.transaction() as unit:
            request = _in(unit.request(request_id), RequestState.ACKNOWLEDGED)
            if request.kind is RequestKind.ERASURE:
                if is_same_operator(operator, request.received_by):
                    raise IssuanceError(ReasonCode.SAME_OPERATOR, "erasure needs two people")
                erase_person(unit, request.holder_id, self.holder_rule, operator=operator, at=at)
            if request.kind in (RequestKind.RESTRICTION, RequestKind.CONSENT_WITHDRAWAL):
                unit.restrict(request.holder_id, at)
            changed = replace(
                request, state=RequestState.GRANTED, decided_at=at, decided_by=operator
            )
            unit.save_request(changed)
            _record(unit, changed, AuditAction.PRIVACY_GRANTED, operator, at)
        return changed

    def refuse(
        self, request_id: str, *, reason: str, operator: str, at: datetime
    ) -> PrivacyRequest:
        """Decide against the person, with the code of a reason.

        Raises:
            IssuanceError: unknown, decided already or not acknowledged (ILLEGAL_TRANSITION).
            Malformed: the reason is no code.
        """
        at = require_utc(at)
        require_code(reason)
        with self.store.transaction() as unit:
            request = _in(unit.request(request_id), RequestState.ACKNOWLEDGED)
            changed = replace(
                request,
                state=RequestState.REFUSED,
                decided_at=at,
                decided_by=operator,
                reason=reason,
            )
            unit.save_request(changed)
            _record(unit, changed, AuditAction.PRIVACY_REFUSED, operator, at)
        return changed

    def close(self, request_id: str, *, operator: str, at: datetime) -> PrivacyRequest:
        """Note that the person was answered.

        Raises:
            IssuanceError: unknown, not decided, or closed (ILLEGAL_TRANSITION).
        """
        at = require_utc(at)
        with self.store.transaction() as unit:
            request = unit.request(request_id)
            request = _in(request, RequestState.GRANTED, RequestState.REFUSED)
            changed = replace(request, state=RequestState.CLOSED, closed_at=at)
            unit.save_request(changed)
            _record(unit, changed, AuditAction.PRIVACY_CLOSED, operator, at)
        return changed

    def lift_restriction(self, holder_id: str, *, operator: str, at: datetime) -> bool:
        """Let a person's data be used again; tell whether it was restricted."""
        at = require_utc(at)
        with self.store.transaction() as unit:
            lifted = unit.lift_restriction(holder_id)
            if lifted:
                action = AuditAction.PRIVACY_RESTRICTION_LIFTED
                unit.record(AuditEvent(at, operator, action, holder_id))
        return lifted


def _day(at: datetime) -> date:
    return at.astimezone(VIETNAM_TIME).date()


def _in(request: PrivacyRequest, *states: RequestState) -> PrivacyRequest:
    if request.state not in states:
        open_or_not = "open" if request.state in OPEN_STATES else "decided"
        raise IssuanceError(
            ReasonCode.ILLEGAL_TRANSITION, f"the request is {request.state.value}, {open_or_not}"
        )
    return request


def _record(
    unit: PrivacyTransaction,
    request: PrivacyRequest,
    action: AuditAction,
    operator: str,
    at: datetime,
) -> None:
    facts: AuditFacts = {
        "holder": request.holder_id,
        "kind": request.kind.value,
        "act_by": request.act_by.isoformat(),
        "reason": request.reason or request.extension or None,
    }
    unit.record(AuditEvent(at, operator, action, request.id, facts))

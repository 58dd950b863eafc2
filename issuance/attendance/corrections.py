"""Corrections: a forgotten tap or an absence, asked for by one person and approved by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from cardsvc.attendance_records import Absence, Correction, CorrectionKind, CorrectionState
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.operator_key import is_same_operator, operator_key
from issuance.attendance.ports import CorrectionStore

_LONGEST = timedelta(days=366)


def correct_tap(
    store: CorrectionStore,
    holder_id: str,
    *,
    correction_id: str,
    kind: CorrectionKind,
    tapped_at: datetime,
    operator: str,
    at: datetime,
) -> Correction:
    """Ask for a tap that was forgotten.

    Args:
        store: keeps it.
        holder_id: whose.
        correction_id: a fresh opaque identifier.
        kind: IN or OUT.
        tapped_at: when it should have been.
        operator: who asks.
        at: the instant.

    Raises:
        Malformed: it lies in the future, or is an absence (MALFORMED_MESSAGE).
        IssuanceError: there is no such person (HOLDER_UNKNOWN).
    """
    at, tapped_at = require_utc(at), require_utc(tapped_at)
    if kind is CorrectionKind.ABSENCE or tapped_at > at:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a tap that was forgotten lies in the past")
    day = tapped_at.astimezone(VIETNAM_TIME).date()
    asked = Correction(
        correction_id, holder_id, kind, day, day, tapped_at, None, operator_key(operator), at
    )
    return _add(store, asked)


def report_absence(
    store: CorrectionStore,
    holder_id: str,
    *,
    correction_id: str,
    absence: Absence,
    days: tuple[date, date],
    operator: str,
    at: datetime,
) -> Correction:
    """Ask for days of absence to count as what they are.

    Args:
        store: keeps it.
        holder_id: whose.
        correction_id: a fresh opaque identifier.
        absence: why.
        days: the first and the last, both Vietnam's dates and both included.
        operator: who asks.
        at: the instant.

    Raises:
        Malformed: the days are out of order, or more than a year (MALFORMED_MESSAGE).
        IssuanceError: there is no such person (HOLDER_UNKNOWN).
    """
    first, last = days
    if not timedelta(0) <= last - first <= _LONGEST:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "an absence has a first and a last day")
    asked = Correction(
        correction_id,
        holder_id,
        CorrectionKind.ABSENCE,
        first,
        last,
        None,
        absence,
        operator_key(operator),
        require_utc(at),
    )
    return _add(store, asked)


def decide_correction(
    store: CorrectionStore, correction_id: str, *, approve: bool, operator: str, at: datetime
) -> Correction:
    """Approve or reject a correction; who asked for it approves nothing.

    Raises:
        IssuanceError: unknown (CORRECTION_UNKNOWN), decided before (ILLEGAL_TRANSITION), or the
            same person asked (SAME_OPERATOR).
    """
    asked = store.find(correction_id)
    if asked.state is not CorrectionState.REQUESTED:
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the correction was decided before")
    if approve and is_same_operator(operator, asked.requested_by):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "somebody else approves a correction")
    state = CorrectionState.APPROVED if approve else CorrectionState.REJECTED
    decided = replace(
        asked, state=state, decided_by=operator_key(operator), decided_at=require_utc(at)
    )
    action = AuditAction.ATTENDANCE_APPROVED if approve else AuditAction.ATTENDANCE_REJECTED
    store.change(decided, _event(decided, action, operator_key(operator), require_utc(at)))
    return decided


def _add(store: CorrectionStore, asked: Correction) -> Correction:
    action = AuditAction.ATTENDANCE_CORRECTION
    store.add(asked, _event(asked, action, asked.requested_by, asked.requested_at))
    return asked


def _event(about: Correction, action: AuditAction, actor: str, at: datetime) -> AuditEvent:
    # the days say enough; why somebody was away is personal data
    facts: AuditFacts = {
        "holder": about.holder_id,
        "kind": about.kind.value,
        "first_day": about.first_day.isoformat(),
        "last_day": about.last_day.isoformat(),
    }
    return AuditEvent(at, actor, action, about.id, facts)

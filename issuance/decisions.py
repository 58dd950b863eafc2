"""Approval of many applications under one decision number, each by the rules of a single one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.decision_records import ApprovalDecision
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.operator_key import operator_key
from issuance.approve import approve_in
from issuance.ports import IssuanceStore

_NUMBER = re.compile(r"[0-9]{1,6}[A-ZĐa-zđ]?/[0-9A-ZĐÂÊÔƠƯĂ&-]+(/[0-9A-ZĐÂÊÔƠƯĂ&-]+)*")
_MOST_CHARACTERS = 60
_MOST_SIGNER = 120


@dataclass(frozen=True, slots=True)
class Refused:
    """An application that could not be approved with the others."""

    application_id: str
    reason: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class ApprovedTogether:
    """What became of a batch approval.

    Args:
        decision: as it is kept.
        approved: the applications that are approved under it now.
        refused: the rest, and why.
    """

    decision: ApprovalDecision
    approved: tuple[str, ...]
    refused: tuple[Refused, ...]


def make_decision(
    decision_id: str,
    *,
    number: str,
    decided_on: date,
    signer: str,
    operator: str,
    at: datetime,
) -> ApprovalDecision:
    """Return a decision of the form that Decree 30/2020/NĐ-CP appendix I gives its number.

    Raises:
        Malformed: the number has another form, the day is in the future, or nobody signed
            (MALFORMED_MESSAGE).
    """
    number, signer = "".join(number.split()), " ".join(signer.split())
    if len(number) > _MOST_CHARACTERS or _NUMBER.fullmatch(number) is None:
        _refuse("a decision's number is written as 123/QĐ-SNV")
    if decided_on > require_utc(at).astimezone(VIETNAM_TIME).date():
        _refuse("a decision is not dated in the future")
    if not 0 < len(signer) <= _MOST_SIGNER or not signer.isprintable():
        _refuse("a decision is signed by somebody")
    return ApprovalDecision(
        decision_id, number, decided_on, signer, operator_key(operator), require_utc(at)
    )


def _refuse(what: str) -> None:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, what)


def approve_together(
    store: IssuanceStore,
    decision: ApprovalDecision,
    application_ids: Sequence[str],
    *,
    at: datetime,
) -> ApprovedTogether:
    """Approve applications under a decision, each in a transaction of its own.

    The operator who recorded the decision is the approver. The same call again approves what is
    left and changes nothing else.

    Args:
        store: the records.
        decision: made by ``make_decision``; one that is kept under number and day is used.
        application_ids: which; a repeated one counts once.
        at: the instant.

    Raises:
        IssuanceError: another decision has this number and day (CONCURRENT_CHANGE).
    """
    kept = _keep(store, decision)
    approved, refused = [], []
    for application_id in dict.fromkeys(application_ids):
        try:
            with store.transaction() as transaction:
                approve_in(
                    transaction,
                    application_id,
                    operator=decision.recorded_by,
                    at=at,
                    decision_id=kept.id,
                )
        except IssuanceError as error:
            refused.append(Refused(application_id, error.reason, str(error)))
        else:
            approved.append(application_id)
    return ApprovedTogether(kept, tuple(approved), tuple(refused))


def _keep(store: IssuanceStore, decision: ApprovalDecision) -> ApprovalDecision:
    with store.transaction() as transaction:
        kept = transaction.find_decision(decision.number, decision.decided_on)
        if kept is None:
            transaction.add_decision(decision)
            transaction.record(
                AuditEvent(
                    decision.recorded_at,
                    decision.recorded_by,
                    AuditAction.DECISION_RECORDED,
                    decision.id,
                    {"number": decision.number, "decided_on": decision.decided_on.isoformat()},
                )
            )
            return decision
    if (kept.signer, kept.recorded_by) != (decision.signer, decision.recorded_by):
        raise IssuanceError(
            ReasonCode.CONCURRENT_CHANGE, "a decision of this number and day is on record"
        )
    return kept

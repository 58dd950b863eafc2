"""Running a batch: card by card, each once, and only those that are as the plan saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.batch_records import (
    Batch,
    BatchAction,
    BatchKind,
    BatchState,
    BatchStep,
    StepState,
)
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.operator_key import operator_key
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import ApplicationKind, SuspensionCause, WithdrawalCause
from issuance.batches.plan import moved
from issuance.batches.ports import BatchStore, BatchTransaction
from issuance.enrol import CardRequest, ask_for_card
from issuance.lifecycle.end import end_card
from issuance.lifecycle.hold import lock_card

_NAMESPACE = UUID("3f7c1f58-7f0e-5c0a-9d52-2a2f4f0b8c60")
"""Ours: a batch asks for a card's successor under the same identifier however often it is run."""
_AT_ONCE = 200

_CAUSES = {
    BatchKind.RETIREMENT: WithdrawalCause.RETIRED,
    BatchKind.LEAVING: WithdrawalCause.LEFT,
}


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What this run did.

    Args:
        batch: as it stands now.
        done: how many cards this run changed.
        left_out: cards that were not as planned, and why; the rest was done all the same.
    """

    batch: Batch
    done: int
    left_out: Mapping[CardGuid, ReasonCode]


def run_batch(store: BatchStore, batch_id: str, *, operator: str, at: datetime) -> BatchReport:
    """Do what was planned; after a crash the same call does the rest.

    Each card is changed in a transaction of its own, together with the note that it was done, so
    that none is changed twice, whoever runs the batch at the same time.

    Args:
        store: the records.
        batch_id: which.
        operator: who runs it; counts as the requester of new cards.
        at: the instant.

    Raises:
        IssuanceError: no such batch (BATCH_UNKNOWN), or it was cancelled (ILLEGAL_TRANSITION).
    """
    batch = begin_batch(store, batch_id, operator=operator, at=at)
    at = require_utc(at)
    done, left_out = 0, dict[CardGuid, ReasonCode]()
    while guids := _planned(store, batch_id):
        for guid in guids:
            step = _take(store, batch, guid, at)
            if step is not None and step.reason is not None:
                left_out[guid] = step.reason
            elif step is not None:
                done += 1
    return BatchReport(_finish(store, batch_id, at), done, left_out)


def begin_batch(store: BatchStore, batch_id: str, *, operator: str, at: datetime) -> Batch:
    """Note that a batch is being run, and by whom; ``run_batch`` does it. Twice is once.

    Raises:
        IssuanceError: no such batch (BATCH_UNKNOWN), or it was cancelled (ILLEGAL_TRANSITION).
    """
    at, by = require_utc(at), operator_key(operator)
    with store.transaction() as transaction:
        batch = transaction.batch(batch_id)
        if batch.state is BatchState.CANCELLED:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the batch was cancelled")
        if batch.state is not BatchState.PLANNED:
            return batch
        batch = replace(batch, state=BatchState.RUNNING, run_by=by)
        transaction.save_batch(batch)
        transaction.record(AuditEvent(at, by, AuditAction.BATCH_STARTED, batch_id))
    return batch


def _planned(store: BatchStore, batch_id: str) -> tuple[CardGuid, ...]:
    with store.transaction() as transaction:
        return tuple(transaction.planned_steps(batch_id, _AT_ONCE))


def _take(store: BatchStore, batch: Batch, guid: CardGuid, at: datetime) -> BatchStep | None:
    """Do one step, and return it; None where another process was faster.

    What can't be done is noted, and stops nothing.
    """
    try:
        with store.transaction() as transaction:
            step = transaction.batch_step(batch.id, guid)
            if step.state is not StepState.PLANNED:
                return None
            done = _do(transaction, batch, step, at)
            transaction.save_batch_step(batch.id, done)
    except IssuanceError as error:
        return _refuse(store, batch, guid, error.reason)
    return done


def _refuse(
    store: BatchStore, batch: Batch, guid: CardGuid, reason: ReasonCode
) -> BatchStep | None:
    with store.transaction() as transaction:
        step = transaction.batch_step(batch.id, guid)
        if step.state is not StepState.PLANNED:
            return None
        refused = replace(step, state=StepState.REFUSED, reason=reason)
        transaction.save_batch_step(batch.id, refused)
    return refused


def _do(transaction: BatchTransaction, batch: Batch, step: BatchStep, at: datetime) -> BatchStep:
    card = transaction.card(step.guid)
    holder = transaction.application(card.application_id).holder
    if (card.version, holder.version) != (step.card_version, step.holder_version):
        return replace(step, state=StepState.CHANGED, reason=ReasonCode.CONCURRENT_CHANGE)
    by = batch.run_by or batch.planned_by
    application_id = None
    if step.action is BatchAction.REPLACE:
        application_id = _replace(transaction, batch, card, operator=by, at=at)
    elif step.action is BatchAction.SUSPEND:
        leave = Suspension(SuspensionCause.LEAVE, batch.order.until)
        lock_card(transaction, card, leave, operator=by, at=at)
    elif step.action is BatchAction.REVOKE:
        end_card(transaction, card, _CAUSES[batch.order.kind], operator=by, at=at)
    facts: AuditFacts = {"batch": batch.id, "action": step.action.value}
    transaction.record(AuditEvent(at, by, AuditAction.BATCH_STEP, str(step.guid), facts))
    return replace(step, state=StepState.DONE, application_id=application_id)


def _replace(
    transaction: BatchTransaction, batch: Batch, card: CardRecord, *, operator: str, at: datetime
) -> str:
    holder = transaction.application(card.application_id).holder
    post, new = holder.employment, batch.order.post
    if post is None or new is None:
        raise IssuanceError(ReasonCode.APPLICATION_INCOMPLETE, "employment")
    asked = CardRequest(
        str(uuid5(_NAMESPACE, f"{batch.id}:{card.guid}")),
        card.card_type,
        replace(holder, employment=moved(post, new)),
        ApplicationKind.REPLACE_CHANGED,
        replaces=card.guid,
    )
    return ask_for_card(transaction, asked, operator=operator, at=at).id


def _finish(store: BatchStore, batch_id: str, at: datetime) -> Batch:
    with store.transaction() as transaction:
        batch = transaction.batch(batch_id)
        counts = transaction.step_counts(batch_id)
        if batch.state is not BatchState.RUNNING or counts.get(StepState.PLANNED, 0):
            return batch
        batch = replace(batch, state=BatchState.FINISHED, finished_at=at)
        transaction.save_batch(batch)
        facts: AuditFacts = {state.value: count for state, count in counts.items()}
        by = batch.run_by or batch.planned_by
        transaction.record(AuditEvent(at, by, AuditAction.BATCH_FINISHED, batch_id, facts))
    return batch

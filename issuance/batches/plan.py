"""The plan of a batch: what happens to which card, who is left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.batch_records import (
    Batch,
    BatchAction,
    BatchKind,
    BatchOrder,
    BatchState,
    BatchStep,
    Exclusion,
    NewPost,
    Selection,
    TouchedCard,
)
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import HANDED_OVER_STATES, CardState
from cardsvc.operator_key import operator_key
from cardsvc.records import Employment
from cardsvc.terms import SuspensionCause
from issuance.batches.ports import BatchStore


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What would be done; nothing has been.

    Args:
        batch: the batch, PLANNED.
        steps: every card that is looked at, by GUID.
    """

    batch: Batch
    steps: tuple[BatchStep, ...]

    @property
    def counts(self) -> Mapping[BatchAction, int]:
        """How many cards each action has."""
        return Counter(step.action for step in self.steps)


def moved(post: Employment, new: NewPost) -> Employment:
    """Return a post as it is after a move; what the move does not name stays."""
    return replace(
        post,
        agency_code=new.agency_code,
        agency_name=new.agency_name,
        unit_name=post.unit_name if new.unit_name is None else new.unit_name,
        position=post.position if new.position is None else new.position,
    )


def plan_card(
    order: BatchOrder, card: TouchedCard, at: datetime
) -> tuple[BatchAction, Exclusion | None]:
    """Return what is to be done to one card, or why nothing is.

    Args:
        order: what happened.
        card: as it stands.
        at: the instant of the plan.
    """
    excluded = _excluded(order, card, at)
    if excluded is not None:
        return BatchAction.NOTHING, excluded
    if order.kind is BatchKind.LEAVE:
        return BatchAction.SUSPEND, None
    if order.kind in {BatchKind.RETIREMENT, BatchKind.LEAVING}:
        return BatchAction.REVOKE, None
    return BatchAction.REPLACE, None


def _excluded(order: BatchOrder, card: TouchedCard, at: datetime) -> Exclusion | None:
    if card.state not in HANDED_OVER_STATES:
        return Exclusion.NOT_HANDED_OVER
    if order.kind in {BatchKind.RETIREMENT, BatchKind.LEAVING}:
        return None  # whatever else is true of it, it ends
    if order.kind is BatchKind.LEAVE:
        return None if card.state is CardState.ACTIVE else Exclusion.NOT_ACTIVE
    return _excluded_from_move(order, card, at)


def _excluded_from_move(order: BatchOrder, card: TouchedCard, at: datetime) -> Exclusion | None:
    post, new = card.employment, order.post
    if post is None or new is None or moved(post, new) == post:
        return Exclusion.DATA_UNCHANGED
    if card.expires_at < at:
        return Exclusion.EXPIRED
    if card.suspension_cause is SuspensionCause.LOSS:
        return Exclusion.REPORTED_LOST
    if card.suspension_cause is SuspensionCause.INVESTIGATION:
        return Exclusion.UNDER_INVESTIGATION
    return Exclusion.APPLICATION_OPEN if card.application_open else None


def plan_batch(
    store: BatchStore,
    *,
    batch_id: str,
    order: BatchOrder,
    selection: Selection,
    operator: str,
    at: datetime,
) -> BatchPlan:
    """Compute and keep what a batch would do; show it, then run or cancel it.

    Args:
        store: the records.
        batch_id: a fresh opaque identifier.
        order: what happened.
        selection: to whom.
        operator: who plans.
        at: the instant.

    Raises:
        IssuanceError: the identifier is in use (CONCURRENT_CHANGE); the day of return is past
            (ILLEGAL_TRANSITION).
    """
    at, by = require_utc(at), operator_key(operator)
    if order.until is not None and require_utc(order.until) <= at:
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the day of return is past")
    batch = Batch(batch_id, order, by, at)
    with store.transaction() as transaction:
        steps = _steps(order, transaction.touched_cards(selection), at)
        plan = BatchPlan(batch, steps)
        transaction.add_batch(batch, steps)
        transaction.record(
            AuditEvent(
                at,
                by,
                AuditAction.BATCH_PLANNED,
                batch_id,
                {"kind": order.kind.value}
                | {action.value: plan.counts.get(action, 0) for action in BatchAction},
            )
        )
    return plan


def _steps(order: BatchOrder, cards: Sequence[TouchedCard], at: datetime) -> tuple[BatchStep, ...]:
    steps = []
    for card in cards:
        action, exclusion = plan_card(order, card, at)
        steps.append(
            BatchStep(
                card.guid, card.holder_id, card.version, card.holder_version, action, exclusion
            )
        )
    return tuple(steps)


def cancel_batch(store: BatchStore, batch_id: str, *, operator: str, at: datetime) -> Batch:
    """Give a plan up. Twice is once.

    Raises:
        IssuanceError: no such batch (BATCH_UNKNOWN); it was run already (ILLEGAL_TRANSITION).
    """
    at, by = require_utc(at), operator_key(operator)
    with store.transaction() as transaction:
        batch = transaction.batch(batch_id)
        if batch.state is BatchState.CANCELLED:
            return batch
        if batch.state is not BatchState.PLANNED:
            raise IssuanceError(
                ReasonCode.ILLEGAL_TRANSITION, f"the batch is {batch.state.value} already"
            )
        cancelled = replace(batch, state=BatchState.CANCELLED)
        transaction.save_batch(cancelled)
        transaction.record(AuditEvent(at, by, AuditAction.BATCH_CANCELLED, batch_id))
    return cancelled

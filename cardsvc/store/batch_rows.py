"""Batches, within an issuance transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import contains_eager

from cardsvc.batch_records import (
    Batch,
    BatchAction,
    BatchOrder,
    BatchStep,
    NewPost,
    Selection,
    StepState,
    TouchedCard,
)
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ENDED_STATES, OPEN_APPLICATIONS
from cardsvc.store.holder_mapping import read_employment
from cardsvc.store.schema import ApplicationRow, BatchRow, BatchStepRow, CardRow, HolderRow
from cardsvc.store.unit_of_work import UnitOfWork
from cardsvc.terms import CardType

_AT_ONCE = 500
"""Parameters of one query; older SQLite takes 999 at most."""


class BatchRows(UnitOfWork):
    """The part of a transaction that knows of batches."""

    def touched_cards(self, selection: Selection) -> Sequence[TouchedCard]:
        """Return the civil servants' cards that have not ended, by GUID.

        Raises:
            Malformed: a holder's agency code is none.
        """
        found = [card for condition in _chosen(selection) for card in self._touched(condition)]
        return sorted(found, key=lambda card: card.guid.octets)

    def _touched(self, condition: ColumnElement[bool]) -> Iterator[TouchedCard]:
        is_open = exists().where(
            ApplicationRow.holder_id == CardRow.holder_id,
            ApplicationRow.card_type == CardRow.card_type,
            ApplicationRow.state.in_(OPEN_APPLICATIONS),
        )
        query = (
            select(CardRow, is_open)
            .join(CardRow.holder)
            .options(contains_eager(CardRow.holder))
            .where(
                condition,
                CardRow.card_type == CardType.CIVIL_SERVANT,
                CardRow.state.not_in(ENDED_STATES),
            )
            .execution_options(populate_existing=True)
        )
        for card, application_open in self._session.execute(query):
            yield TouchedCard(
                guid=card.guid,
                version=card.version,
                state=card.state,
                expires_at=card.expires_at,
                suspension_cause=card.suspension_cause,
                holder_id=card.holder_id,
                holder_version=card.holder.version,
                employment=read_employment(card.holder),
                application_open=application_open,
            )

    def add_batch(self, batch: Batch, steps: Sequence[BatchStep]) -> None:
        """Insert a plan.

        Raises:
            IssuanceError: the identifier is in use (CONCURRENT_CHANGE).
        """
        if self._session.get(BatchRow, batch.id) is not None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the identifier is another batch's")
        row = BatchRow(
            id=batch.id,
            kind=batch.order.kind,
            post=_post_columns(batch.order.post),
            until=batch.order.until,
            planned_by=batch.planned_by,
            planned_at=batch.planned_at,
        )
        _write(row, batch)
        self._session.add(row)
        self._session.flush()
        self._session.add_all([_step_row(batch.id, step) for step in steps])
        self._session.flush()

    def batch(self, batch_id: str) -> Batch:
        """Return a batch, locked for this transaction.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        return read_batch(self._batch_row(batch_id))

    def save_batch(self, batch: Batch) -> None:
        """Write a batch's state, who ran it and when it was finished.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        _write(self._batch_row(batch.id), batch)
        self._session.flush()

    def planned_steps(self, batch_id: str, limit: int) -> Sequence[CardGuid]:
        """Return cards to which something is still to be done, by GUID."""
        query = select(BatchStepRow.guid).where(
            BatchStepRow.batch_id == batch_id,
            BatchStepRow.state == StepState.PLANNED,
            BatchStepRow.action != BatchAction.NOTHING,
        )
        return self._session.scalars(query.order_by(BatchStepRow.guid).limit(limit)).all()

    def step_counts(self, batch_id: str) -> Mapping[StepState, int]:
        """Return how many cards to which something was to be done are in which state."""
        query = (
            select(BatchStepRow.state, func.count().label("cards"))
            .where(BatchStepRow.batch_id == batch_id, BatchStepRow.action != BatchAction.NOTHING)
            .group_by(BatchStepRow.state)
        )
        return {row.state: row.cards for row in self._session.execute(query)}

    def batch_step(self, batch_id: str, guid: CardGuid) -> BatchStep:
        """Return a step, locked for this transaction.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        return read_step(self._step_row(batch_id, guid))

    def save_batch_step(self, batch_id: str, step: BatchStep) -> None:
        """Write what became of a step.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        row = self._step_row(batch_id, step.guid)
        row.state = step.state
        row.reason = step.reason
        row.application_id = step.application_id
        self._session.flush()

    def _batch_row(self, batch_id: str) -> BatchRow:
        query = select(BatchRow).where(BatchRow.id == batch_id).with_for_update()
        row = self._session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise IssuanceError(ReasonCode.BATCH_UNKNOWN, "no such batch")
        return row

    def _step_row(self, batch_id: str, guid: CardGuid) -> BatchStepRow:
        here = and_(BatchStepRow.batch_id == batch_id, BatchStepRow.guid == guid)
        query = select(BatchStepRow).where(here).with_for_update()
        row = self._session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise IssuanceError(ReasonCode.BATCH_UNKNOWN, "no such card in this batch")
        return row


def _chosen(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.agency_code is not None:
        staff = HolderRow.agency_code == selection.agency_code.value
        unit = selection.unit_name
        yield staff if unit is None else and_(staff, HolderRow.unit_name == unit)
    holders = sorted(selection.holders)
    for start in range(0, len(holders), _AT_ONCE):
        yield HolderRow.id.in_(holders[start : start + _AT_ONCE])


def _write(row: BatchRow, batch: Batch) -> None:
    row.state = batch.state
    row.run_by = batch.run_by
    row.finished_at = batch.finished_at


def _post_columns(post: NewPost | None) -> dict[str, str | None] | None:
    if post is None:
        return None
    return {
        "agency_code": post.agency_code.value,
        "agency_name": post.agency_name,
        "unit_name": post.unit_name,
        "position": post.position,
    }


def _read_post(row: BatchRow) -> NewPost | None:
    if row.post is None:
        return None
    return NewPost(
        AgencyCode(row.post["agency_code"] or ""),
        row.post["agency_name"] or "",
        row.post["unit_name"],
        row.post["position"],
    )


def _step_row(batch_id: str, step: BatchStep) -> BatchStepRow:
    return BatchStepRow(
        batch_id=batch_id,
        guid=step.guid,
        holder_id=step.holder_id,
        card_version=step.card_version,
        holder_version=step.holder_version,
        action=step.action,
        exclusion=step.exclusion,
        state=step.state,
        reason=step.reason,
        application_id=step.application_id,
    )


def read_batch(row: BatchRow) -> Batch:
    """Return the batch that a row is."""
    return Batch(
        id=row.id,
        order=BatchOrder(row.kind, _read_post(row), row.until),
        planned_by=row.planned_by,
        planned_at=row.planned_at,
        state=row.state,
        run_by=row.run_by,
        finished_at=row.finished_at,
    )


def read_step(row: BatchStepRow) -> BatchStep:
    """Return the step that a row is."""
    return BatchStep(
        guid=row.guid,
        holder_id=row.holder_id,
        card_version=row.card_version,
        holder_version=row.holder_version,
        action=row.action,
        exclusion=row.exclusion,
        state=row.state,
        reason=row.reason,
        application_id=row.application_id,
    )

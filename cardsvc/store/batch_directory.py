"""Batches and their cards for the people who work with them, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, tuple_

from cardsvc.batch_records import Batch, BatchAction, BatchState, BatchStep, Exclusion, StepState
from cardsvc.card.guid import CardGuid
from cardsvc.store.batch_rows import read_batch, read_step
from cardsvc.store.engine import Database
from cardsvc.store.schema import BatchRow, BatchStepRow, HolderRow


class SqlBatchDirectory:
    """Lists batches, the latest first, and what they do to which card."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def batches(self, *, after: Batch | None = None, limit: int = 50) -> Sequence[Batch]:
        """Return batches, those after one that was listed before."""
        query = select(BatchRow).order_by(BatchRow.planned_at.desc(), BatchRow.id.desc())
        if after is not None:
            key = tuple_(BatchRow.planned_at, BatchRow.id)
            query = query.where(key < tuple_(after.planned_at, after.id))
        with self._database.reading() as session:
            return [read_batch(row) for row in session.scalars(query.limit(limit))]

    def running(self) -> Sequence[Batch]:
        """Return batches that somebody began to run and that have not ended."""
        query = select(BatchRow).where(BatchRow.state == BatchState.RUNNING)
        with self._database.reading() as session:
            return [read_batch(row) for row in session.scalars(query.order_by(BatchRow.planned_at))]

    def agencies(self, batch_ids: Sequence[str]) -> Mapping[str, frozenset[str | None]]:
        """Return of which agencies the people are whom batches touch, None for people of none."""
        query = (
            select(BatchStepRow.batch_id, HolderRow.agency_code)
            .join(HolderRow, HolderRow.id == BatchStepRow.holder_id)
            .where(BatchStepRow.batch_id.in_(batch_ids))
            .distinct()
        )
        found: dict[str, set[str | None]] = {}
        with self._database.reading() as session:
            for batch_id, code in session.execute(query):
                found.setdefault(batch_id, set()).add(code)
        return {batch_id: frozenset(codes) for batch_id, codes in found.items()}

    def batch(self, batch_id: str) -> Batch | None:
        """Return a batch, or None."""
        with self._database.reading() as session:
            row = session.get(BatchRow, batch_id)
            return None if row is None else read_batch(row)

    def steps(
        self,
        batch_id: str,
        *,
        action: BatchAction | None = None,
        state: StepState | None = None,
        after: CardGuid | None = None,
        limit: int = 50,
    ) -> Sequence[BatchStep]:
        """Return a batch's cards by GUID, those after one that was listed before."""
        query = select(BatchStepRow).where(BatchStepRow.batch_id == batch_id)
        if action is not None:
            query = query.where(BatchStepRow.action == action)
        if state is not None:
            query = query.where(BatchStepRow.state == state)
        if after is not None:
            query = query.where(BatchStepRow.guid > after)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(BatchStepRow.guid).limit(limit))
            return [read_step(row) for row in rows]

    def counts(
        self, batch_id: str
    ) -> Mapping[tuple[BatchAction, Exclusion | None, StepState], int]:
        """Return how many cards have which action, are left out for what, and stand where."""
        columns = (BatchStepRow.action, BatchStepRow.exclusion, BatchStepRow.state)
        query = (
            select(*columns, func.count())
            .where(BatchStepRow.batch_id == batch_id)
            .group_by(*columns)
        )
        with self._database.reading() as session:
            return {
                (action, exclusion, state): count
                for action, exclusion, state, count in session.execute(query)
            }

"""Personalisation jobs: what a desk was given to do, so that it survives a restart.

They also carry orders from the command line to the serving process. A plan may hold the holder's
photo, so it is sealed at rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from cardsvc.access_records import PersonalisationJob
from cardsvc.desk_records import JobProgress, JobStage
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.engine import Database
from cardsvc.store.job_progress import (
    changed_jobs,
    last_change,
    note_progress,
    read_progress,
)
from cardsvc.store.schema import PersonalisationJobRow
from cardsvc.store.sealed import Sealer


class SqlJobStore:
    """Keeps personalisation jobs. A card's own events are in the audit log; jobs need none.

    Args:
        database: migrated.
        sealer: seals and opens plans.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def add(self, job: PersonalisationJob) -> None:
        """Keep a new job; it waits for its agent.

        Raises:
            StoreError: the identifier is in use, or there is no such application or card
                (CONCURRENT_CHANGE).
        """
        plan = json.dumps(dict(job.plan), ensure_ascii=False, separators=(",", ":"))
        with self._database.writing() as session:
            session.add(
                PersonalisationJobRow(
                    id=job.id,
                    application_id=job.application_id,
                    agent=job.agent,
                    operator=job.operator,
                    state=job.state,
                    plan_sealed=self._sealer.seal(plan, _place(job.id)),
                    created_at=job.created_at,
                    updated_at=job.updated_at,
                    kind=job.kind,
                    guid=job.guid,
                )
            )
            session.flush()
            note_progress(session, job.id, JobStage.WAITING_AGENT, None, job.created_at)

    def find(self, job_id: str) -> PersonalisationJob | None:
        """Return a job, or None.

        Raises:
            StoreError: its plan does not open (RECORD_CORRUPT).
        """
        with self._database.reading() as session:
            row = session.get(PersonalisationJobRow, job_id)
            return None if row is None else self._job(row)

    def in_state(self, state: str) -> Sequence[PersonalisationJob]:
        """Return the jobs in a state, oldest first."""
        query = (
            select(PersonalisationJobRow)
            .where(PersonalisationJobRow.state == state)
            .order_by(PersonalisationJobRow.created_at, PersonalisationJobRow.id)
        )
        with self._database.reading() as session:
            return [self._job(row) for row in session.scalars(query)]

    def next_job(self, agent: str, state: str) -> PersonalisationJob | None:
        """Return an agent's oldest job in a state, or None."""
        query = (
            select(PersonalisationJobRow)
            .where(PersonalisationJobRow.agent == agent, PersonalisationJobRow.state == state)
            .order_by(PersonalisationJobRow.created_at, PersonalisationJobRow.id)
            .limit(1)
        )
        with self._database.reading() as session:
            row = session.scalar(query)
            return None if row is None else self._job(row)

    def note(
        self, job_id: str, stage: JobStage, at: datetime, reason: ReasonCode | None = None
    ) -> None:
        """Note how a job stands, for whoever watches it."""
        with self._database.writing() as session:
            note_progress(session, job_id, stage, reason, at)

    def progress(self, job_id: str) -> JobProgress | None:
        """Return how a job stands, or None where there is no such job."""
        with self._database.reading() as session:
            return read_progress(session, job_id)

    def changes(self, after: int, limit: int) -> Sequence[JobProgress]:
        """Return how the jobs stand that have changed after a cursor, in order of change."""
        with self._database.reading() as session:
            return changed_jobs(session, after, limit)

    def cursor(self) -> int:
        """Return the cursor after which nothing has changed yet."""
        with self._database.reading() as session:
            return last_change(session)

    def close(
        self,
        job_id: str,
        *,
        expected: str,
        state: str,
        at: datetime,
        reason: ReasonCode | None = None,
    ) -> None:
        """End a job that is still in the expected state, and forget its plan, photo and all.

        The state that a job ends in is its last stage, too.

        Raises:
            IssuanceError: unknown, or somebody moved it in between (CONCURRENT_CHANGE).
        """
        statement = (
            update(PersonalisationJobRow)
            .where(PersonalisationJobRow.id == job_id, PersonalisationJobRow.state == expected)
            .values(state=state, updated_at=at, plan_sealed=self._sealer.seal("{}", _place(job_id)))
            .returning(PersonalisationJobRow.id)
        )
        with self._database.writing() as session:
            if session.scalar(statement) is None:
                raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the job is not where it was")
            note_progress(session, job_id, JobStage(state), reason, at)

    def _job(self, row: PersonalisationJobRow) -> PersonalisationJob:
        plan = json.loads(self._sealer.open(row.plan_sealed, _place(row.id)))
        if not isinstance(plan, dict):
            raise StoreError(ReasonCode.RECORD_CORRUPT, "a job's plan is no object")
        return PersonalisationJob(
            id=row.id,
            application_id=row.application_id,
            agent=row.agent,
            operator=row.operator,
            state=row.state,
            plan=plan,
            created_at=row.created_at,
            updated_at=row.updated_at,
            kind=row.kind,
            guid=row.guid,
        )


def _place(job_id: str) -> str:
    return f"personalisation_jobs.plan:{job_id}"

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
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.engine import Database
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
        """Keep a new job.

        Raises:
            StoreError: the identifier is in use, or no such application (CONCURRENT_CHANGE).
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
                )
            )

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

    def close(self, job_id: str, *, expected: str, state: str, at: datetime) -> None:
        """End a job that is still in the expected state, and forget its plan, photo and all.

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
        )


def _place(job_id: str) -> str:
    return f"personalisation_jobs.plan:{job_id}"

"""Personalisation jobs: what a desk was given to do, so that it survives a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from cardsvc.access_records import PersonalisationJob
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.store.engine import Database
from cardsvc.store.schema import PersonalisationJobRow


class SqlJobStore:
    """Keeps personalisation jobs. A card's own events are in the audit log; jobs need none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: PersonalisationJob) -> None:
        """Keep a new job.

        Raises:
            StoreError: the identifier is in use, or no such card (CONCURRENT_CHANGE).
        """
        with self._database.writing() as session:
            session.add(
                PersonalisationJobRow(
                    id=job.id,
                    guid=job.guid,
                    agent=job.agent,
                    state=job.state,
                    plan=dict(job.plan),
                    created_at=job.created_at,
                    updated_at=job.updated_at,
                )
            )

    def find(self, job_id: str) -> PersonalisationJob | None:
        """Return a job, or None."""
        with self._database.reading() as session:
            row = session.get(PersonalisationJobRow, job_id)
            return None if row is None else _job(row)

    def of_agent(self, agent: str, state: str) -> Sequence[PersonalisationJob]:
        """Return an agent's jobs in a state, oldest first."""
        query = (
            select(PersonalisationJobRow)
            .where(PersonalisationJobRow.agent == agent, PersonalisationJobRow.state == state)
            .order_by(PersonalisationJobRow.created_at, PersonalisationJobRow.id)
        )
        with self._database.reading() as session:
            return [_job(row) for row in session.scalars(query)]

    def move(self, job_id: str, *, expected: str, state: str, at: datetime) -> None:
        """Change a job's state, if it is still the expected one.

        Raises:
            IssuanceError: unknown, or somebody moved it in between (CONCURRENT_CHANGE).
        """
        statement = (
            update(PersonalisationJobRow)
            .where(PersonalisationJobRow.id == job_id, PersonalisationJobRow.state == expected)
            .values(state=state, updated_at=at)
            .returning(PersonalisationJobRow.id)
        )
        with self._database.writing() as session:
            if session.scalar(statement) is None:
                raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the job is not where it was")


def _job(row: PersonalisationJobRow) -> PersonalisationJob:
    return PersonalisationJob(
        id=row.id,
        guid=row.guid,
        agent=row.agent,
        state=row.state,
        plan=row.plan,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )

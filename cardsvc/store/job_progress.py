"""How desk jobs stand, so that any process can show it, and a feed of the changes.

One row a job: a reader of the feed that comes late gets how things stand, not all that happened.
Changes are numbered under one lock, so that they commit in the order of their numbers and a
cursor skips none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cardsvc.desk_records import JobProgress, JobStage
from cardsvc.errors import ReasonCode
from cardsvc.store.schema import DESK_FEED_ID, DeskFeedRow, JobProgressRow
from cardsvc.store.upsert import upsert


def note_progress(
    session: Session, job_id: str, stage: JobStage, reason: ReasonCode | None, at: datetime
) -> None:
    """Write how a job stands, unless it stood so before or is over; last in a transaction."""
    if _stands_so(session.get(JobProgressRow, job_id), stage, reason):
        return
    change = _next_change(session)
    # looked at again under the lock: somebody may have ended the job in between
    if _stands_so(session.get(JobProgressRow, job_id, populate_existing=True), stage, reason):
        return
    values = {"stage": stage, "reason": reason, "change": change, "at": at}
    statement = upsert(session, JobProgressRow).values(job_id=job_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=values))


def read_progress(session: Session, job_id: str) -> JobProgress | None:
    """Return how a job stands, or None."""
    row = session.get(JobProgressRow, job_id)
    return None if row is None else _progress(row)


def changed_jobs(session: Session, after: int, limit: int) -> Sequence[JobProgress]:
    """Return how the jobs stand that have changed after a number, in order of change."""
    query = (
        select(JobProgressRow)
        .where(JobProgressRow.change > after)
        .order_by(JobProgressRow.change)
        .limit(limit)
    )
    return [_progress(row) for row in session.scalars(query)]


def last_change(session: Session) -> int:
    """Return the number of the last change of any job, 0 where there was none."""
    return session.scalar(select(func.max(DeskFeedRow.last))) or 0


def _stands_so(row: JobProgressRow | None, stage: JobStage, reason: ReasonCode | None) -> bool:
    return row is not None and (row.stage.is_over or (row.stage, row.reason) == (stage, reason))


def _next_change(session: Session) -> int:
    first = upsert(session, DeskFeedRow).values(id=DESK_FEED_ID, last=1)
    statement = first.on_conflict_do_update(
        index_elements=["id"], set_={"last": DeskFeedRow.last + 1}
    ).returning(DeskFeedRow.last)
    return session.execute(statement).scalar_one()


def _progress(row: JobProgressRow) -> JobProgress:
    return JobProgress(
        job_id=row.job_id,
        kind=row.job.kind,
        agent=row.job.agent,
        application_id=row.job.application_id,
        guid=row.job.guid,
        stage=row.stage,
        reason=row.reason,
        change=row.change,
        at=row.at,
    )

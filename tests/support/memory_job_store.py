"""A job store in memory: the real protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cardsvc.access_records import PersonalisationJob
from cardsvc.desk_records import JobProgress, JobStage
from cardsvc.errors import IssuanceError, ReasonCode, StoreError


class MemoryJobStore:
    """Implements ``issuance.ports.JobStore`` and ``JobBoard``."""

    def __init__(self) -> None:
        self.jobs: dict[str, PersonalisationJob] = {}
        self.stages: list[tuple[str, JobStage]] = []
        self._progress: dict[str, JobProgress] = {}
        self._last = 0

    def add(self, job: PersonalisationJob) -> None:
        if job.id in self.jobs:
            raise StoreError(ReasonCode.CONCURRENT_CHANGE, "the identifier is in use")
        self.jobs[job.id] = job
        self.note(job.id, JobStage.WAITING_AGENT, job.created_at)

    def find(self, job_id: str) -> PersonalisationJob | None:
        return self.jobs.get(job_id)

    def next_job(self, agent: str, state: str) -> PersonalisationJob | None:
        mine = [job for job in self.jobs.values() if (job.agent, job.state) == (agent, state)]
        return min(mine, key=lambda job: (job.created_at, job.id), default=None)

    def note(
        self, job_id: str, stage: JobStage, at: datetime, reason: ReasonCode | None = None
    ) -> None:
        before = self._progress.get(job_id)
        if before is not None and before.stage.is_over:
            return
        if before is not None and (before.stage, before.reason) == (stage, reason):
            return
        job = self.jobs[job_id]
        self._last += 1
        self.stages.append((job_id, stage))
        self._progress[job_id] = JobProgress(
            job_id, job.kind, job.agent, job.application_id, job.guid, stage, reason, self._last, at
        )

    def progress(self, job_id: str) -> JobProgress | None:
        return self._progress.get(job_id)

    def changes(self, after: int, limit: int) -> Sequence[JobProgress]:
        changed = [one for one in self._progress.values() if one.change > after]
        return sorted(changed, key=lambda one: one.change)[:limit]

    def cursor(self) -> int:
        return self._last

    def close(
        self,
        job_id: str,
        *,
        expected: str,
        state: str,
        at: datetime,
        reason: ReasonCode | None = None,
    ) -> None:
        job = self.jobs.get(job_id)
        if job is None or job.state != expected:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the job is not where it was")
        self.jobs[job_id] = replace(job, state=state, updated_at=at, plan={})
        self.note(job_id, JobStage(state), at, reason)

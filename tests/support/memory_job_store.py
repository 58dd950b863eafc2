"""A job store in memory: the real protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cardsvc.access_records import PersonalisationJob
from cardsvc.errors import IssuanceError, ReasonCode, StoreError


class MemoryJobStore:
    """Implements ``issuance.ports.JobStore``."""

    def __init__(self) -> None:
        self.jobs: dict[str, PersonalisationJob] = {}

    def add(self, job: PersonalisationJob) -> None:
        if job.id in self.jobs:
            raise StoreError(ReasonCode.CONCURRENT_CHANGE, "the identifier is in use")
        self.jobs[job.id] = job

    def find(self, job_id: str) -> PersonalisationJob | None:
        return self.jobs.get(job_id)

    def close(self, job_id: str, *, expected: str, state: str, at: datetime) -> None:
        job = self.jobs.get(job_id)
        if job is None or job.state != expected:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the job is not where it was")
        self.jobs[job_id] = replace(job, state=state, updated_at=at, plan={})

"""The issuing desk as its agents meet it: what to do next, step by step, whatever kind it is."""

from __future__ import annotations

from datetime import datetime

from cardsvc.access_records import PersonalisationJob
from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.clock import Clock
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from issuance.card_jobs import NEEDED_STATE
from issuance.desk import PersonalisationDesk
from issuance.job_end import JobEnd
from issuance.orders import OrderState, fail_order, finish_order
from issuance.ports import IssuanceStore, JobStore
from issuance.unblock_desk import UnblockDesk

REPORTABLE = frozenset({JobStage.WAITING_CARD, JobStage.WAITING_PIN, JobStage.DONE})
"""What an agent may say of a job; everything else the service sees for itself."""


class IssuingDesk:
    """Gives agents their jobs and takes their answers.

    Args:
        store: the records.
        jobs: what the desks were given to do.
        personalisation: makes cards.
        unblocking: unblocks their PINs.
        clock: asked once a request.
    """

    def __init__(
        self,
        store: IssuanceStore,
        jobs: JobStore,
        personalisation: PersonalisationDesk,
        unblocking: UnblockDesk,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._personalisation = personalisation
        self._unblocking = unblocking
        self._clock = clock

    def next_job(self, agent: str) -> PersonalisationJob | None:
        """Return an agent's oldest open job, or None; jobs that are settled are ended by it."""
        while (job := self._jobs.next_job(agent, OrderState.OPEN)) is not None:
            if not self._settle(job, self._clock.now()):
                return job
        return None

    def start(self, job_id: str, agent: str) -> ApduBatch | JobEnd:
        """Begin a job of APDU batches, or begin again; return the first batch.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN), or nothing can come of it.
        """
        job = self._job(job_id, agent)
        if job.kind is JobKind.UNBLOCK:
            return self._unblocking.start(job)
        return self._end(job_id, agent, self._personalisation.start(job_id, agent))

    def answer(self, job_id: str, agent: str, answer: BatchAnswer) -> ApduBatch | JobEnd:
        """Take a batch's answer; return the next batch, or how the job ended.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN), or it was not started.
        """
        job = self._job(job_id, agent)
        if job.kind is JobKind.UNBLOCK:
            return self._unblocking.answer(job, answer)
        return self._end(job_id, agent, self._personalisation.answer(job_id, agent, answer))

    def report(
        self, job_id: str, agent: str, stage: JobStage, reason: ReasonCode | None
    ) -> OrderState:
        """Note what an agent sees at its readers; return how the order stands, maybe ended.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN), or it is not an agent's to
                say (ILLEGAL_TRANSITION).
        """
        job = self._job(job_id, agent)
        if stage not in REPORTABLE:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "not an agent's to say")
        if job.state != OrderState.OPEN:
            return OrderState(job.state)
        at = self._clock.now()
        if job.kind is JobKind.SET_PIN and stage is JobStage.DONE:
            finish_order(self._jobs, job_id, at)
            return OrderState.DONE
        if self._settle(job, at):
            return self.report(job_id, agent, stage, reason)
        if stage is JobStage.DONE:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "it is not done")
        if job.kind is JobKind.PERSONALISE:
            self._personalisation.report(job_id, agent, stage, reason)
        else:
            self._unblocking.drop(job_id)
            self._jobs.note(job_id, stage, at, reason)
        return OrderState.OPEN

    def _job(self, job_id: str, agent: str) -> PersonalisationJob:
        job = self._jobs.find(job_id)
        if job is None or job.agent != agent:
            raise IssuanceError(ReasonCode.JOB_UNKNOWN, "no such job for this agent")
        return job

    def _settle(self, job: PersonalisationJob, at: datetime) -> bool:
        """End a job about a finished card that the card's state has settled; tell whether."""
        if job.guid is None or job.kind is JobKind.UNBLOCK:
            return False
        with self._store.transaction() as unit:
            state = unit.card(job.guid).state
        if state in NEEDED_STATE[job.kind]:
            return False
        if job.kind is JobKind.ACTIVATE and state is CardState.ACTIVE:
            finish_order(self._jobs, job.id, at)
        else:
            fail_order(self._jobs, job.id, ReasonCode.ILLEGAL_TRANSITION, at)
        return True

    def _end(self, job_id: str, agent: str, step: ApduBatch | CardState) -> ApduBatch | JobEnd:
        if isinstance(step, ApduBatch):
            return step
        made = step is CardState.PERSONALISED
        return JobEnd(step.value, None if made else self._personalisation.failure(job_id, agent))

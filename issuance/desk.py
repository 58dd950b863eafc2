"""The issuing desk: runs personalisation jobs batch by batch, for the agent each was given to.

An order is kept in the job store until its card is made. A live job is held in this process's
memory while its card is in a reader. Whatever ends it early (the card is pulled, the agent falls
silent, the service restarts), its record is torn, and the order can be started again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.card.guid import CardGuid
from cardsvc.clock import Clock
from cardsvc.desk_records import JobStage
from cardsvc.errors import CardsvcError, IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, Realm
from issuance.job_records import JobOrder, JobRecords
from issuance.orders import OrderState, fail_order, finish_order, order_of, place_order
from issuance.personalise.conversation import Conversation
from issuance.personalise.management_key import RandomOctets
from issuance.personalise.steps import PersonalisedCard, Workshop, personalise
from issuance.ports import CardSecrets, CertificateAuthority, ContentSigner, IssuanceStore, JobStore
from issuance.stock.card_blanks import StockRule

JOB_IDLE = timedelta(minutes=15)
"""A job that nobody has touched for so long is over; RSA keys take a card seconds, not minutes."""


@dataclass(frozen=True, slots=True)
class DeskTools:
    """What the desk works with.

    Args:
        authority: certifies.
        content_signers: sign the CHUID and other objects, one for each realm and card type.
        secrets: the cards' diversified secrets.
        clock: asked once a step.
        random_octets: a cryptographic random source.
        stock: what becomes of a card whose blank is not in stock.
    """

    authority: CertificateAuthority
    content_signers: Mapping[tuple[Realm, CardType], ContentSigner]
    secrets: CardSecrets
    clock: Clock
    random_octets: RandomOctets
    stock: StockRule = StockRule.ENFORCE


@dataclass(slots=True)
class _Job:
    order: JobOrder
    touched_at: datetime
    id: str
    guid: CardGuid | None = None
    conversation: Conversation[PersonalisedCard] | None = None
    outcome: CardState | None = None
    failure: ReasonCode | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class PersonalisationDesk:
    """Runs jobs. One desk for each store, because it knows which records are being worked on.

    Args:
        store: the records.
        orders: what is to be made; others may place orders there, too.
        tools: the CA, the content signer, the cards' secrets, time and randomness.
    """

    def __init__(self, store: IssuanceStore, orders: JobStore, tools: DeskTools) -> None:
        self._store = store
        self._orders = orders
        self._tools = tools
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._reserving = threading.Lock()

    def open_job(self, order: JobOrder) -> str:
        """Keep an order and return the job's identifier; no record is made before ``start``.

        Raises:
            Malformed: MALFORMED_FACIAL_IMAGE, the photo is not a JPEG that fits a card.
            StoreError: there is no such application.
        """
        self._sweep()
        job_id = str(uuid.UUID(bytes=self._tools.random_octets(16), version=4))
        place_order(self._orders, order, job_id=job_id, at=self._tools.clock.now())
        return job_id

    def start(self, job_id: str, agent: str) -> ApduBatch | CardState:
        """Begin, or begin again after the card was torn; return the first batch.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN), the application is not
                approved (ILLEGAL_TRANSITION), or it has a card already (CARD_IN_USE).
        """
        self._sweep()
        self._require_standing(job_id)
        job = self._job(job_id, agent)
        with job.lock:
            if job.outcome is CardState.PERSONALISED:
                return job.outcome
            self._tear(job, ReasonCode.CARD_REMOVED)
            job.touched_at = self._tools.clock.now()
            # a record is live from its reservation on: no other start may look in between
            with self._reserving:
                self._begin_or_fail(job)
            return self._advance(job, next)

    def _begin_or_fail(self, job: _Job) -> None:
        try:
            self._begin(job)
        except IssuanceError as error:
            # application, card or blank are not in a state for it: no card in the reader helps
            if error.reason is not ReasonCode.CONCURRENT_CHANGE:
                fail_order(self._orders, job.id, error.reason, job.touched_at)
            raise

    def _begin(self, job: _Job) -> None:
        records = self._records(job)
        plan = records.reserve(self._tools.random_octets)
        workshop = Workshop(
            self._tools.authority,
            self._tools.content_signers[plan.realm, plan.card_type],
            self._tools.secrets,
            records,
            self._tools.random_octets,
            records.at,
            partial(self._note, job),
        )
        job.guid, job.outcome, job.failure = plan.guid, None, None
        job.conversation = personalise(plan, workshop)

    def answer(self, job_id: str, agent: str, answer: BatchAnswer) -> ApduBatch | CardState:
        """Take a batch's answer; return the next batch, or the state that the card ended in.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN), or it was not started.
        """
        job = self._job(job_id, agent)
        with job.lock:
            if job.conversation is not None:
                return self._advance(job, lambda conversation: conversation.send(answer))
            if job.outcome is not None:
                return job.outcome
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the job was not started")

    def report(self, job_id: str, agent: str, stage: JobStage, reason: ReasonCode | None) -> None:
        """Note what the agent sees at its readers; no card of this job is in work then.

        Raises:
            IssuanceError: no such job for this agent (JOB_UNKNOWN).
        """
        job = self._job(job_id, agent)
        with job.lock:
            self._tear(job, reason or ReasonCode.CARD_REMOVED)
            if job.outcome is not CardState.PERSONALISED:
                self._require_standing(job_id)
                self._note(job, stage, reason)

    def failure(self, job_id: str, agent: str) -> ReasonCode | None:
        """Return why a job's card was torn, or None."""
        return self._job(job_id, agent).failure

    def _job(self, job_id: str, agent: str) -> _Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            job = self._take_up(job_id)
        if job is None or job.order.agent != agent:
            raise IssuanceError(ReasonCode.JOB_UNKNOWN, "no such job for this agent")
        return job

    def _take_up(self, job_id: str) -> _Job | None:
        """Return the job of an order that another process placed, or that outlived a restart."""
        kept = self._orders.find(job_id)
        if kept is None or kept.state not in (OrderState.OPEN, OrderState.DONE):
            return None
        now = self._tools.clock.now()
        if kept.state == OrderState.DONE:
            made = JobOrder(kept.application_id, kept.agent, kept.operator)
            job = _Job(made, now, job_id, outcome=CardState.PERSONALISED)
        else:
            job = _Job(order_of(kept), now, job_id)
        with self._lock:
            return self._jobs.setdefault(job_id, job)

    def _require_standing(self, job_id: str) -> None:
        kept = self._orders.find(job_id)
        if kept is not None and kept.state not in (OrderState.OPEN, OrderState.DONE):
            raise IssuanceError(ReasonCode.JOB_UNKNOWN, f"the order is {kept.state}")

    def _note(self, job: _Job, stage: JobStage, reason: ReasonCode | None = None) -> None:
        self._orders.note(job.id, stage, self._tools.clock.now(), reason)

    def _records(self, job: _Job) -> JobRecords:
        job.touched_at = self._tools.clock.now()

        def is_live(guid: CardGuid) -> bool:
            with self._lock:
                others = [other for other in self._jobs.values() if other is not job]
            return any(other.guid == guid and other.conversation for other in others)

        return JobRecords(self._store, job.order, job.touched_at, is_live, self._tools.stock)

    def _advance(
        self, job: _Job, step: Callable[[Conversation[PersonalisedCard]], ApduBatch]
    ) -> ApduBatch | CardState:
        conversation = job.conversation
        if conversation is None:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the job was not started")
        job.touched_at = self._tools.clock.now()
        try:
            return step(conversation)
        except StopIteration as end:
            result: PersonalisedCard = end.value
        except CardsvcError as error:
            return self._tear(job, error.reason)
        except BaseException:
            # a fault of ours: the card is torn all the same, and the fault is not hidden
            self._tear(job, ReasonCode.SERVICE_UNAVAILABLE)
            raise
        # if this fails, the conversation stays and the next start tears the record
        job.outcome = self._records(job).finish(result)
        job.conversation = None
        # a cancelled order's card is made all the same when it was in the reader already
        with suppress(IssuanceError):
            finish_order(self._orders, job.id, job.touched_at)
        return job.outcome

    def _tear(self, job: _Job, reason: ReasonCode) -> CardState:
        """End a live conversation and tear its record; return how the job stands."""
        if job.conversation is not None and job.guid is not None:
            job.conversation.close()
            job.conversation = None
            job.failure = reason
            job.outcome = self._records(job).tear(job.guid, reason)
            if job.outcome is CardState.TORN:
                self._note(job, JobStage.TORN, reason)
        return job.outcome or CardState.TORN

    def _sweep(self) -> None:
        """Tear and forget jobs whose agent has long been silent."""
        oldest = self._tools.clock.now() - JOB_IDLE
        with self._lock:
            idle = {key: job for key, job in self._jobs.items() if job.touched_at < oldest}
        for job_id, job in idle.items():
            with job.lock:
                self._tear(job, ReasonCode.CARD_SILENT)
            with self._lock:
                self._jobs.pop(job_id, None)

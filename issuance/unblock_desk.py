"""Carries approved unblockings out, batch by batch, through the agent that each was given to.

A live conversation is in this process's memory. Whatever ends it early, the job stays open and
begins again from the start, which comes to the same: the fresh PIN is the request's.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from cardsvc.access_records import PersonalisationJob
from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.clock import Clock
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import CardsvcError, IssuanceError, ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord
from cardsvc.unblock_records import UnblockRequest, UnblockState
from issuance.card_jobs import place_card_job
from issuance.job_end import JobEnd
from issuance.orders import fail_order, finish_order
from issuance.personalise.conversation import Conversation
from issuance.personalise.management_key import RandomOctets
from issuance.ports import CardSecrets, IssuanceStore, JobStore, UnblockStore
from issuance.unblock import APPROVAL_LIFETIME, find_unblock, finish_unblock, require_unblockable
from issuance.unblock_conversation import PukRefused, unblock_card

_MAX_LIVE = 64
"""Conversations kept at once; the oldest gives way, its card loses nothing by it."""


@dataclass(frozen=True, slots=True)
class UnblockTools:
    """What an unblocking works with.

    Args:
        store: the cards' records.
        unblocks: the requests.
        jobs: what the desks were given to do.
        secrets: the cards' PUKs and fresh PINs.
        clock: asked once a step.
        random_octets: a cryptographic random source.
    """

    store: IssuanceStore
    unblocks: UnblockStore
    jobs: JobStore
    secrets: CardSecrets
    clock: Clock
    random_octets: RandomOctets


@dataclass(slots=True)
class _Live:
    request: UnblockRequest
    conversation: Conversation[None]
    lock: threading.Lock = field(default_factory=threading.Lock)


class UnblockDesk:
    """Runs unblockings; the caller has looked that the job is the agent's."""

    def __init__(self, tools: UnblockTools) -> None:
        self._tools = tools
        self._live: dict[str, _Live] = {}
        self._lock = threading.Lock()

    def start(self, job: PersonalisationJob) -> ApduBatch | JobEnd:
        """Begin, or begin again; return the first batch.

        Raises:
            IssuanceError: the approval is too old, or the card is not in use any more
                (ILLEGAL_TRANSITION); the job has failed with it.
        """
        tools, at = self._tools, self._tools.clock.now()
        request = find_unblock(tools.unblocks, job.id)
        if request.state in (UnblockState.DONE, UnblockState.SHOWN):
            # the service went down between the card's answer and the job's end
            return self._end(job)
        try:
            card = self._current_card(request, at)
        except IssuanceError as error:
            self._fail(job, request, error.reason)
            raise
        conversation = unblock_card(card, UUID(request.id), tools.secrets, tools.random_octets)
        live = _Live(request, conversation)
        with self._lock:
            self._live.pop(job.id, None)
            self._live[job.id] = live
            while len(self._live) > _MAX_LIVE:
                self._live.pop(next(iter(self._live)))
        tools.jobs.note(job.id, JobStage.CHECKING, at)
        return self._advance(job, live, None)

    def _current_card(self, request: UnblockRequest, at: datetime) -> CardRecord:
        if request.state is not UnblockState.APPROVED or request.decided_at is None:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, f"it is {request.state.value}")
        if at - request.decided_at > APPROVAL_LIFETIME:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the approval is too old")
        with self._tools.store.transaction() as unit:
            card = unit.card(request.guid)
        require_unblockable(card.state)
        return card

    def answer(self, job: PersonalisationJob, answer: BatchAnswer) -> ApduBatch | JobEnd:
        """Take a batch's answer; return the next batch, or how it ended.

        Raises:
            IssuanceError: it was not started (ILLEGAL_TRANSITION).
        """
        with self._lock:
            live = self._live.get(job.id)
        if live is None:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the job was not started")
        return self._advance(job, live, answer)

    def drop(self, job_id: str) -> None:
        """Forget a live conversation: the card left the reader."""
        with self._lock:
            self._live.pop(job_id, None)

    def _advance(
        self, job: PersonalisationJob, live: _Live, answer: BatchAnswer | None
    ) -> ApduBatch | JobEnd:
        tools = self._tools
        with live.lock:
            try:
                return next(live.conversation) if answer is None else live.conversation.send(answer)
            except StopIteration:
                self.drop(job.id)
            except PukRefused as error:
                self.drop(job.id)
                self._fail(job, live.request, error.reason)
                return JobEnd(JobStage.FAILED.value, error.reason)
            except CardsvcError as error:
                self.drop(job.id)
                tools.jobs.note(job.id, JobStage.TORN, tools.clock.now(), error.reason)
                return JobEnd(JobStage.TORN.value, error.reason)
            at = tools.clock.now()
            finish_unblock(tools.unblocks, live.request, UnblockState.DONE, agent=job.agent, at=at)
            return self._end(job)

    def _end(self, job: PersonalisationJob) -> JobEnd:
        with suppress(IssuanceError):
            finish_order(self._tools.jobs, job.id, self._tools.clock.now())
        self._order_pin(job)
        return JobEnd(JobStage.DONE.value)

    def _order_pin(self, job: PersonalisationJob) -> None:
        """Let the holder, who is at the desk, change the fresh code into a PIN of his own."""
        tools = self._tools
        if job.guid is None:
            return
        with tools.store.transaction() as unit:
            is_active = unit.card(job.guid).state is CardState.ACTIVE
        with suppress(IssuanceError, StoreError):
            place_card_job(
                tools.store,
                tools.jobs,
                JobKind.SET_PIN if is_active else JobKind.ACTIVATE,
                job.guid,
                # named after this job, so that a second run of this step places no second one
                job_id=str(uuid5(UUID(job.id), "holder's PIN")),
                agent=job.agent,
                operator=job.operator,
                at=tools.clock.now(),
            )

    def _fail(self, job: PersonalisationJob, request: UnblockRequest, reason: ReasonCode) -> None:
        tools, at = self._tools, self._tools.clock.now()
        if request.state is UnblockState.APPROVED:
            failed = UnblockState.FAILED
            finish_unblock(tools.unblocks, request, failed, agent=job.agent, at=at, reason=reason)
        with suppress(IssuanceError):
            fail_order(tools.jobs, job.id, reason, at)

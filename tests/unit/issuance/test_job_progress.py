"""Whoever watches a job is told every stage, and why it stopped; blanks are given up for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.card.batch import ApduBatch
from cardsvc.desk_advice import advice_for
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel, CardType, RevocationReason
from issuance import lifecycle
from issuance.card_jobs import place_card_job
from issuance.job_end import JobEnd
from issuance.orders import OrderState, spoil_order
from reader_agent.virtual.faults import RemovedCard
from tests.support.issuing_room import AGENT, CLERK, ISSUER, IssuingRoom, blank

WHOLE_WAY = [
    JobStage.WAITING_AGENT,
    JobStage.WAITING_CARD,
    JobStage.CHECKING,
    JobStage.KEYS,
    JobStage.CERTIFICATES,
    JobStage.OBJECTS,
    JobStage.VERIFYING,
    JobStage.DONE,
]


def stages_of(room: IssuingRoom, job: str) -> list[JobStage]:
    return [stage for job_id, stage in room.orders.stages if job_id == job]


def reason_of(room: IssuingRoom, job: str) -> ReasonCode | None:
    progress = room.orders.progress(job)
    assert progress is not None
    return progress.reason


def refusal(call: object) -> ReasonCode:
    assert callable(call)
    with pytest.raises(IssuanceError) as caught:
        call()
    return caught.value.reason


def test_a_card_passes_every_stage_once_and_in_order() -> None:
    room = IssuingRoom()
    job = room.job()
    room.counter.report(job, AGENT, JobStage.WAITING_CARD, None)
    assert room.relay(job, blank()) == JobEnd("personalised")
    assert stages_of(room, job) == WHOLE_WAY
    percents = [stage.percent for stage in WHOLE_WAY]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert room.counter.next_job(AGENT) is None


def test_a_torn_card_is_told_with_its_reason_and_goes_on() -> None:
    room = IssuingRoom()
    job = room.job()
    assert room.relay(job, RemovedCard(blank(), 60)) == JobEnd("torn", ReasonCode.CARD_REMOVED)
    assert stages_of(room, job)[-1] is JobStage.TORN
    assert reason_of(room, job) is ReasonCode.CARD_REMOVED
    kept = room.counter.next_job(AGENT)
    assert kept is not None
    assert kept.id == job
    assert room.relay(job, blank()).state == "personalised"
    assert stages_of(room, job)[-6:] == WHOLE_WAY[-6:]


def test_what_the_agent_sees_at_its_readers_is_told() -> None:
    room = IssuingRoom()
    job = room.job()
    for reason in (ReasonCode.NO_READER, ReasonCode.SEVERAL_CARDS, ReasonCode.CARD_SILENT):
        state = room.counter.report(job, AGENT, JobStage.WAITING_CARD, reason)
        assert state is OrderState.OPEN
        assert reason_of(room, job) is reason


def test_an_agent_that_waits_for_a_card_has_none_in_work() -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    assert isinstance(room.counter.start(job, AGENT), ApduBatch)
    room.counter.report(job, AGENT, JobStage.WAITING_CARD, ReasonCode.NO_CARD)
    assert room.record(application).state is CardState.TORN
    assert stages_of(room, job)[-1] is JobStage.WAITING_CARD


def test_an_order_that_nothing_can_come_of_does_not_hold_the_desk_up() -> None:
    room = IssuingRoom()
    ended = room.job(room.order(room.application(CardType.BUSINESS)))
    room.clock.advance(timedelta(days=3 * 365))
    following = room.job()
    assert refusal(lambda: room.counter.start(ended, AGENT)) is ReasonCode.CARD_EXPIRED
    assert stages_of(room, ended)[-1] is JobStage.FAILED
    assert reason_of(room, ended) is ReasonCode.CARD_EXPIRED
    job = room.counter.next_job(AGENT)
    assert job is not None
    assert job.id == following
    failed = room.counter.report(ended, AGENT, JobStage.WAITING_CARD, None)
    assert failed is OrderState.FAILED


@pytest.mark.parametrize("live", [False, True])
def test_a_spoiled_blank_leaves_the_application_open_for_another(live: bool) -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    if live:
        step = room.counter.start(job, AGENT)
        assert isinstance(step, ApduBatch)
    else:
        room.relay(job, RemovedCard(blank(), 70))
    spoil_order(room.store, room.orders, job, operator=CLERK, at=room.clock.now())
    guid = room.record(application).guid
    assert room.record(application).state is CardState.SPOILED
    assert room.certificate_states(guid) <= {RevocationReason.CESSATION_OF_OPERATION}
    assert stages_of(room, job)[-1] is JobStage.SPOILED
    assert room.counter.next_job(AGENT) is None
    assert refusal(lambda: room.counter.start(job, AGENT)) is ReasonCode.JOB_UNKNOWN
    again = room.job(room.order(application))
    assert room.relay(again, blank()).state == "personalised"
    assert room.record(application).guid != guid


def test_what_is_made_or_unknown_is_not_spoiled_at_the_desk() -> None:
    room = IssuingRoom()
    job = room.job()
    room.relay(job, blank())
    at = room.clock.now()
    made = refusal(lambda: spoil_order(room.store, room.orders, job, operator=CLERK, at=at))
    assert made is ReasonCode.CONCURRENT_CHANGE
    none = refusal(lambda: spoil_order(room.store, room.orders, "x", operator=CLERK, at=at))
    assert none is ReasonCode.JOB_UNKNOWN


def test_an_activation_job_ends_with_the_cards_activation() -> None:
    room = IssuingRoom()
    application = room.application()
    room.relay(room.job(room.order(application)), blank())
    guid, at = room.record(application).guid, room.clock.now()
    lifecycle.hand_over(room.store, guid, operator=ISSUER, at=at)
    for number in (1, 2):
        place_card_job(
            room.store, room.orders, JobKind.ACTIVATE, guid,
            job_id=f"activation-{number}", agent=AGENT, operator=CLERK, at=at,
        )  # fmt: skip
    job = room.counter.next_job(AGENT)
    assert job is not None
    proof = lifecycle.ActivationProof(guid, AssuranceLevel.X2, at, "proof")
    lifecycle.activate(room.store, guid, proof=proof, operator=AGENT, at=at)
    assert room.counter.report(job.id, AGENT, JobStage.DONE, None) is OrderState.DONE
    assert room.counter.next_job(AGENT) is None
    assert stages_of(room, "activation-2")[-1] is JobStage.DONE


@pytest.mark.parametrize("stage", JobStage)
def test_every_stage_and_reason_is_said_in_two_languages(stage: JobStage) -> None:
    for reason in (None, *ReasonCode):
        said = advice_for(stage, reason)
        assert said.vi.endswith(".")
        assert said.en.endswith(".")

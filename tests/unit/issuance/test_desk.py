"""Jobs come to an end, whatever becomes of card, agent or service."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from cardsvc.audit import AuditAction
from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, Realm, RevocationReason
from issuance.approve import withdraw
from issuance.desk import JOB_IDLE, PersonalisationDesk
from issuance.enrol import request_card
from issuance.ports import CertificateRequest
from reader_agent.virtual.faults import RemovedCard, Tear, TornCard
from tests.support.issuing_room import AGENT, AT, CLERK, ISSUER, IssuingRoom, blank
from tests.support.people import HOLDERS


def test_a_finished_job_says_so_again() -> None:
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, blank()) is CardState.PERSONALISED
    events = list(room.store.events)
    assert room.desk.start(job, AGENT) is CardState.PERSONALISED
    assert room.desk.answer(job, AGENT, BatchAnswer(())) is CardState.PERSONALISED
    assert room.store.events == events


def test_every_step_of_a_job_is_in_the_audit() -> None:
    room = IssuingRoom()
    job = room.job()
    card = blank()
    assert room.run(job, TornCard(card, 60, Tear.AFTER)) is CardState.TORN
    assert room.run(job, card) is CardState.PERSONALISED
    actions = [event.action for event in room.store.events if event.action.startswith("card.")]
    assert actions == [
        AuditAction.CARD_PERSONALISING,
        AuditAction.CARD_TORN,
        AuditAction.CARD_PERSONALISING,
        AuditAction.CARD_PERSONALISED,
    ]
    assert {event.actor for event in room.store.events[2:]} == {ISSUER}


def test_a_pulled_card_is_told_by_its_reason() -> None:
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RemovedCard(blank(), 20)) is CardState.TORN
    assert room.failure(job) is ReasonCode.CARD_REMOVED


def test_an_answer_to_a_job_that_was_not_started_is_refused() -> None:
    room = IssuingRoom()
    with pytest.raises(IssuanceError) as caught:
        room.desk.answer(room.job(), AGENT, BatchAnswer(()))
    assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION


def test_an_unapproved_application_gets_no_card() -> None:
    room = IssuingRoom()
    request_card(
        room.store,
        application_id="raw",
        card_type=CardType.INDIVIDUAL,
        holder=HOLDERS[CardType.INDIVIDUAL],
        operator=CLERK,
        at=AT,
    )
    with pytest.raises(IssuanceError) as caught:
        room.desk.start(room.job(room.order("raw")), AGENT)
    assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION
    assert not room.store.cards


def test_a_withdrawn_application_gets_no_card() -> None:
    room = IssuingRoom()
    application = room.application()
    withdraw(room.store, application, operator=CLERK, at=AT)
    with pytest.raises(IssuanceError):
        room.desk.start(room.job(room.order(application)), AGENT)


@pytest.mark.reason(ReasonCode.CARD_EXPIRED)
def test_a_delegation_that_ended_gets_no_card() -> None:
    room = IssuingRoom()
    job = room.job(room.order(room.application(CardType.BUSINESS)))
    room.clock.advance(timedelta(days=3 * 365))
    with pytest.raises(IssuanceError) as caught:
        room.desk.start(job, AGENT)
    assert caught.value.reason is ReasonCode.CARD_EXPIRED


def test_a_job_begun_again_tears_what_it_had_begun() -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    assert isinstance(room.desk.start(job, AGENT), ApduBatch)
    assert room.run(job, blank()) is CardState.PERSONALISED
    assert [event.action for event in room.store.events[2:5]] == [
        AuditAction.CARD_PERSONALISING,
        AuditAction.CARD_TORN,
        AuditAction.CARD_PERSONALISING,
    ]
    assert len(room.store.cards) == 1


def test_a_silent_agents_job_is_torn_and_forgotten() -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    room.desk.start(job, AGENT)
    room.clock.advance(JOB_IDLE + timedelta(seconds=1))
    again = room.job(room.order(application))
    assert room.record(application).state is CardState.TORN
    with pytest.raises(IssuanceError):
        room.desk.answer(job, AGENT, BatchAnswer(()))
    assert room.run(again, blank()) is CardState.PERSONALISED


def test_a_service_that_went_down_in_a_job_takes_it_up_again() -> None:
    room = IssuingRoom()
    application = room.application()
    card = blank()
    job = room.job(room.order(application))
    step = room.desk.start(job, AGENT)
    assert isinstance(step, ApduBatch)
    room.desk = PersonalisationDesk(room.store, room.orders, room.tools)
    assert room.record(application).state is CardState.PERSONALISING
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED
    assert len(room.store.cards) == 1


def test_a_fault_of_ours_tears_the_card_and_is_not_hidden() -> None:
    class OutOfOrder(Exception):
        pass

    class BrokenCa:
        def prepare(self, request: CertificateRequest, at: datetime) -> str:
            raise OutOfOrder

        def sign(self, token: str, at: datetime) -> x509.Certificate:
            raise OutOfOrder

        def issuer(self, card_type: CardType, realm: Realm = Realm.PRODUCTION) -> x509.Certificate:
            raise OutOfOrder

    room = IssuingRoom()
    application = room.application()
    card = blank()
    tools = replace(room.tools, authority=BrokenCa())
    broken = PersonalisationDesk(room.store, room.orders, tools)
    room.desk, working = broken, room.desk
    with pytest.raises(OutOfOrder):
        room.run(room.job(room.order(application)), card)
    assert room.record(application).state is CardState.TORN
    room.desk = working
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED


def test_certificates_of_an_abandoned_job_are_revoked() -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    assert room.run(job, RemovedCard(blank(), 70)) is CardState.TORN
    guid = room.record(application).guid
    assert room.certificate_states(guid) == {RevocationReason.CESSATION_OF_OPERATION}


def test_of_many_desks_at_once_one_gets_the_application() -> None:
    room = IssuingRoom()
    order = room.order()
    jobs = [room.job(order) for _ in range(8)]

    def start(job: str) -> ReasonCode | None:
        try:
            room.desk.start(job, AGENT)
        except IssuanceError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(start, jobs))
    assert outcomes.count(None) == 1
    assert outcomes.count(ReasonCode.CARD_IN_USE) == 7
    assert len(room.store.cards) == 1

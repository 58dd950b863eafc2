"""Orders outlive the process that took them, and activation codes are shown once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.batch import ApduBatch, BatchAnswer, run_batch
from cardsvc.card.connection import ApduTransport
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel
from issuance import lifecycle
from issuance.activation_code import show_activation_code
from issuance.approve import withdraw
from issuance.desk import PersonalisationDesk
from issuance.job_records import JobOrder
from issuance.orders import OrderState, cancel_order, place_order, require_approved
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.faults import RemovedCard
from tests.support.issuing_room import AGENT, AT, CLERK, ISSUER, IssuingRoom, blank


def restart(room: IssuingRoom) -> None:
    room.desk = PersonalisationDesk(room.store, room.orders, room.tools)


def test_an_order_that_another_process_placed_is_run() -> None:
    room = IssuingRoom()
    place_order(room.orders, room.order(), job_id="job-1", at=AT)
    assert room.run("job-1", blank()) is CardState.PERSONALISED
    assert room.orders.jobs["job-1"].state == OrderState.DONE


def test_an_order_survives_a_restart_in_the_middle_of_its_card() -> None:
    room = IssuingRoom()
    job, card = room.job(), blank()
    room.desk.start(job, AGENT)
    restart(room)
    with pytest.raises(IssuanceError):
        room.desk.answer(job, AGENT, BatchAnswer(()))
    assert room.run(job, card) is CardState.PERSONALISED
    assert len(room.store.cards) == 1
    restart(room)
    assert room.desk.start(job, AGENT) is CardState.PERSONALISED


def test_a_torn_cards_order_stays_open() -> None:
    room = IssuingRoom()
    job, card = room.job(), blank()
    assert room.run(job, RemovedCard(card, 20)) is CardState.TORN
    assert room.orders.jobs[job].state == OrderState.OPEN
    room.clock.advance(timedelta(days=3))
    assert room.run(job, card) is CardState.PERSONALISED


@pytest.mark.reason(ReasonCode.JOB_UNKNOWN)
def test_a_cancelled_order_is_never_started() -> None:
    room = IssuingRoom()
    untouched, torn = room.job(), room.job()
    assert room.run(torn, RemovedCard(blank(), 20)) is CardState.TORN
    for job in (untouched, torn):
        cancel_order(room.orders, job, AT)
        with pytest.raises(IssuanceError) as caught:
            room.desk.start(job, AGENT)
        assert caught.value.reason is ReasonCode.JOB_UNKNOWN


def test_a_card_in_the_reader_is_finished_though_its_order_is_cancelled() -> None:
    room = IssuingRoom()
    job = room.job()
    connection = connect_in_process(blank())
    step = room.desk.start(job, AGENT)
    cancel_order(room.orders, job, AT)
    while isinstance(step, ApduBatch):
        step = room.desk.answer(job, AGENT, run_batch(ApduTransport(connection), step))
    connection.close()
    assert step is CardState.PERSONALISED
    assert room.orders.jobs[job].state == OrderState.CANCELLED


def test_an_order_with_a_photo_that_is_none_is_not_kept() -> None:
    room = IssuingRoom()
    order = JobOrder(room.application(), AGENT, ISSUER, photo_jpeg=b"GIF89a")
    with pytest.raises(Malformed):
        place_order(room.orders, order, job_id="job-1", at=AT)
    assert not room.orders.jobs


def test_a_card_is_ordered_for_an_approved_application_only() -> None:
    room = IssuingRoom()
    application = room.application()
    require_approved(room.store, application, operator=ISSUER)
    withdraw(room.store, application, operator=CLERK, at=AT)
    for name, reason in (
        (application, ReasonCode.ILLEGAL_TRANSITION),
        ("nowhere", ReasonCode.APPLICATION_UNKNOWN),
    ):
        with pytest.raises(IssuanceError) as caught:
            require_approved(room.store, name, operator=ISSUER)
        assert caught.value.reason is reason


def made_card(room: IssuingRoom) -> CardGuid:
    application = room.application()
    assert room.run(room.job(room.order(application)), blank()) is CardState.PERSONALISED
    return room.record(application).guid


@pytest.mark.reason(ReasonCode.ILLEGAL_TRANSITION)
def test_an_activation_code_is_shown_once_and_only_between_hand_over_and_activation() -> None:
    room = IssuingRoom()
    guid = made_card(room)

    def show(*, again: bool = False) -> str:
        secrets = room.pki.card_secrets
        return show_activation_code(room.store, secrets, guid, operator=CLERK, at=AT, again=again)

    def refused() -> bool:
        with pytest.raises(IssuanceError) as caught:
            show()
        return caught.value.reason is ReasonCode.ILLEGAL_TRANSITION

    assert refused()
    lifecycle.hand_over(room.store, guid, operator=ISSUER, at=AT)
    code = show()
    assert code == room.pki.card_secrets.transport_pin(guid)
    assert refused()
    assert show(again=True) == code
    shown = [e for e in room.store.events if e.action is AuditAction.CARD_CODE_SHOWN]
    assert [event.facts for event in shown] == [{"again": False}, {"again": True}]
    assert all(code not in str(event) for event in room.store.events)
    proof = lifecycle.ActivationProof(guid, AssuranceLevel.X2, AT, "decision-1")
    lifecycle.activate(room.store, guid, proof=proof, operator=ISSUER, at=AT)
    assert refused()

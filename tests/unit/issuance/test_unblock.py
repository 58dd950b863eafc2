"""A blocked PIN is opened by two officers and the card's own PUK, and by nothing less."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.piv import PinReference
from cardsvc.card.session import PivSession
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.unblock_records import UnblockState
from issuance import lifecycle, unblock
from issuance.job_end import JobEnd
from issuance.orders import OrderState
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.faults import Tear, TornCard
from tests.support.issuing_room import AGENT, APPROVER, CLERK
from tests.support.unblock_room import UnblockRoom


@pytest.fixture
def room() -> UnblockRoom:
    return UnblockRoom()


def refusal(call: object) -> ReasonCode:
    assert callable(call)
    with pytest.raises(IssuanceError) as caught:
        call()
    return caught.value.reason


def test_a_blocked_card_gets_a_fresh_code_and_keeps_its_state(room: UnblockRoom) -> None:
    room.block()
    request_id = room.approved()
    before = room.store.cards[room.guid]
    first = room.counter.next_job(AGENT)
    assert first is not None
    assert (first.id, first.kind, first.guid) == (request_id, JobKind.UNBLOCK, room.guid)
    assert room.relay(request_id, room.card) == JobEnd("done")
    assert room.store.cards[room.guid] == before
    code = room.code(request_id)
    assert room.opens(code)
    assert code != room.pki.card_secrets.transport_pin(room.guid)
    actions = [event.action for event in room.store.events if event.action.startswith("unblock")]
    assert actions == [
        AuditAction.UNBLOCK_REQUESTED,
        AuditAction.UNBLOCK_APPROVED,
        AuditAction.UNBLOCK_DONE,
    ]
    assert code not in repr(room.store.events)


def test_every_unblocking_has_a_code_of_its_own(room: UnblockRoom) -> None:
    codes = set()
    for _ in range(2):
        request_id = room.approved()
        room.relay(request_id, room.card)
        codes.add(room.code(request_id))
    assert len(codes) == 2


def test_the_holder_sets_a_pin_next_at_the_same_desk(room: UnblockRoom) -> None:
    request_id = room.approved()
    room.relay(request_id, room.card)
    following = room.counter.next_job(AGENT)
    assert following is not None
    assert (following.kind, following.guid) == (JobKind.ACTIVATE, room.guid)
    assert room.counter.report(following.id, AGENT, JobStage.WAITING_PIN, None) is OrderState.OPEN


def test_the_code_is_shown_once_to_whoever_approved(room: UnblockRoom) -> None:
    request_id = room.approved()
    illegal = ReasonCode.ILLEGAL_TRANSITION
    assert refusal(lambda: room.code(request_id)) is illegal
    room.relay(request_id, room.card)
    assert refusal(lambda: room.code(request_id, CLERK)) is ReasonCode.ACCESS_DENIED
    code = room.code(request_id)
    assert refusal(lambda: room.code(request_id)) is illegal
    assert room.code(request_id, again=True) == code
    shown = [one for one in room.store.events if one.action is AuditAction.CARD_CODE_SHOWN]
    assert [one.facts["again"] for one in shown] == [False, True]


@pytest.mark.parametrize("tear", Tear)
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_card_torn_at_any_command_is_unblocked_by_a_second_run(at: int, tear: Tear) -> None:
    room = UnblockRoom()
    room.block()
    request_id = room.approved()
    torn = TornCard(room.card, at, tear)
    end = room.relay(request_id, torn)
    if torn.torn:
        assert end == JobEnd("torn", ReasonCode.CARD_REMOVED)
        progress = room.orders.progress(request_id)
        assert progress is not None
        assert progress.stage is JobStage.TORN
        end = room.relay(request_id, room.card)
    assert end == JobEnd("done")
    assert room.opens(room.code(request_id))
    assert room.card.state.puk.tries == 3


def test_a_restart_of_the_service_loses_nothing(room: UnblockRoom) -> None:
    request_id = room.approved()
    room.counter.start(request_id, AGENT)
    room.open_counter()
    assert room.relay(request_id, room.card) == JobEnd("done")
    room.open_counter()
    assert room.orders.jobs[request_id].state == OrderState.DONE


def test_a_service_that_went_down_before_the_jobs_end_ends_it(room: UnblockRoom) -> None:
    request_id = room.approved()
    job = room.orders.jobs[request_id]
    room.relay(request_id, room.card)
    room.orders.jobs[request_id] = job
    pins = len(room.orders.jobs)
    assert room.counter.start(request_id, AGENT) == JobEnd("done")
    assert room.orders.jobs[request_id].state == OrderState.DONE
    assert len(room.orders.jobs) == pins


def test_an_approval_is_for_one_visit(room: UnblockRoom) -> None:
    request_id = room.approved()
    room.clock.advance(unblock.APPROVAL_LIFETIME + timedelta(seconds=1))
    late = refusal(lambda: room.counter.start(request_id, AGENT))
    assert late is ReasonCode.ILLEGAL_TRANSITION
    assert room.unblocks.requests[request_id].state is UnblockState.FAILED
    assert room.counter.next_job(AGENT) is None
    room.request()


@pytest.mark.parametrize("when", ["asked", "approved", "begun"])
def test_a_card_that_is_not_in_use_is_not_unblocked(room: UnblockRoom, when: str) -> None:
    request_id = room.request() if when != "asked" else ""
    if when == "begun":
        room.approve(request_id)
    lifecycle.activate(
        room.store,
        room.guid,
        proof=lifecycle.ActivationProof(room.guid, AssuranceLevel.X2, room.clock.now(), "proof"),
        operator=AGENT,
        at=room.clock.now(),
    )
    lifecycle.suspend(room.store, room.guid, operator=CLERK, at=room.clock.now())
    steps = {
        "asked": room.request,
        "approved": lambda: room.approve(request_id),
        "begun": lambda: room.counter.start(request_id, AGENT),
    }
    assert refusal(steps[when]) is ReasonCode.ILLEGAL_TRANSITION


def test_what_was_taken_back_or_refused_is_over(room: UnblockRoom) -> None:
    request_id = room.approved()
    at = room.clock.now()
    unblock.withdraw_unblock(room.unblocks, room.orders, request_id, operator=CLERK, at=at)
    assert room.counter.next_job(AGENT) is None
    changed = ReasonCode.CONCURRENT_CHANGE
    again = refusal(
        lambda: unblock.withdraw_unblock(
            room.unblocks, room.orders, request_id, operator=CLERK, at=at
        )
    )
    assert again is changed
    second = room.request()
    unblock.refuse_unblock(room.unblocks, second, operator=APPROVER, at=at)
    assert refusal(lambda: room.approve(second)) is changed


def test_an_approval_sent_twice_is_one_job(room: UnblockRoom) -> None:
    request_id = room.approved()
    jobs = dict(room.orders.jobs)
    room.approve(request_id)
    assert room.orders.jobs == jobs
    assert refusal(lambda: room.approve(request_id, "operator-3")) is ReasonCode.CONCURRENT_CHANGE


def test_a_card_that_refuses_its_puk_is_not_asked_again(room: UnblockRoom) -> None:
    puk = room.pki.card_secrets.puk(room.guid)
    connection = connect_in_process(room.card)
    session = PivSession(connection)
    session.select()
    session.change_pin(puk, "00112233", PinReference.PUK)
    connection.close()
    request_id = room.approved()
    assert room.relay(request_id, room.card) == JobEnd("failed", ReasonCode.PIN_WRONG)
    assert room.card.state.puk.tries == 2
    assert room.unblocks.requests[request_id].state is UnblockState.FAILED
    assert room.counter.next_job(AGENT) is None

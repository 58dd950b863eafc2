"""Nobody unblocks a PIN alone, on another card, at another desk, or with an old answer."""

from __future__ import annotations

import pytest

from cardsvc.card.apdu import CommandApdu
from cardsvc.card.batch import ApduBatch, run_batch
from cardsvc.card.connection import ApduTransport
from cardsvc.card.piv import Ins
from cardsvc.card.status import StatusWord
from cardsvc.desk_records import JobStage
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.unblock_records import UnblockState
from issuance import unblock
from issuance.job_end import JobEnd
from reader_agent.virtual.connection import connect_in_process
from tests.support.issuing_room import AGENT, CLERK, blank
from tests.support.odd_cards import RefusingCard
from tests.support.unblock_room import UnblockRoom


@pytest.fixture
def room() -> UnblockRoom:
    return UnblockRoom()


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("typed", [CLERK, f" {CLERK.upper()} "], ids=["as asked", "retyped"])
@pytest.mark.parametrize("decides", ["approve", "refuse"])
def test_nobody_decides_on_an_own_request(room: UnblockRoom, decides: str, typed: str) -> None:
    request_id = room.request()
    at = room.clock.now()
    calls = {
        "approve": lambda: room.approve(request_id, typed),
        "refuse": lambda: unblock.refuse_unblock(room.unblocks, request_id, operator=typed, at=at),
    }
    with pytest.raises(IssuanceError) as caught:
        calls[decides]()
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    assert room.unblocks.requests[request_id].state is UnblockState.REQUESTED
    assert room.counter.next_job(AGENT) is None


@pytest.mark.reason(ReasonCode.UNBLOCK_UNKNOWN)
def test_a_request_that_nobody_made_is_unknown(room: UnblockRoom) -> None:
    with pytest.raises(IssuanceError) as caught:
        room.approve("nothing")
    assert caught.value.reason is ReasonCode.UNBLOCK_UNKNOWN


@pytest.mark.reason(ReasonCode.WRONG_CARD)
@pytest.mark.parametrize("other", ["blank", "another holder's", "a copy with other keys"])
def test_another_card_is_sent_no_puk(room: UnblockRoom, other: str) -> None:
    strange = blank()
    if other == "another holder's":
        assert room.run(room.job(), strange) is CardState.PERSONALISED
    if other == "a copy with other keys":
        strange.state.objects.update(room.card.state.objects)
    sent: list[CommandApdu] = []

    def watch(apdu: CommandApdu) -> StatusWord | None:
        sent.append(apdu)
        return None

    request_id = room.approved()
    end = room.relay(request_id, RefusingCard(strange, watch))
    assert end == JobEnd("torn", ReasonCode.WRONG_CARD)
    assert Ins.RESET_RETRY_COUNTER not in {apdu.ins for apdu in sent}
    assert strange.state.puk.tries == 3
    progress = room.orders.progress(request_id)
    assert progress is not None
    assert (progress.stage, progress.reason) == (JobStage.TORN, ReasonCode.WRONG_CARD)
    assert room.relay(request_id, room.card) == JobEnd("done")


def test_an_answer_of_an_earlier_run_is_not_taken_again(room: UnblockRoom) -> None:
    request_id = room.approved()
    first = room.counter.start(request_id, AGENT)
    assert isinstance(first, ApduBatch)
    connection = connect_in_process(room.card)
    recorded = run_batch(ApduTransport(connection), first)
    connection.close()
    assert isinstance(room.counter.start(request_id, AGENT), ApduBatch)
    end = room.counter.answer(request_id, AGENT, recorded)
    assert end == JobEnd("torn", ReasonCode.WRONG_CARD)


@pytest.mark.reason(ReasonCode.JOB_UNKNOWN)
def test_another_desks_unblocking_is_not_there(room: UnblockRoom) -> None:
    request_id = room.approved()
    first = room.counter.start(request_id, AGENT)
    assert isinstance(first, ApduBatch)
    connection = connect_in_process(room.card)
    answer = run_batch(ApduTransport(connection), first)
    connection.close()
    for call in (
        lambda: room.counter.start(request_id, "desk-2"),
        lambda: room.counter.answer(request_id, "desk-2", answer),
        lambda: room.counter.report(request_id, "desk-2", JobStage.WAITING_CARD, None),
    ):
        with pytest.raises(IssuanceError) as caught:
            call()
        assert caught.value.reason is ReasonCode.JOB_UNKNOWN
    assert room.counter.next_job("desk-2") is None


@pytest.mark.parametrize("stage", [JobStage.KEYS, JobStage.FAILED, JobStage.CANCELLED])
def test_an_agent_does_not_say_what_the_service_sees_itself(
    room: UnblockRoom, stage: JobStage
) -> None:
    job = room.job()
    with pytest.raises(IssuanceError) as caught:
        room.counter.report(job, AGENT, stage, None)
    assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION


def test_an_agent_that_says_done_makes_nothing_done(room: UnblockRoom) -> None:
    for job in (room.job(), room.approved()):
        with pytest.raises(IssuanceError) as caught:
            room.counter.report(job, AGENT, JobStage.DONE, None)
        assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION
        assert room.orders.jobs[job].state == "open"

"""A day at an issuing desk over real PC/SC, and all that goes wrong on such a day."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import PIV_AID, Ins
from cardsvc.card.session import PivSession
from cardsvc.card.status import StatusWord
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import CardError, ReasonCode
from cardsvc.lifecycle import CardState
from issuance import unblock
from issuance.card_jobs import place_card_job
from issuance.job_records import JobOrder
from issuance.orders import OrderState, cancel_order, spoil_order
from reader_agent import pcsc
from reader_agent.monitor import ReaderMonitor
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd
from tests.support.installations import DESK, ServiceUnderTest
from tests.support.installations import PIN as HOLDERS_PIN
from tests.support.odd_cards import RefusingCard
from tests.support.running_desk import PATIENCE_SECONDS, RunningDesk
from tests.support.triggered_card import TriggeredCard

pytestmark = pytest.mark.pcsc

PIN, NEXT_PIN = "283746", "905173"
TAKE_OUT, PUT_IN, DONE = "Take the card out", "into the reader", "✓"


@pytest.fixture(scope="module")
def somebody(service: ServiceUnderTest) -> tuple[VirtualCard, CardGuid]:
    """Somebody's card, in use; made before the desk takes every job of its agent."""
    return service.active_card()


@pytest.fixture
def desk(
    service: ServiceUnderTest,
    somebody: tuple[VirtualCard, CardGuid],
    room: Room,
    pcsc_reader: VirtualPcscReader,
) -> Iterator[RunningDesk]:
    pcscd.wait_for(pcsc_reader, pcscd.STATE_EMPTY)
    watch = ReaderMonitor().events
    with RunningDesk(service.desk, watch, pcsc.PcscConnection, pcsc_reader.name) as running:
        yield running


@pytest.fixture
def room(service: ServiceUnderTest) -> Iterator[Room]:
    room = Room(service)
    yield room
    for job in room.orders.in_state(OrderState.OPEN):
        cancel_order(room.orders, job.id, service.clock.now())


class Room:
    """What the people around the desk do."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.orders = service.installation.orders
        self.application = ""

    def order(self) -> str:
        self.application = self.service.approved_application()
        order = JobOrder(self.application, agent=DESK, operator="mai")
        return self.service.installation.jobs.open_job(order)

    def guid(self) -> CardGuid:
        with self.service.installation.store.transaction() as unit:
            return unit.cards_of_application(self.application)[-1].guid

    def state(self) -> CardState:
        with self.service.installation.store.transaction() as unit:
            return unit.card(self.guid()).state

    def stage(self, job: str) -> tuple[JobStage, ReasonCode | None]:
        progress = self.orders.progress(job)
        assert progress is not None
        return progress.stage, progress.reason

    def until_stage(self, job: str, stage: JobStage, reason: ReasonCode | None = None) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.stage(job) != (stage, reason):
            assert time.monotonic() < deadline, self.stage(job)
            time.sleep(0.05)

    def activation(self) -> str:
        job = str(uuid.uuid4())
        place_card_job(
            self.service.installation.store, self.orders, JobKind.ACTIVATE, self.guid(),
            job_id=job, agent=DESK, operator="mai", at=self.service.clock.now(),
        )  # fmt: skip
        return job

    def unblocking(self) -> str:
        it, at = self.service.installation, self.service.clock.now()
        asked = unblock.request_unblock(
            it.store, it.unblocks, self.guid(), request_id=uuid.uuid4(), operator="lan", at=at
        )
        unblock.approve_unblock(
            it.unblocks, it.store, it.orders, asked.id, agent=DESK, operator="hung", at=at
        )
        return asked.id

    def code(self) -> str:
        return self.service.installation.pki.card_secrets.transport_pin(self.guid())

    def audited(self, action: AuditAction) -> int:
        events = self.service.installation.audit.events(subject=str(self.guid()))
        return sum(one.event.action is action for one in events)


def opens(card: VirtualCard, pin: str) -> bool:
    connection = connect_in_process(card)
    session = PivSession(connection)
    session.select()
    try:
        session.verify_pin(pin)
    except CardError:
        return False
    finally:
        connection.close()
    return True


def change(reader: VirtualPcscReader, card: PoweredCard | None) -> None:
    """Take the card out that is in the reader, and put another one in."""
    reader.slot.remove()
    pcscd.wait_for(reader, pcscd.STATE_EMPTY)
    if card is not None:
        pcscd.insert(reader, card)


def test_a_card_is_made_activated_unblocked_and_given_a_pin_by_one_desk(
    room: Room, desk: RunningDesk, pcsc_reader: VirtualPcscReader
) -> None:
    screen, card = desk.screen, room.service.blank()
    made = room.order()
    at = screen.until("Put a blank")
    pcscd.insert(pcsc_reader, card)
    at = screen.until(TAKE_OUT, after=screen.until(DONE, after=at))
    assert room.stage(made) == (JobStage.DONE, None)
    room.service.hand_over(room.guid())
    screen.typed = [room.code(), "123456", PIN]
    activated = room.activation()
    change(pcsc_reader, None)
    at = screen.until("Activation", after=at)
    pcscd.insert(pcsc_reader, card)
    at = screen.until("easy to guess", after=at)
    at = screen.until(TAKE_OUT, after=screen.until(DONE, after=at))
    assert room.stage(activated) == (JobStage.DONE, None)
    assert room.state() is CardState.ACTIVE
    assert opens(card, PIN)

    opened = room.unblocking()
    change(pcsc_reader, None)
    at = screen.until("PIN unblock", after=at)
    pcscd.insert(pcsc_reader, card)
    at = screen.until(TAKE_OUT, after=screen.until(DONE, after=at))
    assert room.stage(opened) == (JobStage.DONE, None)
    it = room.service.installation
    code = unblock.show_unblock_code(
        it.unblocks, it.pki.card_secrets, opened, operator="hung", at=room.service.clock.now()
    )
    screen.typed = [code, NEXT_PIN]
    change(pcsc_reader, None)
    at = screen.until("New PIN", after=at)
    pcscd.insert(pcsc_reader, card)
    screen.until(DONE, after=at)
    assert opens(card, NEXT_PIN)
    assert room.state() is CardState.ACTIVE
    (here,) = [one for one in it.presence.all() if one.agent == DESK]
    assert here.pcsc
    assert pcsc_reader.name in dict(here.readers)


def test_a_card_pulled_in_the_middle_goes_on_when_it_is_put_back(
    room: Room, desk: RunningDesk, pcsc_reader: VirtualPcscReader
) -> None:
    card = room.service.blank()
    job = room.order()
    pcscd.insert(pcsc_reader, TriggeredCard(card, 60, pcsc_reader.slot.remove))
    at = desk.screen.until("pulled out")
    at = desk.screen.until(PUT_IN, after=at)
    assert room.state() is CardState.TORN
    pcscd.insert(pcsc_reader, card)
    desk.screen.until(DONE, after=at)
    assert room.stage(job) == (JobStage.DONE, None)
    assert room.audited(AuditAction.CARD_TORN) == 1


def test_a_reader_service_killed_in_the_middle_loses_nothing(
    room: Room,
    desk: RunningDesk,
    private_pcscd: PrivatePcscd,
    pcsc_reader: VirtualPcscReader,
) -> None:
    card = TriggeredCard(room.service.blank(), 60, lambda: pcscd.crash(private_pcscd))
    job = room.order()
    pcscd.insert(pcsc_reader, card)
    assert card.happened.wait(30)
    at = desk.screen.until("service_unavailable")
    private_pcscd.start_service()
    desk.screen.until(DONE, after=at)
    assert room.stage(job) == (JobStage.DONE, None)
    assert room.state() is CardState.PERSONALISED


@pytest.mark.parametrize("strange", ["somebody's", "not ours", "another application"])
def test_a_wrong_card_is_told_apart_and_left_as_it_was(
    room: Room,
    desk: RunningDesk,
    pcsc_reader: VirtualPcscReader,
    somebody: tuple[VirtualCard, CardGuid],
    strange: str,
) -> None:
    def no_piv(apdu: CommandApdu) -> StatusWord | None:
        selects = apdu.ins == Ins.SELECT and PIV_AID.startswith(apdu.data)
        return StatusWord.NOT_FOUND if selects else None

    wrong: PoweredCard
    if strange == "somebody's":
        wrong = somebody[0]
        expected, said = ReasonCode.CARD_IN_USE, "somebody's already"
    elif strange == "not ours":
        foreign = room.service.blank()
        foreign.state.management_key = type(foreign.state.management_key)(
            foreign.state.management_key.algorithm, bytes(reversed(range(24)))
        )
        wrong, expected, said = foreign, ReasonCode.MANAGEMENT_KEY_REFUSED, "Neither a blank"
    else:
        wrong = RefusingCard(room.service.blank(), no_piv)
        expected, said = ReasonCode.NO_PIV_APPLICATION, "no PIV application"
    job = room.order()
    pcscd.insert(pcsc_reader, wrong)
    at = desk.screen.until(said)
    at = desk.screen.until(TAKE_OUT, after=at)
    room.until_stage(job, JobStage.WAITING_CARD, expected)
    change(pcsc_reader, room.service.blank())
    desk.screen.until(DONE, after=at)
    assert room.stage(job) == (JobStage.DONE, None)
    with room.service.installation.store.transaction() as unit:
        assert unit.card(somebody[1]).state is CardState.ACTIVE


def test_an_unblocking_waits_for_its_own_card(
    room: Room,
    desk: RunningDesk,
    pcsc_reader: VirtualPcscReader,
    somebody: tuple[VirtualCard, CardGuid],
) -> None:
    other, _ = somebody
    card = room.service.blank()
    room.order()
    pcscd.insert(pcsc_reader, card)
    at = desk.screen.until(TAKE_OUT)
    room.service.hand_over(room.guid())
    job = room.unblocking()
    change(pcsc_reader, other)
    at = desk.screen.until("another card", after=at)
    room.until_stage(job, JobStage.WAITING_CARD, ReasonCode.WRONG_CARD)
    assert other.state.puk.tries == 3
    change(pcsc_reader, card)
    at = desk.screen.until(DONE, after=at)
    assert room.stage(job) == (JobStage.DONE, None)
    change(pcsc_reader, None)
    at = desk.screen.until("Activation", after=at)
    pcscd.insert(pcsc_reader, other)
    desk.screen.until("another card", after=at)
    assert opens(other, HOLDERS_PIN)


@pytest.mark.parametrize("end", ["cancelled", "spoiled"])
def test_an_order_taken_back_frees_the_desk(
    room: Room, desk: RunningDesk, pcsc_reader: VirtualPcscReader, end: str
) -> None:
    job = room.order()
    at = desk.screen.until("Put a blank")
    clock = room.service.clock
    if end == "cancelled":
        cancel_order(room.orders, job, clock.now())
    else:
        store = room.service.installation.store
        spoil_order(store, room.orders, job, operator="mai", at=clock.now())
    at = desk.screen.until("ended this job", after=at)
    following = room.order()
    at = desk.screen.until("Put a blank", after=at)
    pcscd.insert(pcsc_reader, room.service.blank())
    desk.screen.until(DONE, after=at)
    assert room.stage(following) == (JobStage.DONE, None)


def test_two_cards_at_a_desk_are_one_too_many(
    room: Room, private_pcscd: PrivatePcscd, service: ServiceUnderTest
) -> None:
    first, second = private_pcscd.readers[:2]
    for reader in (first, second):
        pcscd.insert(reader, service.blank())
    job = room.order()
    with RunningDesk(service.desk, ReaderMonitor().events, pcsc.PcscConnection) as desk:
        at = desk.screen.until("cards in two readers")
        room.until_stage(job, JobStage.WAITING_CARD, ReasonCode.SEVERAL_CARDS)
        second.slot.remove()
        desk.screen.until(DONE, after=at)
    assert room.stage(job) == (JobStage.DONE, None)
    first.slot.remove()

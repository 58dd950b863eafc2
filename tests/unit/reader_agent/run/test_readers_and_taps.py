"""What the board makes of reader events, and how a tap goes on when the service is away."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import KeySlot
from cardsvc.clock import SettableClock
from cardsvc.desk_records import ReaderState
from cardsvc.errors import CardError, CardsvcError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent import events
from reader_agent.client import ServiceError
from reader_agent.pin_entry import PinAtReader
from reader_agent.run import happenings
from reader_agent.run.hub import Hub, Subscription
from reader_agent.run.network import Network
from reader_agent.run.pin_asking import TapStep
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.run.readers import ReaderBoard, ReaderWatch
from reader_agent.run.stages import Stage, StageTimes
from reader_agent.run.taps import Judge, Tapper
from reader_agent.run.virtual_reader import FileWatch, open_card_file
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from reader_agent.virtual.storage import FileStore
from tests.support.pad_reader import PadReader
from tests.support.virtual_cards import put_key_and_certificate
from verification.presentation import UnverifiedPresentation

AT = datetime(2026, 11, 22, tzinfo=UTC)
ONE = ReaderConfig("one", "ACR", Role.COUNTER)
NAME = "ACS ACR39U 00 00"


def heard(subscription: Subscription) -> list[happenings.Happening]:
    return list(iter(lambda: subscription.get(0), None))


def refuse(_: str) -> CardConnection:
    raise CardError(ReasonCode.NO_CARD)


class BoardAndEar:
    def __init__(self, *readers: ReaderConfig) -> None:
        self.hub = Hub()
        self.ear = self.hub.subscribe()
        self.board = ReaderBoard(readers, refuse, self.hub, SettableClock(AT))

    def tell(self, *told: events.ReaderEvent) -> list[happenings.Happening]:
        for event in told:
            self.board.take(event)
        return heard(self.ear)


def test_cards_and_readers_are_told_by_their_configured_names() -> None:
    both = BoardAndEar(ONE)
    assert both.tell(events.ServiceBack(), events.ReaderAdded(NAME), events.ReaderAdded("x")) == [
        happenings.PcscBack(AT),
        happenings.ReaderBack(AT, "one"),
    ]
    assert both.tell(events.CardInserted(NAME, b";"), events.CardInserted("x", b";")) == [
        happenings.CardIn(AT, "one")
    ]
    assert both.board.state_of("one") is ReaderState.CARD
    assert both.tell(events.CardRemoved(NAME), events.CardMute(NAME)) == [
        happenings.CardRemoved(AT, "one"),
        happenings.CardUnreadable(AT, "one"),
    ]


def test_the_end_of_the_service_takes_card_and_reader_along_once() -> None:
    both = BoardAndEar(ONE)
    both.tell(events.ServiceBack(), events.ReaderAdded(NAME), events.CardInserted(NAME, b";"))
    gone = events.ServiceLost(ReasonCode.SERVICE_UNAVAILABLE, "")
    assert both.tell(gone, events.CardRemoved(NAME), events.ReaderRemoved(NAME)) == [
        happenings.PcscLost(AT, ReasonCode.SERVICE_UNAVAILABLE),
        happenings.CardRemoved(AT, "one"),
        happenings.ReaderLost(AT, "one"),
    ]
    assert both.board.unbound() == ("one",)


def test_a_second_reader_of_the_same_name_takes_the_first_from_us() -> None:
    both = BoardAndEar(ONE)
    both.tell(events.ReaderAdded(NAME))
    assert both.tell(events.ReaderAdded("ACS ACR1252 00 00")) == [happenings.ReaderLost(AT, "one")]
    with pytest.raises(CardError) as caught:
        both.board.open("one")
    assert caught.value.reason is ReasonCode.NO_READER
    assert both.tell(events.ReaderRemoved("ACS ACR1252 00 00")) == [
        happenings.ReaderBack(AT, "one")
    ]


def test_the_cap_is_told() -> None:
    assert BoardAndEar().tell(events.ReaderCapReached(16)) == [happenings.TooManyReaders(AT, 16)]


@pytest.fixture
def card_file(tmp_path: Path) -> Path:
    file = tmp_path / "card.json"
    FileStore(file).save(CardState.factory())
    return file


def test_a_card_file_is_in_while_it_is_there(card_file: Path) -> None:
    reader = ReaderConfig("one", f"virtual:{card_file}", Role.KIOSK)
    both = BoardAndEar(reader)
    stop = threading.Event()
    watch = FileWatch([card_file], instead_of_pcsc=True)
    thread = threading.Thread(
        target=ReaderWatch("virtual", watch.events, both.board).run, args=(stop,)
    )
    thread.start()
    told = [both.ear.get(5) for _ in range(3)]
    card_file.unlink()
    told.append(both.ear.get(5))
    stop.set()
    thread.join(60)
    assert told == [
        happenings.PcscBack(AT),
        happenings.ReaderBack(AT, "one"),
        happenings.CardIn(AT, "one"),
        happenings.CardRemoved(AT, "one"),
    ]
    with pytest.raises(CardError) as caught:
        open_card_file(f"virtual:{card_file}")
    assert caught.value.reason is ReasonCode.NO_CARD


class FixedJudge:
    """Decides as it is told; ``failures`` come first."""

    def __init__(self, code: str, *failures: CardsvcError, present: CardsvcError | None = None):
        self._code = code
        self._failures = list(failures)
        self._present = present

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        if self._failures:
            raise self._failures.pop(0)
        return ChallengeMessage(b"n" * 16, b"message", AT)

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        if self._present is not None:
            raise self._present
        return DecisionMessage(
            granted=False, code=self._code, level=None, holder_name=None,
            message_vi="Không", message_en="No", receipt="-",
        )  # fmt: skip


AWAY = ServiceError(ReasonCode.NETWORK_FAILED, 0, "no answer")
PROXY = ServiceError(ReasonCode.SERVICE_UNAVAILABLE, 502, "HTTP 502")
SHUT_OUT = ServiceError(ReasonCode.ACCESS_DENIED, 401, "HTTP 401")


class Tapping:
    def __init__(
        self,
        online: Judge,
        offline: Judge | None,
        card: VirtualCard,
        reader: PadReader | None = None,
    ) -> None:
        self.hub, clock = Hub(), SettableClock(AT)
        self.stages = StageTimes()
        self.ear = self.hub.subscribe()
        self.network = Network(self.hub, clock)
        self.tapper = Tapper(
            "rp",
            open_reader=lambda _: connect_in_process(card) if reader is None else reader.connect(),
            online=online,
            offline=offline,
            network=self.network,
            hub=self.hub,
            clock=clock,
            stages=self.stages,
        )

    def kinds(self) -> list[str]:
        return [type(one).__name__ for one in heard(self.ear)]


@pytest.fixture(scope="module")
def card() -> VirtualCard:
    state = CardState.factory()
    for slot in (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION):
        put_key_and_certificate(state, slot, ec.generate_private_key(ec.SECP256R1()))
    return VirtualCard(state)


def test_a_tap_is_decided_online(card: VirtualCard) -> None:
    tapping = Tapping(FixedJudge("online"), FixedJudge("offline"), card)
    outcome = tapping.tapper.tap("one", "s")
    assert (outcome.decision.code, outcome.offline, outcome.guid) == ("online", False, None)
    assert tapping.kinds() == ["TapStarted", "NetworkBack", "TapDecided"]
    assert {one.stage for one in tapping.stages.summaries()} == {Stage.CARD, Stage.TAP}


@pytest.mark.parametrize("away", [AWAY, PROXY])
def test_where_the_service_is_away_the_same_card_is_asked_offline(
    card: VirtualCard, away: ServiceError
) -> None:
    online = FixedJudge("online", away)
    tapping = Tapping(online, FixedJudge("offline"), card)
    asked: list[int | None] = []
    steps: list[TapStep] = []

    def ask_pin(tries_left: int | None) -> str:
        asked.append(tries_left)
        return "123456"

    level = AssuranceLevel.X2
    outcome = tapping.tapper.tap("one", "s", level, ask_pin=ask_pin, progress=steps.append)
    assert (outcome.decision.code, outcome.offline) == ("offline", True)
    assert tapping.kinds() == ["TapStarted", "NetworkLost", "TapDecided"]
    assert tapping.tapper.tap("one", "s").offline, "nobody waits for a service known to be away"
    tapping.network.answered()
    assert not tapping.tapper.tap("one", "s").offline
    assert len(asked) == 1
    assert steps == [TapStep.READING, TapStep.PIN, TapStep.READING, TapStep.ASKING]


def test_the_pin_is_asked_once_though_the_network_goes_between(card: VirtualCard) -> None:
    tapping = Tapping(FixedJudge("online", present=AWAY), FixedJudge("offline"), card)
    asked: list[int | None] = []

    def ask_pin(tries_left: int | None) -> str:
        asked.append(tries_left)
        return "123456"

    assert tapping.tapper.tap("one", "s", AssuranceLevel.X2, ask_pin=ask_pin).offline
    assert len(asked) == 1


def test_the_pin_is_typed_once_at_the_reader_though_the_network_goes_between(
    card: VirtualCard,
) -> None:
    reader = PadReader("pad")
    reader.insert(card)
    reader.typed.put("123456")
    tapping = Tapping(FixedJudge("online", present=AWAY), FixedJudge("offline"), card, reader)
    steps: list[TapStep] = []
    outcome = tapping.tapper.tap(
        "one", "s", AssuranceLevel.X2, ask_pin=PinAtReader(), progress=steps.append
    )
    assert outcome.offline
    assert reader.asked == 1
    assert steps.count(TapStep.PIN) == 1


@pytest.mark.parametrize("offline", [FixedJudge("offline"), None])
def test_who_is_shut_out_does_not_take_itself_for_offline(
    card: VirtualCard, offline: Judge | None
) -> None:
    tapping = Tapping(FixedJudge("online", SHUT_OUT), offline, card)
    with pytest.raises(ServiceError) as caught:
        tapping.tapper.tap("one", "s")
    assert caught.value.status == 401
    assert tapping.kinds() == ["TapStarted", "NetworkBack", "TapFailed"]


def test_without_an_offline_judge_the_network_is_tried_each_time(card: VirtualCard) -> None:
    tapping = Tapping(FixedJudge("online", AWAY), None, card)
    with pytest.raises(ServiceError):
        tapping.tapper.tap("one", "s")
    assert tapping.tapper.tap("one", "s").decision.code == "online"


def test_a_fault_of_the_card_is_one_end_and_frees_the_reader(card: VirtualCard) -> None:
    tapping = Tapping(FixedJudge("online"), None, VirtualCard(CardState.factory()))
    for _ in range(2):
        with pytest.raises(CardError) as caught:
            tapping.tapper.tap("one", "s")
        assert caught.value.reason is ReasonCode.OBJECT_MISSING
        assert tapping.kinds() == ["TapStarted", "TapFailed"]


def test_a_reader_serves_one_tap_at_a_time(card: VirtualCard) -> None:
    busy: list[ReasonCode] = []
    tapping = Tapping(FixedJudge("online"), None, card)

    def ask_pin(_: int | None) -> str:
        with pytest.raises(CardError) as caught:
            tapping.tapper.tap("one", "s")
        busy.append(caught.value.reason)
        return "123456"

    tapping.tapper.tap("one", "s", AssuranceLevel.X2, ask_pin=ask_pin)
    assert busy == [ReasonCode.READER_BUSY]
    assert tapping.kinds() == ["TapStarted", "NetworkBack", "TapDecided"]

"""What people put on a kiosk's reader that is no card of ours: each ends with a plain sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.piv import Ins
from cardsvc.card.status import StatusWord
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from reader_agent import events
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.machine import tasks_of
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.faults import EndlessCard, FaultyCard, GarbageCard
from reader_agent.virtual.state import CardState
from tests.support.installations import AT, PIN, RELYING_PARTY, ServiceUnderTest
from tests.support.kiosk import CONFIG, RunningKiosk, await_that, running_kiosk
from tests.support.odd_cards import LyingCard, RefusingCard
from tests.support.triggered_card import TriggeredCard
from verification.policy.simple import simple_policy

QUEUE, DOSSIER = tasks_of(CONFIG)[:2]
SIDE = "Contactless reader 01"
FOREIGN = "Đây không phải thẻ điện tử của hệ thống"
MUTE = "Không đọc được thẻ"
BAD_DATA = "Dữ liệu trên thẻ không đọc được"
_SECONDS = 60.0

Spoiled = Callable[[VirtualCard], PoweredCard]


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    signing = simple_policy(RELYING_PARTY, "ky-ho-so", minimum_level=AssuranceLevel.X2)
    service.installation.access.put_policy(signing, operator="admin", at=AT)
    return service.active_card(CardType.INDIVIDUAL)[0]


@pytest.fixture(scope="module")
def hall(
    service: ServiceUnderTest, card: VirtualCard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningKiosk]:
    with running_kiosk(
        tmp_path_factory.mktemp("agent"), service.url, service.agent_token, RELYING_PARTY,
        other_readers=(SIDE,),
    ) as kiosk:  # fmt: skip
        yield kiosk


@pytest.fixture
def kiosk(hall: RunningKiosk) -> Iterator[RunningKiosk]:
    shows(hall, v.Menu)
    yield hall
    hall.remove()
    hall.kiosk.tell(i.StartOver())
    shows(hall, v.Menu)


def shows(kiosk: RunningKiosk, screen: type[object]) -> None:
    await_that(lambda: isinstance(kiosk.kiosk.visit.screen, screen), _SECONDS)


def said(kiosk: RunningKiosk) -> tuple[str, str]:
    shows(kiosk, v.Trouble)
    shown = kiosk.kiosk.document()
    return shown["part"], shown["title"]["vi"]


class OtherApplication(FaultyCard):
    """Selects whatever it is asked for, and knows nothing of PIV."""

    def __init__(self, card: PoweredCard, status: int) -> None:
        super().__init__(card)
        self._status = status

    def answer(self, command: bytes) -> bytes:
        if CommandApdu.parse(command).ins == Ins.SELECT:
            return bytes.fromhex("6f098407a0000000031010") + b"\x90\x00"
        return self._status.to_bytes(2, "big")


def knows_no_piv(status: int) -> Spoiled:
    """A phone, a bank card, a bus card: SELECT is refused."""
    return lambda card: RefusingCard(card, lambda _: StatusWord(status))


def changed(ins: Ins, change: Callable[[bytes], bytes]) -> Spoiled:
    """A card whose successful answers to one command have other octets.

    Of an object, the end comes with GET RESPONSE.
    """

    def lie(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
        if command.ins != ins or not response.status.ok:
            return None
        return ResponseApdu(change(response.data), response.status)

    return lambda card: LyingCard(card, lie)


def always(status: int, ins: Ins) -> Spoiled:
    return lambda card: LyingCard(
        card,
        lambda command, _: ResponseApdu(b"", StatusWord(status)) if command.ins == ins else None,
    )


_CARDS = [
    pytest.param(knows_no_piv(0x6A82), "card", FOREIGN, id="a phone without such an application"),
    pytest.param(knows_no_piv(0x6999), "card", FOREIGN, id="a phone whose wallet is locked"),
    pytest.param(knows_no_piv(0x6D00), "card", FOREIGN, id="a card that knows no SELECT"),
    pytest.param(knows_no_piv(0x6E00), "card", FOREIGN, id="a card of another class"),
    pytest.param(knows_no_piv(0x6300), "card", FOREIGN, id="a memory card behind its reader"),
    pytest.param(
        lambda card: OtherApplication(card, 0x6D00), "card", FOREIGN, id="selects everything"
    ),
    pytest.param(
        lambda card: OtherApplication(card, 0x6A82), "card", FOREIGN, id="selects and has nothing"
    ),
    pytest.param(
        lambda _: VirtualCard(CardState.factory()), "card", FOREIGN, id="a card nobody has made"
    ),
    pytest.param(EndlessCard, "card", MUTE, id="61xx for ever without an octet"),
    pytest.param(
        lambda card: EndlessCard(card, 2, octets=1), "card", MUTE, id="61xx, an octet each"
    ),
    pytest.param(
        lambda card: EndlessCard(card, 2, octets=256), "card", MUTE, id="61xx, 256 octets each"
    ),
    pytest.param(always(0x6C10, Ins.SELECT), "card", FOREIGN, id="6Cxx for ever at SELECT"),
    pytest.param(always(0x6C10, Ins.GET_DATA), "data", BAD_DATA, id="6Cxx for ever at GET DATA"),
    pytest.param(
        changed(Ins.GET_RESPONSE, lambda octets: octets[:-1]), "data", BAD_DATA, id="an octet short"
    ),
    pytest.param(
        changed(Ins.GET_RESPONSE, lambda octets: b""), "data", BAD_DATA,
        id="nothing and 9000 instead of the rest",
    ),
    pytest.param(
        changed(Ins.GENERAL_AUTHENTICATE, lambda octets: octets[:-1]), "data", BAD_DATA,
        id="a signature an octet short",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spoiled", "part", "title"), _CARDS)
def test_each_ends_with_its_own_sentence(
    kiosk: RunningKiosk, card: VirtualCard, spoiled: Spoiled, part: str, title: str
) -> None:
    kiosk.kiosk.tell(i.Chosen(QUEUE))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(spoiled(card))
    assert said(kiosk) == (part, title)


@pytest.mark.parametrize("claim_success", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_garbage_is_never_granted_and_always_told(
    kiosk: RunningKiosk, card: VirtualCard, at: int, claim_success: bool
) -> None:
    """Comes before the card is granted anything here: then it would not be read (ADR-0034)."""
    kiosk.kiosk.tell(i.Chosen(QUEUE))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(GarbageCard(card, at, claim_success=claim_success))
    part, _ = said(kiosk)
    assert part in {"card", "data"}


@pytest.mark.parametrize("status", [0x6D00, 0x6E00])
def test_a_card_that_selects_everything_is_not_asked_for_a_pin(
    kiosk: RunningKiosk, card: VirtualCard, status: int
) -> None:
    kiosk.kiosk.tell(i.Chosen(DOSSIER))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(OtherApplication(card, status))
    assert said(kiosk) == ("card", FOREIGN)


def test_after_all_that_our_card_is_read(kiosk: RunningKiosk, card: VirtualCard) -> None:
    kiosk.kiosk.tell(i.Chosen(QUEUE))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(EndlessCard(card))
    said(kiosk)
    kiosk.remove()
    kiosk.insert(card)
    shows(kiosk, v.Result)
    assert kiosk.kiosk.document()["good"]


@pytest.fixture
def side(kiosk: RunningKiosk) -> Iterator[Callable[[], None]]:
    """Puts a second card on the other reader."""
    take = kiosk.tools.readers.take
    take(events.ReaderAdded(SIDE))
    yield lambda: take(events.CardInserted(SIDE, b";"))
    take(events.ReaderRemoved(SIDE))


@pytest.mark.reason(ReasonCode.SEVERAL_CARDS)
def test_two_cards_are_one_too_many_until_one_is_taken(
    kiosk: RunningKiosk, card: VirtualCard, side: Callable[[], None]
) -> None:
    kiosk.kiosk.tell(i.Chosen(DOSSIER))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(card)
    shows(kiosk, v.Pad)
    side()
    await_that(lambda: kiosk.kiosk.visit.screen == v.Trouble(ReasonCode.SEVERAL_CARDS), _SECONDS)
    assert said(kiosk) == ("card", "Có nhiều hơn một thẻ")
    kiosk.tools.readers.take(events.CardRemoved(SIDE))
    shows(kiosk, v.Pad)
    kiosk.kiosk.tell(i.Typed(PIN))
    shows(kiosk, v.Result)


def test_a_pin_does_not_go_to_a_card_that_came_while_the_other_was_looked_at(
    kiosk: RunningKiosk, card: VirtualCard, side: Callable[[], None]
) -> None:
    kiosk.kiosk.tell(i.Chosen(DOSSIER))
    shows(kiosk, v.PlaceCard)
    kiosk.insert(TriggeredCard(card, at=2, happen=side))
    await_that(lambda: isinstance(kiosk.kiosk.visit.screen, v.Pad | v.Trouble), _SECONDS)
    kiosk.kiosk.tell(i.Typed("111222"))
    await_that(lambda: kiosk.kiosk.visit.screen == v.Trouble(ReasonCode.SEVERAL_CARDS), _SECONDS)
    assert said(kiosk) == ("card", "Có nhiều hơn một thẻ")
    assert card.state.pin.tries == 3

"""What every ``CardConnection`` does, in process and through pcscd with vpcd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cardsvc.card.apdu import CommandApdu
from cardsvc.card.connection import ApduTransport, CardConnection
from cardsvc.card.piv import ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from reader_agent import pcsc
from reader_agent.pcsc import PcscConnection
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.connection import VirtualReader
from reader_agent.virtual.faults import Tear, TornCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardOptions, CardState
from tests.support import pcscd

PHOTO = bytes(range(256)) * 64


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to reach a card: put it in, connect, take it out."""

    insert: Callable[[PoweredCard], None]
    connect: Callable[[], CardConnection]
    remove: Callable[[], None]
    wait_until_empty: Callable[[], None] = lambda: None


@pytest.fixture(params=["in-process", pytest.param("pcsc", marks=pytest.mark.pcsc)])
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    if request.param == "in-process":
        virtual = VirtualReader("in process")
        yield Reader(virtual.insert, virtual.connect, virtual.remove)
        virtual.remove()
        return
    real: VirtualPcscReader = request.getfixturevalue("pcsc_reader")
    yield Reader(
        lambda card: pcscd.insert(real, card),
        lambda: PcscConnection(real.name, open_timeout_seconds=0.5),
        real.slot.remove,
        lambda: pcscd.wait_for(real, pcsc.STATE_EMPTY),
    )


@pytest.fixture(params=[True, False], ids=["short", "extended"])
def card(request: pytest.FixtureRequest) -> VirtualCard:
    state = CardState.factory(options=CardOptions(short_apdus_only=request.param))
    state.put_object(ObjectTag.FACIAL_IMAGE, PHOTO)
    return VirtualCard(state)


def test_the_atr_is_the_cards(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    connection = reader.connect()
    assert connection.atr == card.atr
    connection.close()


def test_long_commands_and_responses_arrive_whole(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    extended = not card.state.options.short_apdus_only
    connection = reader.connect()
    session = PivSession(connection, extended=extended)
    session.select()
    session.verify_pin("123456")
    assert session.read_object(ObjectTag.FACIAL_IMAGE) == PHOTO
    # 6A80 and not 6700: the card has put the whole command together before it refuses it.
    long_command = CommandApdu(0, 0x87, 0x11, 0x9A, bytes(2000), 256)
    assert ApduTransport(connection, extended=extended).send(long_command).status == 0x6A80
    connection.close()


def test_closing_forgets_the_pin_and_keeps_the_counter(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    first = reader.connect()
    session = PivSession(first)
    session.select()
    with pytest.raises(CardError):
        session.verify_pin("999999")
    session.verify_pin("123456")
    with pytest.raises(CardError):
        session.verify_pin("999999")
    session.verify_pin("123456")
    with pytest.raises(CardError):
        session.verify_pin("999999")
    first.close()
    first.close()
    second = reader.connect()
    session = PivSession(second)
    session.select()
    assert session.pin_tries_left() == 2
    with pytest.raises(CardError):
        session.read_object(ObjectTag.FACIAL_IMAGE)
    second.close()


def test_a_verified_pin_does_not_outlive_its_connection(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    first = reader.connect()
    session = PivSession(first)
    session.select()
    session.verify_pin("123456")
    first.close()
    second = reader.connect()
    session = PivSession(second)
    session.select()
    with pytest.raises(CardError):
        session.read_object(ObjectTag.FACIAL_IMAGE)
    second.close()


def test_a_card_taken_out_is_an_error_and_nothing_else(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    connection = reader.connect()
    session = PivSession(connection)
    session.select()
    reader.remove()
    for _ in range(2):
        with pytest.raises(CardError) as caught:
            session.select()
        assert caught.value.reason is ReasonCode.CARD_REMOVED
    connection.close()


def test_nothing_can_be_sent_after_closing(reader: Reader, card: VirtualCard) -> None:
    reader.insert(card)
    connection = reader.connect()
    connection.close()
    with pytest.raises(CardError) as caught:
        PivSession(connection).select()
    assert caught.value.reason is ReasonCode.CARD_REMOVED


def _try_to_connect(reader: Reader) -> tuple[CardConnection | None, ReasonCode | None]:
    try:
        return reader.connect(), None
    except CardError as error:
        return None, error.reason


def test_two_connections_never_share_a_card(reader: Reader, card: VirtualCard) -> None:
    """Either the second has to wait, or the first learns that its card was reset."""
    reader.insert(card)
    first = reader.connect()
    session = PivSession(first)
    session.select()
    session.verify_pin("123456")
    second, refusal = _try_to_connect(reader)
    if second is None:
        assert refusal is ReasonCode.READER_BUSY
        assert session.read_object(ObjectTag.FACIAL_IMAGE) == PHOTO
    else:
        with pytest.raises(CardError) as caught:
            session.read_object(ObjectTag.FACIAL_IMAGE)
        assert caught.value.reason is ReasonCode.CARD_RESET
        PivSession(second).select()
        with pytest.raises(CardError):
            PivSession(second).read_object(ObjectTag.FACIAL_IMAGE)
        second.close()
    first.close()
    third = reader.connect()
    PivSession(third).select()
    third.close()


def test_a_card_torn_in_mid_command_is_an_error_and_can_be_put_back(
    reader: Reader, card: VirtualCard
) -> None:
    reader.insert(TornCard(card, at=3, tear=Tear.AFTER))
    connection = reader.connect()
    session = PivSession(connection)
    session.select()
    assert session.pin_tries_left() == 3
    with pytest.raises(CardError):
        session.verify_pin("999999")
    connection.close()
    reader.insert(card)
    connection = reader.connect()
    session = PivSession(connection)
    session.select()
    assert session.pin_tries_left() == 2
    connection.close()


def test_an_empty_reader_can_not_be_connected(reader: Reader) -> None:
    reader.wait_until_empty()
    with pytest.raises(CardError) as caught:
        reader.connect()
    assert caught.value.reason is ReasonCode.NO_CARD

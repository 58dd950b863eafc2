"""Cards that misbehave do so exactly where they were told to."""

from __future__ import annotations

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import VirtualReader, connect_in_process
from reader_agent.virtual.faults import (
    EndlessCard,
    GarbageCard,
    RemovedCard,
    SlowCard,
    Tear,
    TornCard,
)
from reader_agent.virtual.state import CardState

SELECT = bytes.fromhex("00A4040009A0000003080000100000")
WRONG_PIN = bytes.fromhex("0020008008393939393939FFFF")
STATUS = bytes.fromhex("00200080")


@pytest.fixture
def card() -> VirtualCard:
    return VirtualCard(CardState.factory())


@pytest.mark.parametrize(("tear", "tries"), [(Tear.BEFORE, 3), (Tear.AFTER, 2)])
def test_a_torn_card_dies_once_and_lives_again(card: VirtualCard, tear: Tear, tries: int) -> None:
    torn = TornCard(card, at=2, tear=tear)
    connection = connect_in_process(torn)
    connection.transmit(SELECT)
    assert not torn.torn
    for _ in range(2):
        with pytest.raises(CardError) as caught:
            connection.transmit(WRONG_PIN)
        assert caught.value.reason is ReasonCode.CARD_REMOVED
    assert torn.torn
    assert card.state.pin.tries == tries
    again = connect_in_process(torn)
    again.transmit(SELECT)
    assert again.transmit(STATUS) == bytes([0x63, 0xC0 | tries])


def test_a_removed_card_never_comes_back(card: VirtualCard) -> None:
    removed = RemovedCard(card, at=2)
    connect_in_process(removed).transmit(SELECT)
    for _ in range(2):
        with pytest.raises(CardError):
            connect_in_process(removed).transmit(SELECT)


def test_a_slow_card_takes_its_time(card: VirtualCard) -> None:
    waited: list[float] = []
    connection = connect_in_process(SlowCard(card, 1.5, waited.append))
    connection.transmit(SELECT)
    connection.transmit(STATUS)
    assert waited == [1.5, 1.5]


def test_garbage_repeats_for_a_seed(card: VirtualCard) -> None:
    def answers(seed: int) -> list[bytes]:
        connection = connect_in_process(GarbageCard(card, at=2, seed=seed))
        return [connection.transmit(SELECT), *(connection.transmit(STATUS) for _ in range(8))]

    assert answers(1) == answers(1)
    assert answers(1)[0] == answers(2)[0]
    assert answers(1) != answers(2)
    assert all(answer.endswith(b"\x90\x00") for answer in answers(3))


def test_an_endless_card_always_has_more(card: VirtualCard) -> None:
    connection = connect_in_process(EndlessCard(card, at=2, octets=3))
    connection.transmit(SELECT)
    for _ in range(5):
        assert connection.transmit(bytes.fromhex("00C0000000")) == bytes(3) + b"\x61\x00"


def test_a_later_connection_resets_the_card_of_an_earlier(card: VirtualCard) -> None:
    reader = VirtualReader("counter 1", card)
    first = reader.connect()
    first.transmit(SELECT)
    second = reader.connect()
    with pytest.raises(CardError) as caught:
        first.transmit(STATUS)
    assert caught.value.reason is ReasonCode.CARD_RESET
    first.close()
    assert second.transmit(SELECT).endswith(b"\x90\x00")
    assert reader.card is card


def test_an_empty_reader_has_no_card() -> None:
    reader = VirtualReader("counter 1")
    with pytest.raises(CardError) as caught:
        reader.connect()
    assert caught.value.reason is ReasonCode.NO_CARD
    reader.remove()

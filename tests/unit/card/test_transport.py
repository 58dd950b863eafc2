"""ISO/IEC 7816-4 section 5.3: chaining, GET RESPONSE and the repeat with a corrected Le."""

from __future__ import annotations

import itertools

import pytest

from cardsvc.card.apdu import CommandApdu
from cardsvc.card.connection import MAX_PARTS, ApduTransport
from cardsvc.errors import CardError, Malformed, ReasonCode
from tests.support.scripted_card import ScriptedCard

PUT = CommandApdu(0x00, 0xDB, 0x3F, 0xFF, bytes(600))
GET = CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c", 256)


def test_long_data_is_chained_with_the_class_bit_but_the_last() -> None:
    card = ScriptedCard(["9000"] * 3)
    transport = ApduTransport(card)
    assert transport.send(PUT).status.ok
    assert [sent[:10] for sent in card.received] == ["10db3fffff", "10db3fffff", "00db3fff5a"]
    assert transport.apdu_count == 3


def test_a_refused_link_ends_the_chain() -> None:
    card = ScriptedCard(["6982"])
    assert ApduTransport(card).send(PUT).status == 0x6982
    assert len(card.received) == 1


def test_an_extended_card_takes_it_in_one() -> None:
    card = ScriptedCard(["9000"])
    ApduTransport(card, extended=True).send(PUT)
    assert card.received[0].startswith("00db3fff000258")


def test_the_rest_of_a_response_is_fetched() -> None:
    card = ScriptedCard(["aa" * 256 + "6110", "bb" * 16 + "9000"])
    response = ApduTransport(card).send(GET)
    assert response.data == b"\xaa" * 256 + b"\xbb" * 16
    assert response.status.ok
    assert card.received[1] == "00c0000010"


def test_a_corrected_le_is_tried_once() -> None:
    card = ScriptedCard(["6c08", "aa" * 8 + "9000"])
    assert ApduTransport(card).send(GET).data == b"\xaa" * 8
    assert card.received[1].endswith("08")


def test_a_card_that_always_corrects_le_gets_no_third_try() -> None:
    card = ScriptedCard(["6c08", "6c09"])
    assert ApduTransport(card).send(GET).status == 0x6C09


@pytest.mark.reason(ReasonCode.CARD_SILENT)
@pytest.mark.parametrize("answer", ["6100", "aa6101", "aa" * 256 + "6100"])
def test_a_card_that_never_ends_is_left(answer: str) -> None:
    card = ScriptedCard(itertools.repeat(answer))
    with pytest.raises(CardError) as caught:
        ApduTransport(card).send(GET)
    assert caught.value.reason is ReasonCode.CARD_SILENT
    assert len(card.received) <= MAX_PARTS + 2


@pytest.mark.reason(ReasonCode.MALFORMED_RESPONSE)
@pytest.mark.parametrize("answer", ["", "90"])
def test_half_a_status_word_is_malformed(answer: str) -> None:
    with pytest.raises(Malformed) as caught:
        ApduTransport(ScriptedCard([answer])).send(GET)
    assert caught.value.reason is ReasonCode.MALFORMED_RESPONSE

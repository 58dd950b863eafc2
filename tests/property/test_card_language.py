"""Junk from a card raises Malformed or CardError, never anything else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.card.public_key import parse_public_key
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, Malformed, ReasonCode
from tests.support.scripted_card import ScriptedCard

octets = st.binary(max_size=300)
answers = st.lists(st.binary(max_size=80).map(bytes.hex), max_size=12)


@pytest.mark.reason(ReasonCode.MALFORMED_TLV)
@settings(max_examples=200)
@given(octets)
def test_tlv(junk: bytes) -> None:
    for parse in (lambda: list(tlv.iterate(junk)), lambda: tlv.parse_unique(junk)):
        with contextlib.suppress(Malformed):
            parse()


@given(st.lists(st.tuples(st.sampled_from([0x53, 0x7F49, 0x5FC102]), octets), max_size=4))
def test_what_is_encoded_is_read_back(items: list[tuple[int, bytes]]) -> None:
    encoded = tlv.encode_all(items)
    assert [(item.tag, item.value) for item in tlv.iterate(encoded)] == items


@pytest.mark.reason(ReasonCode.MALFORMED_APDU)
@settings(max_examples=200)
@given(octets)
def test_apdus(junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        CommandApdu.parse(junk)
    with contextlib.suppress(Malformed):
        ResponseApdu.parse(junk)


@given(
    st.integers(0, 255), st.integers(0, 255), st.binary(max_size=700),
    st.sampled_from([0, 1, 255, 256, 257, 65536]),
)  # fmt: skip
def test_a_command_survives_the_extended_form(ins: int, p1: int, data: bytes, ne: int) -> None:
    command = CommandApdu(0, ins, p1, 0, data, ne)
    assert CommandApdu.parse(command.encode(extended=True)) == command


@pytest.mark.reason(ReasonCode.MALFORMED_PUBLIC_KEY)
@given(st.sampled_from([Algorithm.ECC_P256, Algorithm.ECC_P384, Algorithm.RSA_2048]), octets)
def test_public_keys(algorithm: Algorithm, junk: bytes) -> None:
    for octets_ in (junk, tlv.encode(0x7F49, junk), tlv.encode(0x7F49, tlv.encode(0x86, junk))):
        with pytest.raises(Malformed):
            parse_public_key(octets_, algorithm)


@pytest.mark.reason(ReasonCode.MALFORMED_GUID)
@given(st.text(max_size=50))
def test_guids(junk: str) -> None:
    with contextlib.suppress(Malformed):
        CardGuid.parse(junk)


@settings(max_examples=200)
@given(answers)
def test_a_session_with_a_card_that_answers_junk(script: list[str]) -> None:
    calls = (
        PivSession.select,
        lambda session: session.read_object(ObjectTag.CHUID),
        lambda session: session.verify_pin("123456"),
        lambda session: session.pin_tries_left(),
        lambda session: session.sign_message(Algorithm.ECC_P256, KeySlot.SIGNATURE, b"x"),
        lambda session: session.generate_key(KeySlot.SIGNATURE, Algorithm.ECC_P384),
    )
    for call in calls:
        with contextlib.suppress(CardError, Malformed):
            call(PivSession(ScriptedCard(script)))

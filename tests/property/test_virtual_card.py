"""Whatever octets come, the card answers with a well-formed response and guards its counters."""

from __future__ import annotations

import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.piv import Ins, KeySlot, ObjectTag
from cardsvc.errors import Malformed, ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from reader_agent.virtual.storage import encode_state, parse_state

SELECT = bytes.fromhex("00A4040009A0000003080000100000")
PIN_INSTRUCTIONS = {Ins.VERIFY, Ins.CHANGE_REFERENCE_DATA, Ins.RESET_RETRY_COUNTER}
MALFORMED_STATE = pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)


def _state(options: CardOptions) -> CardState:
    state = CardState.factory(options=options)
    for slot in (KeySlot.AUTHENTICATION, KeySlot.SIGNATURE, KeySlot.CARD_AUTHENTICATION):
        state.put_key(slot, ec.derive_private_key(slot, ec.SECP256R1()))
    state.put_object(ObjectTag.CHUID, bytes(300))
    return state


options = st.builds(
    CardOptions,
    short_apdus_only=st.booleans(),
    vendor=st.sampled_from(VendorInstructions),
    reselect_resets_security=st.booleans(),
    exact_le=st.booleans(),
)
instruction = st.one_of(
    st.sampled_from([int(ins) for ins in Ins if ins is not Ins.GENERATE_ASYMMETRIC]),
    st.integers(0, 255),
)
parameter = st.one_of(
    st.sampled_from([0x00, 0x3F, 0xFF, 0x04, 0x11, 0x0A, 0x80, 0x81, 0x9A, 0x9B, 0x9C, 0x9E]),
    st.integers(0, 255),
)
template = st.builds(
    lambda outer, items: tlv.encode(outer, tlv.encode_all(items)),
    st.sampled_from([0x7C, 0x5C, 0x53, 0xAC, 0x30, 0x7E]),
    st.lists(
        st.tuples(st.sampled_from([0x80, 0x81, 0x82, 0x85]), st.binary(max_size=66)), max_size=4
    ),
)
body = st.one_of(st.binary(max_size=300), template, st.just(bytes.fromhex("5C035FC102")))
command = st.builds(
    lambda cla, ins, p1, p2, data, ne, extended: CommandApdu(
        cla, ins, p1, p2, data if extended else data[:255], ne
    ).encode(extended=extended),
    st.sampled_from([0x00, 0x10, 0x0C, 0x80]),
    instruction,
    parameter,
    parameter,
    body,
    st.sampled_from([0, 1, 16, 256]),
    st.booleans(),
)
octets = st.one_of(st.binary(max_size=40), command)


def _tries(card: VirtualCard) -> tuple[int, int]:
    return card.state.pin.tries, card.state.puk.tries


@given(options, st.lists(octets, max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_octets_get_a_response_and_only_pin_commands_touch_the_counters(
    chosen: CardOptions, conversation: list[bytes]
) -> None:
    card = VirtualCard(_state(chosen))
    card.power_on()
    card.transmit(SELECT)
    for sent in conversation:
        before = card.state
        tries = _tries(card)
        response = ResponseApdu.parse(card.transmit(sent))
        assert 0x6100 <= response.status <= 0x9FFF
        if len(sent) < 2 or sent[1] not in PIN_INSTRUCTIONS:
            assert _tries(card) == tries
        if sent[1:2] not in (b"\x24", b"\x2c"):
            assert card.state.pin.octets == before.pin.octets
        assert card.state.management_key == before.management_key
        assert card.state.keys == before.keys
        assert card.state.objects == before.objects


@given(st.lists(st.sampled_from(["right", "wrong", "status", "cut"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_counter_goes_down_by_one_for_each_wrong_pin_and_is_filled_by_the_right_one(
    steps: list[str],
) -> None:
    card = VirtualCard(CardState.factory())
    card.power_on()
    card.transmit(SELECT)
    expected = 3
    for step in steps:
        if step == "cut":
            card.power_off()
            card.power_on()
            card.transmit(SELECT)
        elif step == "status":
            card.transmit(bytes.fromhex("00200080"))
        else:
            pin = b"123456\xff\xff" if step == "right" else b"999999\xff\xff"
            card.transmit(bytes.fromhex("0020008008") + pin)
            if expected:
                expected = 3 if step == "right" else expected - 1
        assert card.state.pin.tries == expected


@MALFORMED_STATE
@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_junk_is_no_card_file(junk: bytes) -> None:
    with pytest.raises(Malformed):
        parse_state(junk)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


@MALFORMED_STATE
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_card_file_with_one_part_spoilt_is_malformed_or_another_card(data: st.DataObject) -> None:
    fields = json.loads(encode_state(_state(CardOptions())))
    name = data.draw(st.sampled_from(sorted(fields)))
    target, key = fields, name
    if isinstance(fields[name], dict) and fields[name] and data.draw(st.booleans()):
        target, key = fields[name], data.draw(st.sampled_from(sorted(fields[name])))
    if data.draw(st.booleans()):
        target[key] = data.draw(json_values)
    else:
        del target[key]
    try:
        parsed = parse_state(json.dumps(fields).encode())
    except Malformed:
        return
    assert dataclasses.is_dataclass(parsed)
    card = VirtualCard(parsed)
    card.power_on()
    assert card.transmit(SELECT)[-2:] == b"\x90\x00"

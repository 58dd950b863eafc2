"""Cards that lie to the issuing desk; none gets a card out of PERSONALISING."""

from __future__ import annotations

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.piv import Algorithm, Ins, KeySlot, ObjectTag, PinReference
from cardsvc.card.public_key import encode_public_key
from cardsvc.card.status import StatusWord
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardState as ChipState
from tests.support.issuing_room import IssuingRoom, blank
from tests.support.odd_cards import Lie, LyingCard, RefusingCard

OK = StatusWord.SUCCESS


def memory_of(card: VirtualCard) -> ChipState:
    return card.state.copy()


def torn_by(room: IssuingRoom, lie: Lie, card: VirtualCard | None = None) -> ReasonCode | None:
    """Run a job on a lying card; return why it was torn."""
    application = room.application()
    job = room.job(room.order(application))
    assert room.run(job, LyingCard(card or blank(), lie)) is CardState.TORN
    assert room.record(application).state is CardState.TORN
    assert None not in room.certificate_states(room.record(application).guid)
    return room.failure(job)


# --- keys


@pytest.mark.reason(ReasonCode.KEY_PROOF_FAILED)
@pytest.mark.parametrize(
    "slot",
    [
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    ],
)
def test_a_card_shows_a_key_that_it_does_not_hold(slot: KeySlot) -> None:
    def other_key(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
        if command.ins != Ins.GENERATE_ASYMMETRIC or command.p2 != slot:
            return None
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        return ResponseApdu(encode_public_key(key), OK)

    room = IssuingRoom()
    assert torn_by(room, other_key) is ReasonCode.KEY_PROOF_FAILED
    # nothing was ever certified for it
    assert not room.certificate_states(next(iter(room.store.cards)))


@pytest.mark.reason(ReasonCode.KEY_PROOF_FAILED)
def test_a_key_that_stops_signing_is_found_at_read_back() -> None:
    chuid_written = False

    def stop(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
        nonlocal chuid_written
        chuid_written |= command.ins == Ins.SET_MANAGEMENT_KEY
        signs = command.ins == Ins.GENERAL_AUTHENTICATE and command.p2 == KeySlot.SIGNATURE
        if not signs or not chuid_written:
            return None
        return ResponseApdu(response.data[:-1] + bytes([response.data[-1] ^ 1]), OK)

    assert torn_by(IssuingRoom(), stop) is ReasonCode.KEY_PROOF_FAILED


# --- read back


def changed_object(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
    if command.ins != Ins.GET_DATA or not command.data.endswith(bytes.fromhex("5FC107")):
        return None
    return ResponseApdu(response.data[:-3] + b"\x01\xfe\x00", response.status)


def printed_without_pin() -> Lie:
    """A card that guards nothing: it gives the Printed Information to anybody."""
    written = b""

    def lie(command: CommandApdu, response: ResponseApdu) -> ResponseApdu | None:
        nonlocal written
        tag = bytes.fromhex("5C035FC109")
        if command.ins == Ins.PUT_DATA and command.data.startswith(tag):
            written = command.data[len(tag) :]
        if command.ins == Ins.GET_DATA and command.data == tag and not response.status.ok:
            return ResponseApdu(written, OK)
        return None

    return lie


def default_pin_opens(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    is_default = command.ins == Ins.VERIFY and command.data == b"123456\xff\xff"
    return ResponseApdu(b"", OK) if is_default else None


def default_puk_opens(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    changes = (command.ins, command.p2) == (Ins.CHANGE_REFERENCE_DATA, PinReference.PUK)
    return ResponseApdu(b"", OK) if changes and command.data.startswith(b"12345678") else None


def lost_object(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
    lost = command.ins == Ins.GET_DATA and command.data.endswith(bytes.fromhex("5FC10A"))
    return ResponseApdu(b"", StatusWord.NOT_FOUND) if lost else None


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
@pytest.mark.parametrize(
    "lie",
    [
        changed_object,
        printed_without_pin(),
        default_pin_opens,
        default_puk_opens,
        lost_object,
    ],
)
def test_what_is_read_back_is_not_what_it_should_be(lie: Lie) -> None:
    assert torn_by(IssuingRoom(), lie) is ReasonCode.READ_BACK_MISMATCH


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
def test_another_persons_fingerprints_can_not_be_taken_out() -> None:
    card = blank()
    card.state.put_object(ObjectTag.FINGERPRINTS, b"somebody")

    def keep(apdu: CommandApdu) -> StatusWord | None:
        deletes = apdu.ins == Ins.PUT_DATA and apdu.data == bytes.fromhex("5C035FC1035300")
        return OK if deletes else None

    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RefusingCard(card, keep)) is CardState.TORN
    assert room.failure(job) is ReasonCode.READ_BACK_MISMATCH


@pytest.mark.reason(ReasonCode.READ_BACK_MISMATCH)
def test_the_default_management_key_still_opens() -> None:
    card = blank(Algorithm.AES_256)
    default = card.state.management_key

    class BackDoor(LyingCard):
        """Takes the new key, and at read back the default too."""

        def answer(self, command: bytes) -> bytes:
            apdu = CommandApdu.parse(command)
            answer = super().answer(command)
            if apdu.ins == Ins.CHANGE_REFERENCE_DATA and answer[-2:-1] == b"\x63":
                # the probe of the default PUK: the management key is tried next
                card.state.management_key = default
            return answer

    room = IssuingRoom()
    job = room.job()
    assert room.run(job, BackDoor(card, lambda _c, _r: None)) is CardState.TORN
    assert room.failure(job) is ReasonCode.READ_BACK_MISMATCH


def test_a_card_that_only_says_it_took_its_pin_is_not_finished() -> None:
    def pretend(apdu: CommandApdu) -> StatusWord | None:
        return OK if apdu.ins == Ins.RESET_RETRY_COUNTER else None

    card = blank()
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, RefusingCard(card, pretend)) is CardState.TORN
    assert room.failure(job) is ReasonCode.KEY_PROOF_FAILED
    assert card.state.pin.tries == 2


# --- the management key


@pytest.mark.reason(ReasonCode.MANAGEMENT_KEY_REFUSED)
def test_a_card_with_an_unknown_key_loses_no_try() -> None:
    card = blank()
    card.state.set_management_key(Algorithm.AES_192, secrets.token_bytes(24))
    room = IssuingRoom()
    before = memory_of(card)
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.MANAGEMENT_KEY_REFUSED
    assert memory_of(card) == before


@pytest.mark.reason(ReasonCode.MANAGEMENT_KEY_REFUSED)
def test_a_card_that_takes_any_key_does_not_prove_its_own() -> None:
    def welcome(command: CommandApdu, _response: ResponseApdu) -> ResponseApdu | None:
        if command.ins != Ins.GENERAL_AUTHENTICATE or command.p2 != 0x9B:
            return None
        template = tlv.parse_unique(tlv.parse_one(command.data, 0x7C))
        tag = 0x82 if 0x81 in template else 0x80
        return ResponseApdu(tlv.encode(0x7C, tlv.encode(tag, secrets.token_bytes(16))), OK)

    assert torn_by(IssuingRoom(), welcome) is ReasonCode.MANAGEMENT_KEY_REFUSED


# --- PIN and PUK


@pytest.mark.reason(ReasonCode.PIN_WRONG)
def test_a_card_with_an_unknown_puk_is_tried_once_and_never_again() -> None:
    card = blank()
    card.state.set_puk("87654321")
    room = IssuingRoom()
    application = room.application()
    for _ in range(4):
        job = room.job(room.order(application))
        assert room.run(job, card) is CardState.TORN
        assert room.failure(job) is ReasonCode.PIN_WRONG
    for _ in range(4):
        other = room.job()
        assert room.run(other, card) is CardState.TORN
    assert card.state.puk.tries >= 1
    assert card.state.pin.tries == 3


@pytest.mark.reason(ReasonCode.PIN_BLOCKED)
def test_a_blocked_puk_is_told() -> None:
    card = blank()
    card.state.block_puk()
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.PIN_BLOCKED

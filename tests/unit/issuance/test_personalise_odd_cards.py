"""Cards in the field lack or refuse what the emulator has; they are personalised all the same."""

from __future__ import annotations

import pytest

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import Algorithm, Ins, KeySlot, ObjectTag
from cardsvc.card.status import StatusWord
from cardsvc.lifecycle import CardState
from issuance.personalise.plan import KeyPlan
from tests.support.issuing_room import P256_KEYS, IssuingRoom, blank
from tests.support.odd_cards import Refusal, RefusingCard


def put_tag(apdu: CommandApdu) -> int | None:
    """Return which object a PUT DATA writes."""
    if apdu.ins != Ins.PUT_DATA:
        return None
    first, _ = tlv.read_one(apdu.data)
    return first.tag if first.tag == ObjectTag.DISCOVERY else int.from_bytes(first.value, "big")


def no_optional_objects(apdu: CommandApdu) -> StatusWord | None:
    optional = (ObjectTag.DISCOVERY, ObjectTag.KEY_HISTORY)
    return StatusWord.FUNCTION_UNSUPPORTED if put_tag(apdu) in optional else None


def no_deletion(apdu: CommandApdu) -> StatusWord | None:
    empty = apdu.ins == Ins.PUT_DATA and apdu.data.endswith(b"\x53\x00")
    return StatusWord.WRONG_DATA if empty else None


def no_logout(apdu: CommandApdu) -> StatusWord | None:
    return StatusWord.WRONG_P1P2 if (apdu.ins, apdu.p1) == (Ins.VERIFY, 0xFF) else None


def no_pin_status(apdu: CommandApdu) -> StatusWord | None:
    asks = apdu.ins == Ins.VERIFY and apdu.p1 == 0 and not apdu.data
    return StatusWord.WRONG_LENGTH if asks else None


def no_mutual_authentication(apdu: CommandApdu) -> StatusWord | None:
    asks = apdu.ins == Ins.GENERAL_AUTHENTICATE and apdu.data == bytes.fromhex("7C028000")
    return StatusWord.WRONG_DATA if asks else None


@pytest.mark.parametrize(
    "refuse",
    [no_optional_objects, no_deletion, no_logout, no_pin_status, no_mutual_authentication],
)
def test_a_card_that_lacks_something_is_made(refuse: Refusal) -> None:
    room = IssuingRoom()
    card = blank(Algorithm.TDES)
    assert room.run(room.job(), RefusingCard(card, refuse)) is CardState.PERSONALISED
    assert (card.state.pin.tries, card.state.puk.tries) == (3, 3)


def test_a_card_that_shuts_itself_after_a_signature_is_opened_again() -> None:
    shut = False

    def refuse(apdu: CommandApdu) -> StatusWord | None:
        nonlocal shut
        if apdu.ins == Ins.GENERAL_AUTHENTICATE:
            shut = apdu.p2 != 0x9B
        if apdu.ins == Ins.VERIFY:
            shut = True
        administrative = apdu.ins in (Ins.PUT_DATA, Ins.GENERATE_ASYMMETRIC, Ins.SET_MANAGEMENT_KEY)
        return StatusWord.SECURITY_NOT_SATISFIED if administrative and shut else None

    room = IssuingRoom()
    assert room.run(room.job(), RefusingCard(blank(), refuse)) is CardState.PERSONALISED


def test_the_best_algorithm_that_a_card_knows_is_taken_for_each_key() -> None:
    def no_p384(apdu: CommandApdu) -> StatusWord | None:
        generates = apdu.ins == Ins.GENERATE_ASYMMETRIC
        return StatusWord.WRONG_DATA if generates and apdu.data[-1] == Algorithm.ECC_P384 else None

    wanted = tuple(
        KeyPlan(plan.slot, (Algorithm.ECC_P384, Algorithm.ECC_P256)) for plan in P256_KEYS
    )
    room = IssuingRoom()
    for refuse, expected in (
        (no_p384, Algorithm.ECC_P256),
        (lambda _apdu: None, Algorithm.ECC_P384),
    ):
        application = room.application()
        job = room.job(room.order(application, wanted))
        assert room.run(job, RefusingCard(blank(), refuse)) is CardState.PERSONALISED
        assert {key.algorithm for key in room.record(application).keys} == {expected}


def test_rsa_keys_sign_and_decipher() -> None:
    wanted = tuple(
        KeyPlan(slot, (Algorithm.RSA_2048,))
        for slot in (
            KeySlot.AUTHENTICATION,
            KeySlot.KEY_MANAGEMENT,
            KeySlot.CARD_AUTHENTICATION,
        )
    )
    room = IssuingRoom()
    application = room.application()
    assert room.run(room.job(room.order(application, wanted)), blank()) is CardState.PERSONALISED
    assert {key.algorithm for key in room.record(application).keys} == {Algorithm.RSA_2048}


def test_what_another_person_left_in_a_blank_is_taken_out() -> None:
    card = blank()
    card.state.put_object(ObjectTag.FINGERPRINTS, b"somebody")
    card.state.put_object(ObjectTag.FACIAL_IMAGE, b"somebody")
    room = IssuingRoom()
    assert room.run(room.job(), card) is CardState.PERSONALISED
    assert ObjectTag.FINGERPRINTS not in card.state.objects
    assert ObjectTag.FACIAL_IMAGE not in card.state.objects


def test_a_blocked_factory_pin_does_no_harm() -> None:
    card = blank()
    card.state.block_pin()
    room = IssuingRoom()
    assert room.run(room.job(), card) is CardState.PERSONALISED
    assert card.state.pin.tries == 3

"""Who may pass for a card that is known by its signature: that card alone, while it is good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from cardsvc.card import tlv
from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import CERTIFICATE_OBJECT, Algorithm, Ins
from cardsvc.errors import CardError, ReasonCode
from cardsvc.lifecycle import CardState
from reader_agent.known_cards import KnownCards
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.faults import RemovedCard
from reader_agent.virtual.state import CardState as ChipState
from tests.support.known_cards import SLOT, Place, card_with_key, chip, told
from tests.support.verification_world import AT, PIV_CARD_AUTH, TestCa, World, pooled_key

ORDER = ec.SECP256R1().group_order
FIRST, AGAIN = 4, 2
"""APDUs of a tap: SELECT, GENERAL AUTHENTICATE, and for a card not known GET DATA in two parts."""


@pytest.fixture
def place(world: World) -> Place:
    return Place(world)


class OtherSignature:
    """A card between: hands on what the card says, but for its signature."""

    def __init__(self, card: VirtualCard, change: Callable[[bytes], bytes]) -> None:
        self._inner: CardConnection = connect_in_process(card)
        self._change = change
        self.signatures: list[bytes] = []

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        answer = self._inner.transmit(command)
        if command[1] != Ins.GENERAL_AUTHENTICATE or answer[-2:] != b"\x90\x00":
            return answer
        signature = tlv.parse_unique(tlv.parse_one(answer[:-2], 0x7C))[0x82]
        self.signatures.append(signature)
        return tlv.encode(0x7C, tlv.encode(0x82, self._change(signature))) + answer[-2:]

    def close(self) -> None:
        self._inner.close()


def test_a_card_that_comes_again_is_not_read_and_is_decided_on_in_full(
    world: World, place: Place
) -> None:
    card = world.card()
    assert [told(place.tap(chip(card))) for _ in range(3)] == [
        ("granted", FIRST), ("granted", AGAIN), ("granted", AGAIN),
    ]  # fmt: skip
    assert len(world.log.decisions) == 3
    first, _, last = place.presented
    assert first.objects == last.objects, "the judge is shown the certificate each time"
    assert first.proofs != last.proofs
    assert place.tap(chip(card)).guid == card.guid
    assert place.tap(chip(card)).cost.octets < 220


def test_a_known_card_that_is_withdrawn_is_refused_and_read_again(
    world: World, place: Place
) -> None:
    card = world.card()
    place.tap(chip(card))
    world.set_state(card, CardState.REVOKED)
    assert told(place.tap(chip(card))) == (ReasonCode.CARD_REVOKED, AGAIN)
    assert told(place.tap(chip(card))) == (ReasonCode.CARD_REVOKED, FIRST)


def test_a_clone_with_a_key_of_its_own_passes_for_nobody(world: World, place: Place) -> None:
    card = world.card()
    place.tap(chip(card))
    clone = chip(card, pooled_key("clone"))
    assert told(place.tap(clone)) == (ReasonCode.CARD_KEY_PROOF_FAILED, FIRST)
    assert told(place.tap(chip(card))) == ("granted", FIRST), "the good card is but read again"


def test_an_answer_to_another_question_is_of_nobody_known(world: World, place: Place) -> None:
    card, between = world.card(), lambda signature: signature
    honest = OtherSignature(chip(card), between)
    assert told(place.tap_over(honest)) == ("granted", FIRST)
    (recorded,) = honest.signatures
    replayed = OtherSignature(chip(card), lambda _: recorded)
    assert told(place.tap_over(replayed)) == (ReasonCode.CARD_KEY_PROOF_FAILED, FIRST)


def test_the_other_form_of_a_signature_is_of_the_same_card(world: World, place: Place) -> None:
    def twist(signature: bytes) -> bytes:
        r, s = decode_dss_signature(signature)
        return encode_dss_signature(r, ORDER - s)

    card = world.card()
    place.tap(chip(card))
    assert told(place.tap_over(OtherSignature(chip(card), twist))) == ("granted", AGAIN)


@pytest.mark.parametrize(
    "forged",
    [
        encode_dss_signature(1, 1),
        encode_dss_signature(ORDER - 1, ORDER - 1),
        encode_dss_signature(0, 1),
        encode_dss_signature(ORDER, 1),
        encode_dss_signature(5, ORDER),
        encode_dss_signature(12345678901234567890, 98765432109876543210),
        b"\x30\x00",
        b"\x00" * 72,
    ],
    ids=lambda forged: forged.hex()[:24],
)
def test_a_chosen_signature_leads_to_no_chosen_card(
    world: World, place: Place, forged: bytes
) -> None:
    for label in "abc":
        place.tap(chip(world.card(label)))
    liar = OtherSignature(chip(world.card("a")), lambda _: forged)
    assert told(place.tap_over(liar)) == (ReasonCode.CARD_KEY_PROOF_FAILED, FIRST)


def test_a_forged_certificate_of_a_known_key_takes_nobodys_place(
    world: World, place: Place
) -> None:
    card, foreign = world.card(), TestCa.root("lạ")
    forged = foreign.issue(card.keys[SLOT], guid=card.guid, ekus=(PIV_CARD_AUTH,))
    true = card.objects[CERTIFICATE_OBJECT[SLOT]]
    card.objects[CERTIFICATE_OBJECT[SLOT]] = encode_certificate_object(forged)
    assert told(place.tap(chip(card)))[0] != "granted"
    card.objects[CERTIFICATE_OBJECT[SLOT]] = true
    assert told(place.tap(chip(card))) == ("granted", FIRST)
    card.objects[CERTIFICATE_OBJECT[SLOT]] = encode_certificate_object(forged)
    assert told(place.tap(chip(card))) == ("granted", AGAIN), "it has proven the key of the card"


def test_a_card_that_was_made_anew_is_another_card(world: World, place: Place) -> None:
    card = world.card()
    place.tap(chip(card))
    world.cards.records[card.guid] = world.cards.records.pop(world.card("b").guid)  # other keys
    assert told(place.tap(chip(card))) == (ReasonCode.KEY_NOT_ON_RECORD, AGAIN)


def test_a_known_certificate_that_has_run_out_is_refused(world: World, place: Place) -> None:
    card = world.card(days=30)
    place.tap(chip(card))
    place.at = AT + timedelta(days=40)
    assert told(place.tap(chip(card))) == (ReasonCode.CERTIFICATE_EXPIRED, AGAIN)


def test_nothing_is_known_of_a_card_that_was_never_granted(world: World, place: Place) -> None:
    card = world.card(state=CardState.SUSPENDED)
    assert [told(place.tap(chip(card))) for _ in range(2)] == [
        (ReasonCode.CARD_SUSPENDED, FIRST)
    ] * 2  # fmt: skip


@pytest.mark.parametrize("apdu", [1, 2])
def test_a_known_card_torn_out_is_no_card(world: World, place: Place, apdu: int) -> None:
    card = world.card()
    place.tap(chip(card))
    with pytest.raises(CardError) as caught:
        place.tap(RemovedCard(chip(card), apdu))
    assert caught.value.reason is ReasonCode.CARD_REMOVED
    assert len(world.log.decisions) == 1


def test_a_card_without_a_key_says_what_is_missing(place: Place) -> None:
    with pytest.raises(CardError) as caught:
        place.tap(VirtualCard(ChipState.factory()))
    assert caught.value.reason is ReasonCode.OBJECT_MISSING


def test_a_p384_card_is_known_by_its_kind(world: World, place: Place) -> None:
    card = card_with_key(world, "wide", ec.generate_private_key(ec.SECP384R1()))
    codes, apdus = zip(*(told(place.tap(chip(card))) for _ in range(2)), strict=True)
    assert set(codes) == {"granted"}
    assert apdus[0] <= 6
    assert apdus[1] == AGAIN
    assert told(place.tap(chip(world.card()))) == ("granted", FIRST + 1), "P-384 was guessed"


class SignsAnything:
    """A card that does not refuse an algorithm that its key is not of.

    Args:
        card: the card.
        answer: to GENERAL AUTHENTICATE for P-256.
    """

    def __init__(self, card: VirtualCard, answer: bytes) -> None:
        self._inner: CardConnection = connect_in_process(card)
        self._answer = answer

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        if command[1:3] == bytes([Ins.GENERAL_AUTHENTICATE, Algorithm.ECC_P256]):
            return self._answer
        return self._inner.transmit(command)

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize(
    "answer", ["9000", "7C009000", "7C028100 9000", "7C048202AABB9000", "AABBCC9000", "6A86"]
)
def test_what_is_no_signature_of_another_kind_of_key_is_no_reason_not_to_read_the_card(
    world: World, place: Place, answer: str
) -> None:
    card = card_with_key(world, "wide", ec.generate_private_key(ec.SECP384R1()))
    outcome = place.tap_over(SignsAnything(chip(card), bytes.fromhex(answer)))
    assert outcome.decision.code == "granted"
    assert outcome.cost.apdus <= 6


def test_an_rsa_card_is_read_each_time_and_asked_in_vain_once(world: World, place: Place) -> None:
    card = card_with_key(world, "rsa", pooled_key("rsa", rsa_bits=2048))
    first, second, third = (place.tap(chip(card)) for _ in range(3))
    assert {one.decision.code for one in (first, second, third)} == {"granted"}
    assert first.cost.apdus == second.cost.apdus + 1
    assert third.cost.apdus == second.cost.apdus


def test_no_more_cards_are_kept_than_said(world: World) -> None:
    place = Place(world, known=KnownCards(2))
    for label in "abc":
        place.tap(chip(world.card(label)))
    assert [told(place.tap(chip(world.card(label)))) for label in "cba"] == [
        ("granted", AGAIN), ("granted", AGAIN), ("granted", FIRST),
    ]  # fmt: skip
    assert place.known.likely_algorithm(b"never seen") is Algorithm.ECC_P256

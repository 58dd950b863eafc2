"""Cards that are not ours, copies of ours, and cards whose parts do not belong together."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.security_object import sign_security_object
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.decisions import denial, outcome
from tests.support.verification_world import (
    AT,
    PIV_CARD_AUTH,
    TestCa,
    TestCard,
    World,
    pooled_key,
)
from verification.verdict import Denied, Granted

CAK = KeySlot.CARD_AUTHENTICATION
CAK_OBJECT = ObjectTag.CERTIFICATE_CARD_AUTHENTICATION


def with_certificate(card: TestCard, certificate, slot: KeySlot = CAK) -> TestCard:
    card.objects[CERTIFICATE_OBJECT[slot]] = encode_certificate_object(certificate)
    return card


def test_a_clone_with_copied_objects_and_its_own_key(world: World) -> None:
    card = world.card()
    card.keys[CAK] = ec.generate_private_key(ec.SECP256R1())
    assert denial(world, card.answer(world.challenge())) is ReasonCode.CARD_KEY_PROOF_FAILED


@pytest.mark.reason(ReasonCode.KEY_NOT_ON_RECORD)
def test_a_rekeyed_copy_with_a_valid_certificate(world: World) -> None:
    card = world.card()
    key = pooled_key("another key")
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(
        key, guid=card.guid, ekus=(PIV_CARD_AUTH,)
    )
    card.keys[CAK] = key
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.KEY_NOT_ON_RECORD


@pytest.mark.reason(ReasonCode.UNTRUSTED_ISSUER)
def test_a_card_of_a_foreign_issuer(world: World) -> None:
    foreign = TestCa.root("Gốc lạ").issuing("CA lạ")
    answer = world.card(issuer=foreign).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.UNTRUSTED_ISSUER


def test_a_ca_of_the_same_name_with_another_key(world: World) -> None:
    ours = world.cas[CardType.CIVIL_SERVANT]
    key = ec.generate_private_key(ec.SECP256R1())
    twin = TestCa(ours.name, key, ours.certificate)
    reason = denial(world, world.card(issuer=twin).answer(world.challenge()))
    assert reason in {ReasonCode.UNTRUSTED_ISSUER, ReasonCode.CERTIFICATE_BAD_SIGNATURE}


def test_an_authority_of_ours_that_issues_no_cards(world: World) -> None:
    answer = world.card(issuer=world.root).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.CARD_UNKNOWN)
def test_a_certificate_for_a_card_that_is_on_no_record(world: World) -> None:
    answer = world.card(on_record=False).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.CARD_UNKNOWN


@pytest.mark.reason(ReasonCode.GUID_MISMATCH)
def test_a_certificate_that_names_no_card(world: World) -> None:
    card = world.card()
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(
        card.keys[CAK], ekus=(PIV_CARD_AUTH,), name="Thẻ"
    )
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.GUID_MISMATCH


def test_a_pin_key_of_another_card(world: World) -> None:
    mine, other = world.card("a"), world.card("b")
    challenge = world.challenge()
    answer = mine.answer(challenge)
    theirs = other.answer(challenge, KeySlot.AUTHENTICATION)
    mixed = replace(
        answer,
        objects={**answer.objects, **theirs.objects},
        proofs={**answer.proofs, **theirs.proofs},
    )
    assert denial(world, mixed) is ReasonCode.GUID_MISMATCH


@pytest.mark.reason(ReasonCode.PIN_KEY_PROOF_FAILED)
def test_a_pin_proof_that_is_none(world: World) -> None:
    card, challenge = world.card(), world.challenge()
    answer = card.answer(challenge, CAK, KeySlot.AUTHENTICATION)
    proofs = {**answer.proofs, KeySlot.AUTHENTICATION: answer.proofs[CAK]}
    assert denial(world, replace(answer, proofs=proofs)) is ReasonCode.PIN_KEY_PROOF_FAILED


@pytest.mark.reason(ReasonCode.CARD_TYPE_MISMATCH)
def test_a_certificate_by_another_types_ca(world: World) -> None:
    card = world.card(card_type=CardType.INDIVIDUAL)
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(
        card.keys[CAK], guid=card.guid, ekus=(PIV_CARD_AUTH,)
    )
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.CARD_TYPE_MISMATCH


@pytest.mark.reason(ReasonCode.EXTENDED_KEY_USAGE_FORBIDS)
def test_a_certificate_that_is_not_for_card_authentication(world: World) -> None:
    card = world.card()
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(card.keys[CAK], guid=card.guid)
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.CERTIFICATE_EXPIRED)
def test_an_expired_certificate(world: World) -> None:
    answer = world.card(not_before=AT - timedelta(days=20), days=10).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.CERTIFICATE_EXPIRED


@pytest.mark.reason(ReasonCode.CERTIFICATE_NOT_YET_VALID)
def test_a_certificate_of_tomorrow(world: World) -> None:
    answer = world.card(not_before=AT + timedelta(days=1)).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.CERTIFICATE_NOT_YET_VALID


@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
def test_a_certificate_object_of_junk(world: World) -> None:
    answer = world.card().answer(world.challenge())
    answer = replace(answer, objects={CAK_OBJECT: b"\x70\x02\x30\x00\x71\x01\x00"})
    assert denial(world, answer) is ReasonCode.MALFORMED_CERTIFICATE


@pytest.mark.reason(ReasonCode.UNSUPPORTED_ALGORITHM)
def test_a_key_that_no_piv_card_has(world: World) -> None:
    card = world.card()
    key = ec.generate_private_key(ec.SECP521R1())
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(
        key, guid=card.guid, ekus=(PIV_CARD_AUTH,)
    )
    card.keys[CAK] = key
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) is ReasonCode.UNSUPPORTED_ALGORITHM


def test_a_chuid_of_another_card(world: World) -> None:
    card, other = world.card("a"), world.card("b")
    stolen = {ObjectTag.CHUID: other.objects[ObjectTag.CHUID]}
    answer = card.answer(world.challenge(), extra=stolen)
    assert denial(world, answer) is ReasonCode.GUID_MISMATCH


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
def test_a_chuid_whose_expiry_was_moved(world: World) -> None:
    card = world.card()
    whole = card.objects[ObjectTag.CHUID]
    moved = whole.replace(b"2029", b"2039", 1)
    assert moved != whole
    answer = card.answer(world.challenge(), extra={ObjectTag.CHUID: moved})
    assert denial(world, answer) is ReasonCode.CHUID_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.CHUID_EXPIRED)
def test_an_expired_chuid(world: World) -> None:
    card = world.card()
    old = world.chuid(card.guid, AT.date() - timedelta(days=1))
    answer = card.answer(world.challenge(), extra={ObjectTag.CHUID: old})
    assert denial(world, answer) is ReasonCode.CHUID_EXPIRED


def test_a_chuid_signed_by_somebody_who_may_not(world: World) -> None:
    card = world.card()
    holder = world.cas[CardType.CIVIL_SERVANT].issue(world.signer_key, name="Không được ký")
    forged = world.chuid(card.guid, AT.date(), signer=holder)
    answer = card.answer(world.challenge(), extra={ObjectTag.CHUID: forged})
    assert denial(world, answer) is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS


def test_a_good_card_with_its_chuid_and_pin(world: World) -> None:
    card = world.card()
    answer = card.answer(
        world.challenge(), CAK, KeySlot.AUTHENTICATION,
        extra={ObjectTag.CHUID: card.objects[ObjectTag.CHUID]},
    )  # fmt: skip
    decision = outcome(world, answer)
    assert isinstance(decision, Granted)
    assert decision.level is AssuranceLevel.X2


def test_a_decision_has_no_truth_value(world: World) -> None:
    for answer in (world.card().answer(world.challenge()), world.card().answer(world.challenge())):
        decision = outcome(world, replace(answer, agent=answer.agent))
        with pytest.raises(TypeError):
            bool(decision)
    refused = outcome(world, world.card(on_record=False, label="c").answer(world.challenge()))
    assert isinstance(refused, Denied)
    with pytest.raises(TypeError):
        bool(refused)


def test_zero_guid_is_nobodys(world: World) -> None:
    card = world.card()
    certificate = world.cas[CardType.CIVIL_SERVANT].issue(
        card.keys[CAK], guid=CardGuid(bytes(16)), ekus=(PIV_CARD_AUTH,)
    )
    answer = with_certificate(card, certificate).answer(world.challenge())
    assert denial(world, answer) in {ReasonCode.CARD_UNKNOWN, ReasonCode.GUID_MISMATCH}


def with_security_object(world: World, card: TestCard) -> dict[ObjectTag, bytes]:
    chuid = card.objects[ObjectTag.CHUID]
    signed = sign_security_object({ObjectTag.CHUID: chuid}, world.content_settings())
    return {ObjectTag.CHUID: chuid, ObjectTag.SECURITY_OBJECT: signed}


def test_a_good_security_object(world: World) -> None:
    card = world.card()
    answer = card.answer(world.challenge(), extra=with_security_object(world, card))
    assert isinstance(outcome(world, answer), Granted)


@pytest.mark.reason(ReasonCode.OBJECT_HASH_MISMATCH)
def test_an_object_that_the_security_object_does_not_know(world: World) -> None:
    card = world.card()
    extra = with_security_object(world, card)
    extra[ObjectTag.CHUID] = world.chuid(card.guid, AT.date() + timedelta(days=9))
    answer = card.answer(world.challenge(), extra=extra)
    assert denial(world, answer) is ReasonCode.OBJECT_HASH_MISMATCH


@pytest.mark.reason(ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE)
def test_a_security_object_with_a_changed_hash(world: World) -> None:
    card = world.card()
    extra = with_security_object(world, card)
    whole = extra[ObjectTag.SECURITY_OBJECT]
    digest = hashlib.sha256(extra[ObjectTag.CHUID]).digest()
    assert digest in whole
    extra[ObjectTag.SECURITY_OBJECT] = whole.replace(digest, bytes(32))
    answer = card.answer(world.challenge(), extra=extra)
    assert denial(world, answer) is ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE

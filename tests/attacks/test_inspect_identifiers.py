"""Certificates and objects that name another card, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.chuid import attach_signature, encode_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import sign_detached
from cardsvc.card.fascn import FascnFields, encode_fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.errors import ReasonCode
from reader_agent.personas import pki
from reader_agent.personas.catalogue import FEDERAL_FASCN
from reader_agent.personas.content import PersonaContent
from tests.support.personas import content, failures, inspect_state, with_objects
from verification.inspection.report import Mode

OTHER_FASCN = encode_fascn(FascnFields("0032", "0001", "999001"))
SLOT_9E = KeySlot.CARD_AUTHENTICATION


def _anonymous_9e(made: PersonaContent) -> bytes:
    validity = made.realm.around(*made.plan.days)
    extensions = [
        (pki.key_usage("digital_signature"), True),
        (pki.extended("2.16.840.1.101.3.6.8"), True),
        (x509.SubjectAlternativeName([x509.DNSName("example.vn")]), False),
    ]
    subject = pki.Subject(
        pki.distinguished_name("no card"), made.keys[SLOT_9E].public_key(), made.serial(SLOT_9E),
        validity, extensions,
    )  # fmt: skip
    return encode_certificate_object(made.issuer.issue(subject))


@pytest.mark.reason(ReasonCode.IDENTIFIER_MISSING)
@pytest.mark.parametrize("mode", Mode)
def test_a_certificate_that_names_no_card_opens_no_door(mode: Mode) -> None:
    made = content()
    state = made.state()
    state.put_object(CERTIFICATE_OBJECT[SLOT_9E], _anonymous_9e(made))
    found = failures(inspect_state(state, mode))
    assert found == {"9e.identifiers": ReasonCode.IDENTIFIER_MISSING}


@pytest.mark.reason(ReasonCode.IDENTIFIER_MISSING)
def test_a_chuid_that_names_no_card_is_refused() -> None:
    made = content()
    unsigned = encode_chuid(CardGuid(bytes(16)), made.expires.date())
    settings = replace(made.settings(), entry_uuid=None)
    chuid = attach_signature(unsigned, sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, settings))
    found = failures(inspect_state(with_objects(made, {ObjectTag.CHUID: chuid})))
    assert found["chuid.identifier"] is ReasonCode.IDENTIFIER_MISSING


@pytest.mark.reason(ReasonCode.FASCN_MISMATCH)
@pytest.mark.parametrize("slot", [KeySlot.AUTHENTICATION, SLOT_9E])
def test_a_certificate_for_another_fascn_is_refused(slot: KeySlot) -> None:
    made = content(fascn=FEDERAL_FASCN)
    other = content(fascn=OTHER_FASCN)
    state = made.state()
    certificate = other.certificate(slot, made.keys[slot])
    state.put_object(CERTIFICATE_OBJECT[slot], encode_certificate_object(certificate))
    found = failures(inspect_state(state))
    assert found == {f"{slot:02x}.identifiers": ReasonCode.FASCN_MISMATCH}


@pytest.mark.reason(ReasonCode.FASCN_MISMATCH)
def test_a_photo_for_another_fascn_is_refused_though_the_issuer_hashed_it() -> None:
    made = content(fascn=FEDERAL_FASCN)
    photo = content(fascn=OTHER_FASCN).facial_image()
    found = failures(inspect_state(with_objects(made, {ObjectTag.FACIAL_IMAGE: photo})))
    assert found == {"facial_image.identifiers": ReasonCode.FASCN_MISMATCH}


@pytest.mark.reason(ReasonCode.GUID_MISMATCH)
def test_a_chuid_signature_that_names_another_card_is_refused() -> None:
    made = content()
    unsigned = encode_chuid(made.plan.guid, made.expires.date())
    settings = replace(made.settings(), entry_uuid=content(name="another").plan.guid)
    chuid = attach_signature(unsigned, sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, settings))
    found = failures(inspect_state(with_objects(made, {ObjectTag.CHUID: chuid})))
    assert found == {"chuid.signed_names": ReasonCode.GUID_MISMATCH}

"""Cards of the field that must be read: old ones, PIV-I ones, lean ones."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import tlv
from cardsvc.card.cbeff import BiometricHeader, sign_biometric
from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.chuid import attach_signature, encode_chuid
from cardsvc.card.cms import OID_BIOMETRIC_OBJECT, OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import sign_detached
from cardsvc.card.discovery import Discovery
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, Ins, KeySlot, ObjectTag, PinReference
from cardsvc.card.session import PivSession
from reader_agent.inspect import PinChoice, read_card
from reader_agent.personas.catalogue import FEDERAL_FASCN, insert_persona
from reader_agent.personas.content import CardPlan
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.personas import (
    SOON,
    CountingConnection,
    check,
    content,
    failures,
    inspect_connection,
    inspect_state,
    realm,
    with_objects,
)
from verification.inspection.catalogue import CHECKS
from verification.inspection.inspect import inspect_card
from verification.inspection.report import Mode, Result, Verdict


def test_a_card_older_than_the_guid_is_known_by_its_fascn() -> None:
    made = content(name="old", fascn=FEDERAL_FASCN)
    unsigned = encode_chuid(CardGuid(bytes(16)), made.expires.date(), fascn=FEDERAL_FASCN)
    settings = replace(made.settings(), entry_uuid=None)
    chuid = attach_signature(unsigned, sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, settings))
    report = inspect_state(with_objects(made, {ObjectTag.CHUID: chuid}))
    # its certificates do carry a GUID, and the CHUID does not: that is a contradiction
    assert check(report, "9e.identifiers").finding.result is Result.FAIL
    assert check(report, "chuid.identifier").finding.result is Result.PASS
    assert report.card.guid is None
    assert report.card.fascn == "0032-0001-092446-0-1"


@pytest.mark.parametrize(
    "absent",
    [
        ObjectTag.FACIAL_IMAGE,
        ObjectTag.PRINTED_INFORMATION,
        ObjectTag.CARD_CAPABILITY_CONTAINER,
        ObjectTag.DISCOVERY,
        ObjectTag.CERTIFICATE_SIGNATURE,
        ObjectTag.CERTIFICATE_KEY_MANAGEMENT,
    ],
)
def test_a_card_issued_without_an_optional_object_is_accepted(absent: ObjectTag) -> None:
    report = inspect_state(with_objects(content(), {absent: b""}))
    assert report.verdict is Verdict.ACCEPT, failures(report)


@pytest.mark.parametrize(
    "absent",
    [
        ObjectTag.CHUID,
        ObjectTag.CERTIFICATE_AUTHENTICATION,
        ObjectTag.CERTIFICATE_CARD_AUTHENTICATION,
        ObjectTag.SECURITY_OBJECT,
    ],
)
def test_a_card_without_a_mandatory_object_is_rejected(absent: ObjectTag) -> None:
    state = content().state()
    state.put_object(absent, b"")
    report = inspect_state(state)
    assert report.verdict is Verdict.REJECT
    assert "object_missing" in report.reasons


def test_a_biometric_of_another_signer_than_the_chuids_is_judged_by_its_own() -> None:
    made = content(name="two_signers")
    other = content(replace(made.plan, signer="revoked_signer"))
    report = inspect_state(with_objects(made, {ObjectTag.FACIAL_IMAGE: other.facial_image()}))
    assert failures(report) == {"facial_image.signer_status": "certificate_revoked"}


@pytest.mark.parametrize("fascn_octets", [bytes(25), NON_FEDERAL_FASCN.octets])
def test_a_record_of_a_non_federal_issuer_is_bound_by_its_entry_uuid(fascn_octets: bytes) -> None:
    made = content(fingerprints=True)
    header = _header(made, replace(made.plan.fascn, octets=fascn_octets))
    octets = sign_biometric(header, b"FMR\x00", made.plan.guid, made.settings())
    # the signed attribute repeats the header's FASC-N, which only zeros may make differ
    report = inspect_state(with_objects(made, {ObjectTag.FINGERPRINTS: octets}))
    result = check(report, "fingerprints.identifiers").finding
    assert (result.result is Result.PASS) == (fascn_octets == made.plan.fascn.octets)


def _header(made, fascn) -> BiometricHeader:
    return BiometricHeader(
        created_at=realm().founded,
        valid_from=realm().founded - timedelta(days=1),
        valid_until=made.expires + timedelta(days=1),
        fascn=fascn,
    )


def test_day_of_expiry_still_counts_and_the_next_does_not() -> None:
    made = content(name="good")
    last_day = made.expires.replace(hour=0, minute=0)
    state = made.state()
    on_it = inspect_state(state.copy(), at=last_day)
    after = inspect_state(state.copy(), at=last_day + timedelta(days=1))
    assert check(on_it, "chuid.expiry").finding.result is Result.PASS
    assert after.verdict is Verdict.REJECT
    assert "chuid_expired" in after.reasons


def test_checks_are_named_once_and_in_two_languages() -> None:
    for checks in CHECKS.values():
        ids = [one.id for one in checks]
        assert len(set(ids)) == len(ids)
        assert all(one.vi and one.en and one.spec for one in checks)
    assert {one.id for one in CHECKS[Mode.CAK]} <= {one.id for one in CHECKS[Mode.FULL]}


def test_one_card_gets_one_number_for_each_check() -> None:
    report = inspect_state(content().state(), Mode.CAK)
    assert [one.number for one in report.checks] == list(range(1, len(CHECKS[Mode.CAK]) + 1))


def test_p384_and_rsa_keys_prove_themselves() -> None:
    made = content(name="mixed")
    made.keys[KeySlot.AUTHENTICATION] = ec.generate_private_key(ec.SECP384R1())
    made.keys[KeySlot.KEY_MANAGEMENT] = rsa.generate_private_key(65537, 2048)
    made.keys[KeySlot.SIGNATURE] = rsa.generate_private_key(65537, 3072)
    report = inspect_state(made.state())
    proofs = {slot: check(report, f"{slot}.key_proof").finding.result for slot in ("9a", "9c")}
    assert proofs == {"9a": Result.PASS, "9c": Result.PASS}
    # the plan asserts keyAgreement, which an RSA key can't do: purpose, not proof, is for 9D
    assert check(report, "9d.key_proof").finding.result is Result.PASS


def test_discovery_that_prefers_the_global_pin_has_it_presented() -> None:
    made = content(CardPlan("global", discovery=Discovery(policy=0x60, preference=0x20)))

    def global_is_application(command: bytes) -> bytes:
        verify = bytes([0x00, Ins.VERIFY, 0x00, PinReference.GLOBAL])
        return command[:3] + b"\x80" + command[4:] if command[:4] == verify else command

    connection = CountingConnection(
        connect_in_process(VirtualCard(made.state())), global_is_application
    )
    report = inspect_connection(connection)
    verifies = [one for one in connection.commands if one[1] == Ins.VERIFY]
    assert report.verdict is Verdict.ACCEPT, failures(report)
    assert {one[3] for one in verifies} == {PinReference.GLOBAL}
    assert sum(len(one) > 5 for one in verifies) == 1


def test_status_is_not_applicable_where_no_material_was_given() -> None:
    session = PivSession(insert_persona(realm(), "revoked"))
    image = read_card(session, Mode.CAK, PinChoice(), os.urandom)
    report = inspect_card(image, realm().trust(), None, SOON)
    assert check(report, "9e.status").finding.result is Result.NOT_APPLICABLE
    assert report.verdict is Verdict.ACCEPT


def test_a_record_that_names_no_card_is_bound_by_the_security_object() -> None:
    made = content(fingerprints=False)
    settings = replace(made.settings(), fascn=None, entry_uuid=None)
    photo = made.state().objects[ObjectTag.FACIAL_IMAGE]
    nameless = _sign_again(photo, settings)
    bound = inspect_state(with_objects(made, {ObjectTag.FACIAL_IMAGE: nameless}))
    free = inspect_state(
        with_objects(
            made,
            {ObjectTag.FACIAL_IMAGE: nameless},
            leave_uncovered=frozenset({ObjectTag.FACIAL_IMAGE}),
        )
    )
    assert bound.verdict is Verdict.ACCEPT, failures(bound)
    assert failures(free) == {"facial_image.identifiers": "identifier_missing"}


def _sign_again(octets: bytes, settings) -> bytes:
    """The same record under a signature with other attributes."""
    value = tlv.parse_unique(octets)[0xBC]
    record = value[88 : 88 + int.from_bytes(value[2:6], "big")]
    while True:
        probe = sign_detached(b"", OID_BIOMETRIC_OBJECT, settings)
        header = value[:6] + len(probe).to_bytes(2, "big") + value[8:88]
        signature = sign_detached(header + record, OID_BIOMETRIC_OBJECT, settings)
        if len(signature) == len(probe):
            return tlv.encode_all([(0xBC, header + record + signature), (0xFE, b"")])


def test_a_chuid_hashed_without_its_withdrawn_buffer_length_is_read() -> None:
    made = content()
    state = made.state()
    chuid = state.objects[ObjectTag.CHUID]
    state.put_object(ObjectTag.CHUID, b"\xee\x02\x04\x00" + chuid)
    assert failures(inspect_state(state)) == {}


@pytest.mark.parametrize(
    ("slot", "result"),
    [(KeySlot.SIGNATURE, Result.FAIL), (KeySlot.KEY_MANAGEMENT, Result.NOT_APPLICABLE)],
)
def test_a_signature_key_ends_with_the_card_and_a_decryption_key_need_not(
    slot: KeySlot, result: Result
) -> None:
    made = content(name="good")
    later = content(days=(-30, 1500))
    state = made.state()
    certificate = later.certificate(slot, made.keys[slot])
    state.put_object(CERTIFICATE_OBJECT[slot], encode_certificate_object(certificate))
    report = inspect_state(state)
    assert check(report, f"{slot:02x}.outlives").finding.result is result

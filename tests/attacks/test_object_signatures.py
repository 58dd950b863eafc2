"""Objects tampered with, moved from another card, or signed by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cardsvc.card import tlv
from cardsvc.card.cbeff import BiometricHeader, parse_biometric, sign_biometric, verify_biometric
from cardsvc.card.chuid import attach_signature, encode_chuid, parse_chuid, verify_chuid
from cardsvc.card.cms import (
    OID_BIOMETRIC_OBJECT,
    OID_CHUID_SECURITY_OBJECT,
    OID_LDS_SECURITY_OBJECT,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.cms_signing import sign_detached, sign_encapsulated
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import ObjectTag
from cardsvc.card.security_object import (
    check_hashes,
    parse_security_object,
    sign_security_object,
    verify_security_object,
)
from cardsvc.errors import ReasonCode, VerificationError
from tests.support.content_signers import ContentSignerFixture, content_signer, issue
from tests.support.handmade_cms import attributes_of, handmade, oid, signer_id

GUID = CardGuid(bytes(range(16)))
OTHER_GUID = CardGuid(bytes(range(1, 17)))
UNSIGNED = encode_chuid(GUID, date(2030, 1, 1))
FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
HEADER = BiometricHeader(FROM, FROM, UNTIL, NON_FEDERAL_FASCN)
CONTENTS = {ObjectTag.CHUID: UNSIGNED, ObjectTag.PRINTED_INFORMATION: b"\x01\x01a\xfe\x00"}


def refused(reason: ReasonCode, act: Callable[[], object]) -> None:
    with pytest.raises(VerificationError) as caught:
        act()
    assert caught.value.reason is reason


def chuid_signature(content: bytes = UNSIGNED, oid_: str = OID_CHUID_SECURITY_OBJECT) -> bytes:
    return sign_detached(content, oid_, content_signer().settings())


@pytest.mark.reason(ReasonCode.CHUID_UNSIGNED)
def test_chuid_without_signature() -> None:
    refused(ReasonCode.CHUID_UNSIGNED, lambda: verify_chuid(parse_chuid(UNSIGNED)))


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
@pytest.mark.parametrize(
    "unsigned",
    [
        encode_chuid(OTHER_GUID, date(2030, 1, 1)),
        encode_chuid(GUID, date(2040, 1, 1)),
        UNSIGNED + tlv.encode(0x31, b"0001"),
        tlv.encode_all([*((i.tag, i.value) for i in reversed([*tlv.iterate(UNSIGNED)]))]),
    ],
    ids=["other guid", "longer life", "field added", "fields moved"],
)
def test_chuid_changed_after_signing(unsigned: bytes) -> None:
    chuid = parse_chuid(attach_signature(unsigned, chuid_signature()))
    refused(ReasonCode.CHUID_BAD_SIGNATURE, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
def test_chuid_signed_as_something_else() -> None:
    # a signature that the content signer made over a biometric record does not serve
    chuid = parse_chuid(attach_signature(UNSIGNED, chuid_signature(oid_=OID_BIOMETRIC_OBJECT)))
    refused(ReasonCode.CHUID_BAD_SIGNATURE, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
def test_content_type_swapped_outside_the_signature() -> None:
    swapped = chuid_signature(oid_=OID_BIOMETRIC_OBJECT)
    at = swapped.index(oid(OID_BIOMETRIC_OBJECT))
    swapped = swapped[:at] + oid(OID_CHUID_SECURITY_OBJECT) + swapped[at + 10 :]
    assert parse_signed_data(swapped).content_type == OID_CHUID_SECURITY_OBJECT
    chuid = parse_chuid(attach_signature(UNSIGNED, swapped))
    refused(ReasonCode.CHUID_BAD_SIGNATURE, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
def test_chuid_by_another_key_under_the_signers_name() -> None:
    mallory = ec.generate_private_key(ec.SECP256R1())
    genuine = content_signer()
    forged = sign_detached(
        UNSIGNED,
        OID_CHUID_SECURITY_OBJECT,
        genuine.settings(sign=lambda octets: mallory.sign(octets, ec.ECDSA(hashes.SHA256()))),
    )
    chuid = parse_chuid(attach_signature(UNSIGNED, forged))
    refused(ReasonCode.CHUID_BAD_SIGNATURE, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.CHUID_BAD_SIGNATURE)
def test_chuid_by_somebody_else_against_the_signer_expected() -> None:
    other = content_signer("p384")
    cms = sign_detached(
        UNSIGNED, OID_CHUID_SECURITY_OBJECT, other.settings(include_certificate=False)
    )
    chuid = parse_chuid(attach_signature(UNSIGNED, cms))
    refused(
        ReasonCode.CHUID_BAD_SIGNATURE,
        lambda: verify_chuid(chuid, content_signer().certificate),
    )


@pytest.mark.reason(ReasonCode.OBJECT_BAD_SIGNATURE)
def test_signed_attributes_passed_off_as_content() -> None:
    # drop the attributes and present their very octets as the content signed
    members = attributes_of(UNSIGNED)
    body = tlv.encode(0x31, b"".join(members))
    octets = handmade(None, content_type="1.2.840.113549.1.7.1", content=body, sign_over=body)
    signed = parse_signed_data(octets)
    verify_signed_data(signed, None, content_signer().certificate)  # is what it says: data
    refused(
        ReasonCode.OBJECT_BAD_SIGNATURE,
        lambda: verify_signed_data(signed, UNSIGNED, content_signer().certificate),
    )
    chuid = parse_chuid(attach_signature(UNSIGNED, octets))
    refused(ReasonCode.CHUID_BAD_SIGNATURE, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.OBJECT_BAD_SIGNATURE)
@pytest.mark.parametrize("at", [0, 18, 70, 87, 88, 95])
def test_biometric_changed_after_signing(at: int) -> None:
    octets = sign_biometric(HEADER, b"the record", GUID, content_signer().settings())
    start = octets.index(b"\x03\x0d\x00\x00")
    changed = bytearray(octets)
    changed[start + at] ^= 0x01
    biometric = parse_biometric(bytes(changed))
    refused(ReasonCode.OBJECT_BAD_SIGNATURE, lambda: verify_biometric(biometric))


@pytest.mark.reason(ReasonCode.OBJECT_BAD_SIGNATURE)
def test_biometric_unsigned_or_signed_as_a_chuid() -> None:
    octets = sign_biometric(HEADER, b"the record", GUID, content_signer().settings())
    whole = tlv.parse_unique(octets)[0xBC]
    bare = whole[:6] + b"\x00\x00" + whole[8:98]
    refused(
        ReasonCode.OBJECT_BAD_SIGNATURE,
        lambda: verify_biometric(parse_biometric(tlv.encode(0xBC, bare))),
    )
    covered = whole[:98]
    signature = chuid_signature(covered)
    covered = covered[:6] + len(signature).to_bytes(2, "big") + covered[8:]
    wrong = tlv.encode(0xBC, covered + signature)
    refused(ReasonCode.OBJECT_BAD_SIGNATURE, lambda: verify_biometric(parse_biometric(wrong)))


def security_object(signer: ContentSignerFixture | None = None) -> bytes:
    return sign_security_object(CONTENTS, (signer or content_signer()).settings())


@pytest.mark.reason(ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE)
def test_security_object_by_somebody_else() -> None:
    mallory = ec.generate_private_key(ec.SECP256R1())
    forged = parse_security_object(
        security_object(ContentSignerFixture(mallory, issue(mallory, "Mallory")))
    )
    refused(
        ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE,
        lambda: verify_security_object(forged, content_signer().certificate),
    )
    refused(
        ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE,
        lambda: verify_security_object(forged),
    )


@pytest.mark.reason(ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE)
def test_security_object_with_its_hashes_rewritten() -> None:
    octets = security_object()
    found = parse_security_object(octets)
    changed = octets.replace(found.hashes[1], bytes(32))
    refused(
        ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE,
        lambda: verify_security_object(
            parse_security_object(changed), content_signer().certificate
        ),
    )


@pytest.mark.reason(ReasonCode.OBJECT_HASH_MISMATCH)
@pytest.mark.parametrize(
    ("changed", "contents"),
    [
        (None, CONTENTS | {ObjectTag.PRINTED_INFORMATION: b"\x01\x01b\xfe\x00"}),
        (None, CONTENTS | {ObjectTag.CHUID: UNSIGNED[:-2]}),
        ("013000", CONTENTS),  # the printed information is taken out of the mapping
        ("013001023000", CONTENTS),  # two containers change places
        ("013000021017", CONTENTS),  # it points to another container
        ("013000023001036010", CONTENTS),  # a hash is promised that nobody signed
    ],
)
def test_objects_that_are_not_those_hashed(
    changed: str | None, contents: dict[ObjectTag, bytes]
) -> None:
    fields = tlv.parse_unique(security_object())
    if changed is not None:
        fields[0xBA] = bytes.fromhex(changed)
    found = parse_security_object(tlv.encode_all(fields.items()))
    verify_security_object(found, content_signer().certificate)
    refused(ReasonCode.OBJECT_HASH_MISMATCH, lambda: check_hashes(found, contents))


@pytest.mark.reason(ReasonCode.WEAK_ALGORITHM)
def test_weak_digests_and_keys() -> None:
    weak = content_signer("rsa1024")
    signed = parse_signed_data(sign_detached(UNSIGNED, OID_CHUID_SECURITY_OBJECT, weak.settings()))
    refused(
        ReasonCode.WEAK_ALGORITHM, lambda: verify_signed_data(signed, UNSIGNED, weak.certificate)
    )
    strong = content_signer("rsa2048")
    assert isinstance(strong.key, rsa.RSAPrivateKey)
    members = attributes_of(UNSIGNED)
    over = tlv.encode(0x31, b"".join(members))
    octets = handmade(
        members,
        identifier=signer_id(strong.certificate),
        certificates=[strong.certificate],
        algorithm=tlv.encode(0x30, oid("1.2.840.113549.1.1.5") + b"\x05\x00"),
        signature=strong.key.sign(over, padding.PKCS1v15(), hashes.SHA1()),
    )
    chuid = parse_chuid(attach_signature(UNSIGNED, octets))
    refused(ReasonCode.WEAK_ALGORITHM, lambda: verify_chuid(chuid))


@pytest.mark.reason(ReasonCode.WEAK_ALGORITHM)
def test_strong_signature_over_weak_hashes() -> None:
    lds = tlv.encode(
        0x30,
        bytes.fromhex("020100")
        + tlv.encode(0x30, oid("1.3.14.3.2.26"))
        + tlv.encode(0x30, tlv.encode(0x30, b"\x02\x01\x01" + tlv.encode(0x04, bytes(20)))),
    )
    cms = sign_encapsulated(lds, OID_LDS_SECURITY_OBJECT, content_signer().settings())
    found = parse_security_object(tlv.encode_all([(0xBA, b"\x01\x30\x00"), (0xBB, cms)]))
    refused(ReasonCode.WEAK_ALGORITHM, lambda: verify_security_object(found))

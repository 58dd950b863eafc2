from __future__ import annotations

import uuid
from datetime import date

import pytest

from cardsvc.card import tlv
from cardsvc.card.chuid import attach_signature, encode_chuid, parse_chuid, verify_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import sign_detached
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.content_signers import content_signer

GUID = CardGuid(bytes.fromhex("00112233445566778899aabbccddeeff"))
EXPIRY = date(2030, 12, 31)
HOLDER = uuid.UUID("3f2504e0-4f89-41d3-9a0c-0305e82c3301")


def signed(unsigned: bytes, kind: str = "p256", **settings: object) -> bytes:
    return sign_detached(
        unsigned, OID_CHUID_SECURITY_OBJECT, content_signer(kind).settings(**settings)
    )


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_round_trip_signed(kind: str) -> None:
    unsigned = encode_chuid(GUID, EXPIRY, cardholder_uuid=HOLDER)
    chuid = parse_chuid(attach_signature(unsigned, signed(unsigned, kind)))
    assert (chuid.guid, chuid.expiration_date, chuid.cardholder_uuid) == (GUID, EXPIRY, HOLDER)
    assert chuid.fascn == NON_FEDERAL_FASCN
    assert chuid.signed_octets == unsigned
    assert verify_chuid(chuid) == content_signer(kind).certificate


def test_unsigned_is_what_the_tables_say() -> None:
    # SP 800-73-5 Part 1 table 9: FASC-N 25, GUID 16, date 8 octets in digits
    items = {item.tag: len(item.value) for item in tlv.iterate(encode_chuid(GUID, EXPIRY))}
    assert items == {0x30: 25, 0x34: 16, 0x35: 8, 0xFE: 0}
    assert encode_chuid(GUID, EXPIRY).hex().endswith("35083230333031323331fe00")


FIELDS = [
    (0xEE, b"\x0b\x10"),
    (0x30, NON_FEDERAL_FASCN.octets),
    (0x32, b"1234"),
    (0x33, b"123456789"),
    (0x34, GUID.octets),
    (0x35, b"20301231"),
    (0x3D, b"\x01" * 20),
]


@pytest.mark.parametrize("with_buffer_length", [True, False])
@pytest.mark.parametrize("with_error_detection", [True, False])
def test_each_flavour_of_coverage_verifies(
    with_buffer_length: bool, with_error_detection: bool
) -> None:
    covered = FIELDS if with_buffer_length else FIELDS[1:]
    tail = [(0xFE, b"")]
    content = tlv.encode_all(covered + (tail if with_error_detection else []))
    card = tlv.encode_all([*FIELDS, (0x3E, signed(content)), *tail])
    chuid = parse_chuid(card)
    verify_chuid(chuid)
    assert chuid.has_error_detection_code
    assert chuid.duns == b"123456789"


def test_lengths_are_signed_as_received() -> None:
    # a legal long-form length on the card is part of what was signed
    odd = b"\x30\x81\x19" + NON_FEDERAL_FASCN.octets + tlv.encode_all([*FIELDS[4:6], (0xFE, b"")])
    chuid = parse_chuid(attach_signature(odd, signed(odd)))
    assert chuid.signed_octets == odd
    verify_chuid(chuid)


def test_signature_elsewhere_in_the_order() -> None:
    unsigned = encode_chuid(GUID, EXPIRY)
    verify_chuid(parse_chuid(tlv.encode(0x3E, signed(unsigned)) + unsigned))


def test_an_empty_signature_is_none() -> None:
    chuid = parse_chuid(attach_signature(encode_chuid(GUID, EXPIRY), b""))
    assert chuid.signature is None
    with pytest.raises(VerificationError) as caught:
        verify_chuid(chuid)
    assert caught.value.reason is ReasonCode.CHUID_UNSIGNED


def test_signer_may_be_given_from_elsewhere() -> None:
    unsigned = encode_chuid(GUID, EXPIRY)
    cms = signed(unsigned, include_certificate=False)
    chuid = parse_chuid(attach_signature(unsigned, cms))
    assert verify_chuid(chuid, content_signer().certificate)
    with pytest.raises(VerificationError):
        verify_chuid(chuid)


BASE = {0x30: NON_FEDERAL_FASCN.octets, 0x34: GUID.octets, 0x35: b"20301231"}


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all(BASE.items()) + b"\x00", ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all([*BASE.items(), (0x34, GUID.octets)]), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0x35: b"20301331"}).items()), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0x35: b"2030123"}).items()), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0x36: b"12"}).items()), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0x33: b"1" * 10}).items()), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0xFE: b"12"}).items()), ReasonCode.MALFORMED_CHUID),
        (tlv.encode_all((BASE | {0x34: b"12"}).items()), ReasonCode.MALFORMED_GUID),
        (tlv.encode_all((BASE | {0x30: b"12"}).items()), ReasonCode.MALFORMED_FASCN),
    ],
)
def test_ill_formed_is_refused(octets: bytes, reason: ReasonCode) -> None:
    with pytest.raises(Malformed) as caught:
        parse_chuid(octets)
    assert caught.value.reason is reason

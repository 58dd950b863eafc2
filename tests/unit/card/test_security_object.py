from __future__ import annotations

import hashlib

import pytest

from cardsvc.card import tlv
from cardsvc.card.cms import OID_LDS_SECURITY_OBJECT
from cardsvc.card.cms_signing import sign_detached, sign_encapsulated
from cardsvc.card.discovery import Discovery, encode_discovery
from cardsvc.card.piv import ObjectTag
from cardsvc.card.security_object import (
    check_hashes,
    parse_security_object,
    sign_security_object,
    verify_security_object,
)
from cardsvc.errors import Malformed, ReasonCode
from tests.support.content_signers import content_signer

CONTENTS = {
    ObjectTag.CHUID: b"chuid\xfe\x00",
    ObjectTag.PRINTED_INFORMATION: b"\x01\x01a\xfe\x00",
    ObjectTag.DISCOVERY: encode_discovery(Discovery()),
}


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_round_trip(digest: str) -> None:
    signer = content_signer()
    found = parse_security_object(sign_security_object(CONTENTS, signer.settings(digest)))
    assert found.digest == digest
    assert found.covered_objects == set(CONTENTS)
    assert found.signed.certificates == ()
    assert verify_security_object(found, signer.certificate) == signer.certificate
    assert check_hashes(found, CONTENTS) == frozenset()


def test_mapping_is_triples_of_group_and_container() -> None:
    octets = sign_security_object(CONTENTS, content_signer().settings())
    # 7E Discovery 6050, 5FC102 CHUID 3000, 5FC109 Printed Information 3001
    assert tlv.parse_unique(octets)[0xBA].hex() == "016050023000033001"
    assert list(tlv.parse_unique(octets)) == [0xBA, 0xBB, 0xFE]


def test_what_was_not_at_hand_is_told() -> None:
    found = parse_security_object(sign_security_object(CONTENTS, content_signer().settings()))
    at_hand = {ObjectTag.CHUID: CONTENTS[ObjectTag.CHUID], ObjectTag.SECURITY_OBJECT: b"-"}
    assert check_hashes(found, at_hand) == {0x3001, 0x6050}


def lds(hashes: list[tuple[int, bytes]], *, version: int = 0, tail: bytes = b"") -> bytes:
    sha256 = bytes.fromhex("300d06096086480165030402010500")
    pairs = b"".join(
        tlv.encode(0x30, tlv.encode(2, bytes([group])) + tlv.encode(4, value))
        for group, value in hashes
    )
    return tlv.encode(0x30, bytes([2, 1, version]) + sha256 + tlv.encode(0x30, pairs) + tail)


def made_of(mapping: str, content: bytes, *, oid: str = OID_LDS_SECURITY_OBJECT) -> bytes:
    signature = sign_encapsulated(content, oid, content_signer().settings())
    return tlv.encode_all([(0xBA, bytes.fromhex(mapping)), (0xBB, signature), (0xFE, b"")])


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def test_what_other_issuers_write() -> None:
    discovery = CONTENTS[ObjectTag.DISCOVERY]
    version_info = bytes.fromhex("300e") + b"\x13\x040107\x13\x06040000"
    hashes = [(7, sha256(b"chuid\xfe\x00")), (2, sha256(tlv.encode(0x7E, discovery)))]
    content = lds(hashes, version=1, tail=version_info)
    found = parse_security_object(made_of("073000026050", content))
    assert verify_security_object(found) == content_signer().certificate
    signed_only = {tag: CONTENTS[tag] for tag in (ObjectTag.CHUID, ObjectTag.DISCOVERY)}
    assert check_hashes(found, signed_only) == frozenset()
    # a hash left behind for an object removed has no mapping any more
    orphaned = parse_security_object(made_of("073000", content))
    assert check_hashes(orphaned, signed_only) == frozenset()
    # a container that SP 800-73-5 does not know
    foreign = parse_security_object(made_of("01AAAA", lds([(1, bytes(32))])))
    assert foreign.covered_objects == frozenset()
    assert check_hashes(foreign, signed_only) == {0xAAAA}


@pytest.mark.reason(ReasonCode.MALFORMED_SECURITY_OBJECT)
def test_ill_formed() -> None:
    good = lds([(1, bytes(32)), (2, bytes(32))])
    assert parse_security_object(made_of("013000023001", good))
    detached = sign_detached(good, OID_LDS_SECURITY_OBJECT, content_signer().settings())
    for octets in (
        b"",
        made_of("", good),
        made_of("0130", good),
        made_of("01300002", good),
        made_of("013000013001", good),
        made_of("013000023000", good),
        made_of("013000", good, oid="2.16.840.1.101.3.6.1"),
        made_of("013000", lds([])),
        made_of("013000", lds([(1, bytes(32)), (1, bytes(32))])),
        made_of("013000", lds([(1, bytes(20))])),
        made_of("013000", lds([(1, bytes(32))], version=5)),
        made_of("013000", good + b"\x00"),
        made_of("013000", b"junk"),
        tlv.encode_all([(0xBA, bytes.fromhex("013000")), (0xBB, detached)]),
        made_of("013000", good) + b"\xba\x03\x01\x30\x00",
    ):
        with pytest.raises(Malformed) as caught:
            parse_security_object(octets)
        assert caught.value.reason is ReasonCode.MALFORMED_SECURITY_OBJECT


def test_one_to_sixteen_objects() -> None:
    many = dict.fromkeys(list(ObjectTag)[:17], b"x")
    for contents in ({}, many):
        with pytest.raises(Malformed):
            sign_security_object(contents, content_signer().settings())

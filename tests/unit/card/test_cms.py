"""CMS as cards in the field carry it: what DER decoders refuse and RFC 5652 allows."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as judge
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.card.asn1 import same_name
from cardsvc.card.certificates import parse_certificate, serial_number_of
from cardsvc.card.cms import (
    OID_BIOMETRIC_OBJECT,
    OID_CHUID_SECURITY_OBJECT,
    OID_CONTENT_TYPE,
    OID_MESSAGE_DIGEST,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.cms_signing import sign_detached, sign_encapsulated
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.content_signers import content_signer, issue
from tests.support.handmade_cms import (
    SHA256,
    attribute,
    attributes_of,
    handmade,
    long_form,
    octets_attribute,
    oid,
    signer_id,
)

CONTENT = b"what is signed"
GUID = CardGuid(bytes(range(16)))
MOMENT = datetime(2026, 5, 4, 3, 2, 1, 999, tzinfo=UTC)


def test_what_we_sign_is_der_with_sorted_attributes() -> None:
    settings = content_signer().settings(
        signing_time=MOMENT, fascn=NON_FEDERAL_FASCN, entry_uuid=GUID
    )
    octets = sign_encapsulated(CONTENT, OID_BIOMETRIC_OBJECT, settings)
    info = judge.ContentInfo.load(octets, strict=True)
    assert info.dump(force=True) == octets
    assert info["content"]["version"].native == "v3"
    members = [one.dump() for one in info["content"]["signer_infos"][0]["signed_attrs"]]
    assert members == sorted(members)
    assert len(members) == 6


def test_attributes_are_read_back() -> None:
    signer = content_signer()
    settings = signer.settings(signing_time=MOMENT, fascn=NON_FEDERAL_FASCN, entry_uuid=GUID)
    signed = parse_signed_data(sign_detached(CONTENT, OID_BIOMETRIC_OBJECT, settings))
    found = signed.attributes
    assert found is not None
    assert found.signing_time == MOMENT.replace(microsecond=0)
    assert (found.fascn, found.entry_uuid) == (NON_FEDERAL_FASCN, GUID)
    assert found.signer_dn == signer.certificate.subject.public_bytes()
    assert signed.names_signer_dn(signer.certificate)
    mallory = issue(ec.generate_private_key(ec.SECP256R1()), "Mallory")
    assert not signed.names_signer_dn(mallory)
    assert signed.certificates == (signer.certificate,)
    assert signed.content is None


def test_signing_time_after_2049() -> None:
    late = datetime(2051, 1, 1, tzinfo=UTC)
    settings = content_signer().settings(signing_time=late)
    signed = parse_signed_data(sign_detached(CONTENT, OID_BIOMETRIC_OBJECT, settings))
    assert signed.attributes is not None
    assert signed.attributes.signing_time == late


@pytest.mark.parametrize("signed_as", ["received", "sorted"])
def test_unsorted_attributes(signed_as: str) -> None:
    # the sender signed the set as it stands, or its DER form: both readings of RFC 5652 5.4
    members = sorted(attributes_of(CONTENT), reverse=True)
    assert members != sorted(members)
    over = members if signed_as == "received" else sorted(members)
    octets = handmade(members, sign_over=tlv.encode(0x31, b"".join(over)))
    verify_signed_data(parse_signed_data(octets), CONTENT, content_signer().certificate)


@pytest.mark.parametrize("signed_as", ["received", "DER"])
def test_lengths_longer_than_needed(signed_as: str) -> None:
    members = attributes_of(CONTENT)
    wrap = long_form if signed_as == "received" else tlv.encode
    octets = handmade(members, long_lengths=True, sign_over=wrap(0x31, b"".join(members)))
    signed = parse_signed_data(octets)
    verify_signed_data(signed, CONTENT, content_signer().certificate)
    with pytest.raises(VerificationError):
        verify_signed_data(signed, CONTENT + b"!", content_signer().certificate)


def test_several_certificates_in_any_order() -> None:
    first, second = content_signer("p384").certificate, content_signer().certificate
    octets = handmade(attributes_of(CONTENT), certificates=[first, second])
    signed = parse_signed_data(octets)
    assert signed.certificates == (first, second)
    assert signed.signer() == second


def test_issuer_name_in_another_string_type() -> None:
    # PrintableString where the certificate has UTF8String, and other case (RFC 5280 7.1)
    key = content_signer().key
    name = x509.Name.from_rfc4514_string("CN=Content Signer 7,C=VN")
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 77)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    utf8 = certificate.issuer.public_bytes()
    printable = utf8.replace(b"\x0c\x10Content Signer 7", b"\x13\x10CONTENT SIGNER 7")
    assert printable != utf8
    identifier = tlv.encode(0x30, printable + tlv.encode(2, b"\x4d"))
    octets = handmade(attributes_of(CONTENT), identifier=identifier, certificates=[certificate])
    signed = parse_signed_data(octets)
    assert signed.signer() == certificate
    verify_signed_data(signed, CONTENT, certificate)
    other = handmade(
        attributes_of(CONTENT),
        identifier=identifier.replace(b"SIGNER 7", b"SIGNER 8"),
        certificates=[certificate],
    )
    assert parse_signed_data(other).signer() is None


def test_pss_without_parameters() -> None:
    signer = content_signer("rsa2048")
    assert isinstance(signer.key, rsa.RSAPrivateKey)
    over = tlv.encode(0x31, b"".join(attributes_of(CONTENT)))
    signature = signer.key.sign(
        over, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
    )
    for parameters in (b"", b"\x05\x00"):
        octets = handmade(
            attributes_of(CONTENT),
            identifier=signer_id(signer.certificate),
            certificates=[signer.certificate],
            algorithm=tlv.encode(0x30, oid("1.2.840.113549.1.1.10") + parameters),
            signature=signature,
        )
        verify_signed_data(parse_signed_data(octets), CONTENT, signer.certificate)


@pytest.mark.parametrize(
    "algorithm", ["1.2.840.10045.2.1", "1.2.840.10045.4.3.2"], ids=["key only", "with digest"]
)
def test_ways_to_name_ecdsa(algorithm: str) -> None:
    octets = handmade(attributes_of(CONTENT), algorithm=tlv.encode(0x30, oid(algorithm)))
    verify_signed_data(parse_signed_data(octets), CONTENT, content_signer().certificate)


def test_plain_data_may_do_without_attributes() -> None:
    octets = handmade(None, content_type="1.2.840.113549.1.7.1", sign_over=CONTENT)
    signed = parse_signed_data(octets)
    assert signed.attributes is None
    verify_signed_data(signed, CONTENT, content_signer().certificate)
    with pytest.raises(VerificationError):
        verify_signed_data(signed, CONTENT[1:], content_signer().certificate)


def test_unknown_attributes_and_unsigned_attributes_are_passed_over() -> None:
    members = [*attributes_of(CONTENT), attribute("1.2.3.4", b"\x05\x00", b"\x05\x00")]
    octets = handmade(members, unsigned=attribute("1.2.3.5", b"\x05\x00"))
    verify_signed_data(parse_signed_data(octets), CONTENT, content_signer().certificate)


@pytest.mark.reason(ReasonCode.MALFORMED_CMS)
def test_ill_formed() -> None:
    good = attributes_of(CONTENT)
    digest = octets_attribute(OID_MESSAGE_DIGEST, bytes(32))
    kind = attribute(OID_CONTENT_TYPE, oid(OID_CHUID_SECURITY_OBJECT))
    whole = handmade(good)
    cases = {
        "empty": b"",
        "trailing": whole + b"\x00",
        "cut": whole[:-1],
        "another content": whole.replace(oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.7.3")),
        "no attributes": handmade(None),
        "no digest": handmade([kind]),
        "no type": handmade([digest]),
        "digest twice": handmade([*good, digest]),
        "type twice": handmade([*good, kind]),
        "two digests in one": handmade(
            [kind, attribute(OID_MESSAGE_DIGEST, b"\x04\x00", b"\x04\x00")]
        ),
        "digest is no octets": handmade([kind, attribute(OID_MESSAGE_DIGEST, b"\x02\x01\x00")]),
        "time without zone": handmade(
            [*good, attribute("1.2.840.113549.1.9.5", b"\x18\x0e20260101000000")]
        ),
        "fascn too short": handmade([*good, octets_attribute("2.16.840.1.101.3.6.6", b"x")]),
        "no signer": handmade(good, signers=0),
        "two signers": handmade(good, signers=2),
        "unknown digest": handmade(good, digest=tlv.encode(0x30, oid("1.2.840.113549.2.5"))),
        "unknown algorithm": handmade(good, algorithm=tlv.encode(0x30, oid("1.3.101.112"))),
        "pss of junk": handmade(
            good, algorithm=tlv.encode(0x30, oid("1.2.840.113549.1.1.10") + b"\x30\x01\xff")
        ),
        "a certificate that is none": handmade(good, raw_certificates=b"\x30\x00"),
    }
    for name, octets in cases.items():
        with pytest.raises(Malformed):
            parse_signed_data(octets)
        assert name
    parse_signed_data(whole)


def test_other_kinds_of_certificates_are_passed_over() -> None:
    der = content_signer().certificate.public_bytes(Encoding.DER)
    octets = handmade(attributes_of(CONTENT), raw_certificates=der + b"\xa2\x02\x05\x00")
    assert parse_signed_data(octets).certificates == (content_signer().certificate,)


def test_an_encapsulated_content_may_also_be_given() -> None:
    signer = content_signer()
    signed = parse_signed_data(
        sign_encapsulated(CONTENT, OID_CHUID_SECURITY_OBJECT, signer.settings())
    )
    verify_signed_data(signed, None, signer.certificate)
    verify_signed_data(signed, CONTENT, signer.certificate)
    with pytest.raises(VerificationError):
        verify_signed_data(replace(signed, content=None), None, signer.certificate)


def test_digest_algorithm_is_what_the_helper_says() -> None:
    assert SHA256 in handmade(attributes_of(CONTENT))


def test_names_of_types_that_can_not_be_decoded_differ() -> None:
    def name(value: bytes) -> bytes:
        pair = tlv.encode(0x30, oid("2.5.4.3") + value)
        return tlv.encode(0x30, tlv.encode(0x31, pair))

    real = name(b"\x09\x01\x40")
    assert same_name(real, real)
    assert not same_name(real, name(b"\x09\x01\x41"))
    assert not same_name(b"junk", b"junk too")
    assert same_name(name(b"\x0c\x02An"), name(b"\x13\x02AN"))


def test_a_negative_serial_number_is_handled_gracefully() -> None:
    # RFC 5280 section 4.1.2.2; cryptography warns at each look
    der = content_signer().certificate.public_bytes(Encoding.DER)
    number = content_signer().certificate.serial_number
    width = number.bit_length() // 8 + 1
    at = der.index(tlv.encode(0x02, number.to_bytes(width, "big")))
    changed = der[: at + 2] + b"\x80" + der[at + 3 :]
    certificate = parse_certificate(changed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert serial_number_of(certificate) < 0
        signed = parse_signed_data(handmade(attributes_of(CONTENT), certificates=[certificate]))
        assert signed.signer() is None

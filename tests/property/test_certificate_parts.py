"""A certificate cut into parts: what ``cryptography`` reads in it, or ``Malformed``."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.certificate_parts import (
    CertificateParts,
    parse_certificate_parts,
    parse_signed_part,
)
from cardsvc.card.public_key import CardPublicKey
from cardsvc.errors import Malformed, ReasonCode

ISSUER = ec.generate_private_key(ec.SECP384R1())
KEYS: list[CardPublicKey] = [
    ec.generate_private_key(ec.SECP256R1()).public_key(),
    rsa.generate_private_key(65537, 2048).public_key(),
]


def certificate(key: CardPublicKey, name: str, serial: int, *, extended: bool) -> x509.Certificate:
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = (
        x509.CertificateBuilder()
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sở Nội vụ")]))
        .subject_name(called)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
    )
    if extended:
        uri = x509.UniformResourceIdentifier("urn:uuid:1d0b4dfa-0000-4000-8000-000000000001")
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=not name)
    return builder.sign(ISSUER, hashes.SHA384())


GOOD = certificate(KEYS[0], "Nguyễn Thị Đoan Trang", 1 << 70, extended=True).public_bytes(
    Encoding.DER
)


@settings(max_examples=40, deadline=None)
@given(
    key=st.sampled_from(KEYS),
    # X.520 bounds a common name at 64; `cryptography` counts the octets of its UTF-8.
    name=st.text(st.characters(categories=["L", "N"]), max_size=60).filter(
        lambda name: len(name.encode()) <= 64
    ),
    serial=st.integers(1, (1 << 159) - 1),
)
def test_the_parts_are_what_cryptography_reads(key: CardPublicKey, name: str, serial: int) -> None:
    made = certificate(key, name, serial, extended=True)
    der = made.public_bytes(Encoding.DER)
    parts = parse_certificate_parts(der)
    assert parts.signed == made.tbs_certificate_bytes
    assert parts.signature == made.signature
    assert parts.issuer == made.issuer.public_bytes()
    assert parts.subject == made.subject.public_bytes()
    assert int.from_bytes(parts.serial[2:], "big") == serial
    assert parts.public_key == key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert parts.algorithm == parts.outer_algorithm
    assert parts.signed.endswith(b"".join(parts[1:9]))
    assert parse_signed_part(der) == (parts.signed, parts.outer_algorithm)


def test_a_certificate_without_extensions_is_not_taken() -> None:
    bare = certificate(KEYS[0], "x", 1 << 70, extended=False).public_bytes(Encoding.DER)
    with pytest.raises(Malformed) as caught:
        parse_certificate_parts(bare)
    assert caught.value.reason is ReasonCode.MALFORMED_CERTIFICATE


def same_or_malformed(octets: bytes) -> CertificateParts | None:
    """Whatever is cut, nothing is lost or added."""
    cut = None
    with contextlib.suppress(Malformed):
        signed, algorithm = parse_signed_part(octets)
        assert octets[2:].find(signed + algorithm) >= 0
    with contextlib.suppress(Malformed):
        cut = parse_certificate_parts(octets)
        assert cut.signed.endswith(b"".join(cut[1:9]))
        assert octets.endswith(cut.signature)
        assert octets[4:].startswith(cut.signed + cut.outer_algorithm)
    return cut


@given(st.binary(max_size=80))
def test_junk_is_malformed(junk: bytes) -> None:
    assert same_or_malformed(junk) is None


@settings(max_examples=300)
@given(at=st.integers(0, len(GOOD) - 1), to=st.integers(0, 255))
def test_a_changed_octet_is_malformed_or_lies_within_a_part(at: int, to: int) -> None:
    same_or_malformed(GOOD[:at] + bytes([to]) + GOOD[at + 1 :])


@given(end=st.integers(0, len(GOOD) - 1), tail=st.binary(min_size=1, max_size=4))
def test_cut_short_or_trailing_is_malformed(end: int, tail: bytes) -> None:
    for octets in (GOOD[:end], GOOD + tail):
        for parse in (parse_certificate_parts, parse_signed_part):
            with pytest.raises(Malformed):
                parse(octets)


def test_a_length_that_is_not_the_shortest_is_malformed() -> None:
    serial = GOOD.index(bytes([0x02, 9]))
    padded = GOOD[: serial + 1] + bytes([0x81, 9]) + GOOD[serial + 2 :]
    for outer in (2, 6):
        length = int.from_bytes(padded[outer : outer + 2], "big") + 1
        padded = padded[:outer] + length.to_bytes(2, "big") + padded[outer + 2 :]
    with pytest.raises(Malformed):
        parse_certificate_parts(padded)

from __future__ import annotations

import gzip
import zlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.card.certificate_object import (
    MAX_INFLATED_OCTETS,
    encode_certificate_object,
    parse_certificate_object,
)
from cardsvc.errors import Malformed, ReasonCode
from tests.support.content_signers import content_signer


@pytest.fixture
def der() -> bytes:
    return content_signer().certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize("compress", [False, True])
def test_round_trip(compress: bool) -> None:
    certificate = content_signer().certificate
    octets = encode_certificate_object(certificate, compress=compress)
    assert parse_certificate_object(octets) == certificate
    template = tlv.parse_unique(octets)
    assert template[0x71] == bytes([compress])
    assert template[0xFE] == b""


def test_what_vendors_write(der: bytes) -> None:
    for items in (
        [(0x70, der)],
        [(0x70, der), (0x71, b""), (0xFE, b"")],
        [(0x70, der), (0x71, b"\x00"), (0x72, b"\x01" * 38), (0xFE, b"")],
        [(0x71, b"\x01"), (0x70, der), (0xFE, b"\x00")],  # the bit is set, the octets are plain
        [(0x70, gzip.compress(der)), (0x71, b"\x00")],  # and the other way round
        [(0x70, zlib.compress(der)), (0x71, b"\x01")],
    ):
        assert parse_certificate_object(tlv.encode_all(items)) == content_signer().certificate


def test_ill_formed_is_refused(der: bytes) -> None:
    bomb = gzip.compress(b"\x00" * (MAX_INFLATED_OCTETS + 1))
    packed = gzip.compress(der)
    for items in (
        [],
        [(0x70, b"")],
        [(0x70, der[:-1])],
        [(0x70, der + b"\x00")],
        [(0x70, der), (0x70, der)],
        [(0x70, der), (0x71, b"\x00\x00")],
        [(0x70, bomb), (0x71, b"\x01")],
        [(0x70, packed[:-1]), (0x71, b"\x01")],
        [(0x70, packed + b"\x00"), (0x71, b"\x01")],
        [(0x70, packed + packed), (0x71, b"\x01")],
    ):
        with pytest.raises(Malformed) as caught:
            parse_certificate_object(tlv.encode_all(items))
        assert caught.value.reason is ReasonCode.MALFORMED_CERTIFICATE


def test_compressed_is_reproducible() -> None:
    certificate = content_signer().certificate
    first = encode_certificate_object(certificate, compress=True)
    assert first == encode_certificate_object(certificate, compress=True)

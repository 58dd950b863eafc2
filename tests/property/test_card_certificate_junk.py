"""The one reading of a card's certificate: junk and damaged objects are refused by type."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.card.public_key import spki_sha256
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.verification_world import TestCa, World, pooled_key
from verification.card_certificate import read_card_certificate

GOOD = World().card("junk").objects[CERTIFICATE_OBJECT[KeySlot.CARD_AUTHENTICATION]]
REFUSALS = {
    ReasonCode.MALFORMED_CERTIFICATE,
    ReasonCode.MALFORMED_GUID,
    ReasonCode.UNSUPPORTED_ALGORITHM,
}


def read(octets: bytes) -> None:
    try:
        read_card_certificate(octets)
    except (Malformed, VerificationError) as error:
        refused = error.reason
    else:
        return
    assert refused in REFUSALS


@settings(max_examples=150)
@given(st.binary(max_size=600))
@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
def test_junk(octets: bytes) -> None:
    read(octets)


@settings(max_examples=200)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_octet_changed(at: int, change: int) -> None:
    read(GOOD[:at] + bytes([GOOD[at] ^ change]) + GOOD[at + 1 :])


@pytest.mark.parametrize("rsa_bits", [0, 2048])
def test_the_key_on_record_is_the_key_as_received(rsa_bits: int) -> None:
    key = pooled_key(f"received {rsa_bits}", rsa_bits=rsa_bits)
    guid = CardGuid(b"received".ljust(16, b"\x01"))
    certificate = TestCa.root("Gốc").issue(key, guid=guid)
    found = read_card_certificate(encode_certificate_object(certificate))
    assert found.key_sha256 == spki_sha256(key.public_key())
    assert found.guid == guid


def test_reading_leaves_the_filters_of_warnings_alone() -> None:
    before = list(warnings.filters)
    read_card_certificate.cache_clear()
    read(GOOD)
    assert warnings.filters == before

"""Junk and changed tokens raise Malformed alone; CBOR and Base45 are their RFCs'."""

from __future__ import annotations

import contextlib
import zlib

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.terms import CardType
from cardsvc.wire.base45 import encode_base45, parse_base45
from cardsvc.wire.cbor import encode_cbor, parse_cbor
from cardsvc.wire.credential import encode_claims, parse_claims, parse_token
from issuance.faces.layout_file import parse_layout, shipped_layout
from issuance.faces.sheet_plan import parse_sheet_plan
from tests.support.faces import AT, ISSUER, credential, credential_signer, signed
from verification.credential import verify_credential

TEXT = signed()
CLAIMS = encode_claims(credential())
COSE = zlib.decompress(parse_base45(TEXT))
LEAVES = (
    st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=30)
    | st.text(max_size=20)
    | st.booleans()
    | st.none()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers(-1000, 1000) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=150)
def test_cbor_is_that_of_another_library(value: object) -> None:
    octets = encode_cbor(value)  # type: ignore[arg-type]  # what the strategy makes
    assert octets == cbor2.dumps(value, canonical=False) or parse_cbor(octets) is not None
    assert octets == encode_cbor(parse_cbor(cbor2.dumps(value)))


@given(st.binary(max_size=80))
@settings(max_examples=200)
def test_base45_comes_back(octets: bytes) -> None:
    assert parse_base45(encode_base45(octets)) == octets


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")],
)
def test_base45_examples_of_rfc_9285(octets: bytes, text: str) -> None:
    assert encode_base45(octets) == text
    assert parse_base45(text) == octets


@pytest.mark.parametrize("text", ["GGW", "A", "::", "ABCD", "ab", "Ä00"])
@pytest.mark.reason(ReasonCode.MALFORMED_CREDENTIAL)
def test_base45_that_no_octets_have(text: str) -> None:
    with pytest.raises(Malformed):
        parse_base45(text)


@given(st.binary(max_size=120))
@settings(max_examples=200)
def test_junk_is_malformed(junk: bytes) -> None:
    for parse in (parse_cbor, parse_claims):
        with contextlib.suppress(Malformed):
            parse(junk)
    with contextlib.suppress(Malformed):
        parse_token(encode_base45(zlib.compress(junk)))


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_junk_text_is_malformed(junk: str) -> None:
    for parse in (parse_base45, parse_token, parse_layout, parse_sheet_plan):
        with contextlib.suppress(Malformed):
            parse(junk)


@given(st.integers(0, len(COSE) - 1), st.integers(1, 255))
@settings(max_examples=200)
def test_a_changed_token_is_never_accepted_as_another(place: int, change: int) -> None:
    octets = bytearray(COSE)
    octets[place] ^= change
    text = encode_base45(zlib.compress(bytes(octets)))
    with contextlib.suppress(Malformed, VerificationError):
        verified = verify_credential(
            text, credential_signer().jwks(), expected_issuer=ISSUER, at=AT
        )
        assert verified.credential == credential()


@given(st.integers(0, len(CLAIMS) - 1), st.integers(1, 255))
@settings(max_examples=100)
def test_changed_claims_are_malformed_or_claims(place: int, change: int) -> None:
    octets = bytearray(CLAIMS)
    octets[place] ^= change
    with contextlib.suppress(Malformed):
        parse_claims(bytes(octets))


@given(st.data())
@settings(max_examples=100)
def test_a_changed_layout_is_malformed_or_a_layout(data: st.DataObject) -> None:
    text = shipped_layout(data.draw(st.sampled_from(CardType)))
    start = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 8))
    put = data.draw(st.text("0123456789.-[]{}\"'=\n aez", max_size=6))
    with contextlib.suppress(Malformed):
        parse_layout(text[:start] + put + text[start + cut :])

"""QR codes of card faces that we did not sign, or that say other than what we signed."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.base45 import encode_base45, parse_base45
from cardsvc.wire.cbor import Tagged, encode_cbor, parse_cbor
from cardsvc.wire.credential import (
    TAG_CWT,
    encode_claims,
    encode_token,
    parse_token,
    protected_header,
    signature_structure,
)
from keys.signers import public_jwk
from tests.support.faces import AT, EXPIRES, ISSUER, credential, credential_signer, signed
from verification.credential import CLOCK_TOLERANCE, verify_credential

KEYS = credential_signer().jwks()
STRANGER = ec.generate_private_key(ec.SECP256R1())


def check(text: str, keys: Any = None, **changes: Any) -> object:
    expected = {"expected_issuer": ISSUER, "at": AT} | changes
    return verify_credential(text, KEYS if keys is None else keys, **expected)


def refusal(text: str, keys: Any = None, **changes: Any) -> ReasonCode:
    with pytest.raises((VerificationError, Malformed)) as refused:
        check(text, keys, **changes)
    assert "Đặng" not in str(refused.value)
    return refused.value.reason


def parts_of(text: str) -> list[Any]:
    cose = parse_cbor(zlib.decompress(parse_base45(text)))
    assert isinstance(cose, Tagged)
    assert isinstance(cose.value, tuple)
    return list(cose.value)


def text_of(parts: list[Any], tag: int = 18) -> str:
    return encode_base45(zlib.compress(encode_cbor(Tagged(tag, tuple(parts)))))


def signed_by(key: ec.EllipticCurvePrivateKey, protected: bytes, payload: bytes) -> bytes:
    der = key.sign(signature_structure(protected, payload), ec.ECDSA(hashes.SHA256()))
    return b"".join(one.to_bytes(32, "big") for one in decode_dss_signature(der))


def test_ours_is_accepted_and_is_x0() -> None:
    verified = verify_credential(signed(), KEYS, expected_issuer=ISSUER, at=AT)
    assert verified.level is AssuranceLevel.X0
    assert verified.credential == credential()
    wrapped = encode_base45(
        zlib.compress(encode_cbor(Tagged(TAG_CWT, Tagged(18, tuple(parts_of(signed()))))))
    )
    assert check(wrapped), "the CWT tag may stand around it (RFC 8392 section 6)"


@pytest.mark.reason(ReasonCode.CREDENTIAL_BAD_SIGNATURE)
def test_another_s_signature() -> None:
    ours = parse_token(signed())
    other = encode_claims(replace(credential(), guid=CardGuid(bytes(range(16)))))
    forged = [
        encode_token(other, ours.key_id, ours.signature),
        encode_token(ours.payload, ours.key_id, bytes(64)),
        encode_token(ours.payload, ours.key_id, b"\xff" * 64),
        encode_token(ours.payload, ours.key_id, ours.signature[::-1]),
        encode_token(other, ours.key_id, signed_by(STRANGER, protected_header(), other)),
        encode_token(ours.payload, b"stranger", ours.signature),
        encode_token(ours.payload, b"", ours.signature),
    ]
    for text in forged:
        assert refusal(text) is ReasonCode.CREDENTIAL_BAD_SIGNATURE
    for keys in ({"keys": []}, {}, {"keys": KEYS["keys"] * 2}, {"keys": "x"}, {"keys": [7]}):
        assert refusal(signed(), keys) is ReasonCode.CREDENTIAL_BAD_SIGNATURE


def test_a_key_of_another_s_under_our_name() -> None:
    jwk = public_jwk(STRANGER.public_key()) | {"kid": KEYS["keys"][0]["kid"]}
    assert refusal(signed(), {"keys": [jwk]}) is ReasonCode.CREDENTIAL_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.MALFORMED_PUBLIC_KEY)
@pytest.mark.parametrize("change", [{"x": "AAAA"}, {"x": 7}, {"crv": "P-384"}, {"kty": "RSA"}])
def test_a_key_set_that_is_none(change: dict[str, Any]) -> None:
    broken = {"keys": [KEYS["keys"][0] | change]}
    assert refusal(signed(), broken) is ReasonCode.MALFORMED_PUBLIC_KEY


@pytest.mark.reason(ReasonCode.CREDENTIAL_MISISSUED)
def test_another_issuer_s_credential() -> None:
    assert refusal(signed(), expected_issuer="tinh-khac") is ReasonCode.CREDENTIAL_MISISSUED


@pytest.mark.reason(ReasonCode.CREDENTIAL_EXPIRED)
def test_after_the_card_s_last_instant() -> None:
    assert check(signed(), at=EXPIRES)
    late = EXPIRES + timedelta(seconds=1)
    assert refusal(signed(), at=late) is ReasonCode.CREDENTIAL_EXPIRED


@pytest.mark.reason(ReasonCode.CREDENTIAL_NOT_YET_VALID)
def test_before_it_was_signed() -> None:
    assert check(signed(), at=AT - CLOCK_TOLERANCE)
    early = AT - CLOCK_TOLERANCE - timedelta(seconds=1)
    assert refusal(signed(), at=early) is ReasonCode.CREDENTIAL_NOT_YET_VALID


@pytest.mark.reason(ReasonCode.MALFORMED_CREDENTIAL)
def test_other_forms_are_refused_before_any_key_is_used() -> None:
    protected, unprotected, payload, signature = parts_of(signed())
    weaker = encode_cbor({1: -47})
    twice = {**unprotected, 1: -7}
    for parts in (
        [weaker, unprotected, payload, signature],
        [b"", unprotected, payload, signature],
        [protected, twice, payload, signature],
        [encode_cbor({1: -7, 2: (99,), 99: 1}), unprotected, payload, signature],
        [protected, {}, payload, signature],
        [protected, unprotected, None, signature],
        [protected, unprotected, payload, signature[:63]],
        [protected, unprotected, payload],
        [protected, unprotected, payload, signature, b""],
    ):
        assert refusal(text_of(parts)) is ReasonCode.MALFORMED_CREDENTIAL
    whole = [protected, unprotected, payload, signature]
    for tag in (17, 98):
        assert refusal(text_of(whole, tag)) is ReasonCode.MALFORMED_CREDENTIAL
    cose = encode_cbor(Tagged(18, tuple(whole)))
    for octets in (
        zlib.compress(cose + b"\x00"),
        zlib.compress(cose) + b"\x00",
        zlib.compress(cose)[:-1],
        zlib.compress(cose + bytes(10_000_000)),
        cose,
    ):
        assert refusal(encode_base45(octets)) is ReasonCode.MALFORMED_CREDENTIAL
    for text in ("", "|", signed().lower(), signed() + "A" * 5000, "001099012345||Đặng|x"):
        assert refusal(text) is ReasonCode.MALFORMED_CREDENTIAL


@pytest.mark.parametrize(
    "claims",
    [
        {},
        (),
        {1: ISSUER, 4: 1, 6: 1, 169: {1: "x", 4: "Đặng"}, -65537: 1},
        {1: ISSUER, 4: 1, 6: 1, 169: {4: "Đặng"}, -65537: 1},
        {1: ISSUER, 4: 1, 6: 1, -65537: 1},
        {1: 7, 4: 1, 6: 1, 169: {1: "x", 4: "Đặng"}, -65537: 1},
        {1: ISSUER, 4: 1, 6: 1, 169: {1: "x", 4: "Đặng"}, -65537: 9},
        {1: ISSUER, 4: True, 6: 1, 169: {1: str(CardGuid(bytes(16))), 4: "Đặng"}, -65537: 1},
        {1: ISSUER, 4: 1 << 63, 6: 1, 169: {1: str(CardGuid(bytes(16))), 4: "Đặng"}, -65537: 1},
        {1: ISSUER, 4: 1, 6: 1, 169: {1: str(CardGuid(bytes(16))), 4: "<b>"}, -65537: 1},
    ],
)
def test_claims_of_another_form_even_if_signed(claims: Any) -> None:
    text = credential_signer().sign(encode_cbor(claims))
    assert refusal(text) is ReasonCode.MALFORMED_CREDENTIAL

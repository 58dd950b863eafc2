"""Keys, assertions, scopes and certificates of partners are fed junk."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cardsvc.errors import CardsvcError, Malformed
from cardsvc.partner_records import KeyKind, PartnerKey, parse_scopes
from cardsvc.wire.fields import encode_octets
from tests.support.partner_keys import AUDIENCE, SigningKey
from tests.support.virtual_cards import self_signed
from verification.policy.agreement import parse_agreement
from web.partners.assertion import parse_assertion, verify_assertion
from web.partners.forwarded import parse_forwarded_certificate
from web.partners.oauth import OAuthRefusal, TokenRequest
from web.partners.public_keys import (
    parse_client_certificate,
    parse_key_set,
    parse_public_key_pem,
)

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
KEY = SigningKey()
ON_RECORD = PartnerKey(
    "bv", KEY.kid, KeyKind.JWK, "ES256", "", json.dumps(KEY.jwk), AT, AT.replace(year=2027)
)
SINGLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = SINGLE | st.lists(SINGLE, max_size=2)
CERTIFICATE = self_signed(ec.generate_private_key(ec.SECP256R1()), "bv").public_bytes(Encoding.DER)
VERSION = CERTIFICATE.index(b"\xa0\x03\x02\x01") + 4
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "kid", "use", "key_ops"])
CLAIMS = st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"])
HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "x5t"])


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.dictionaries(MEMBERS, JSON).map(json.dumps))
def test_a_key_set_of_junk(junk: bytes | str) -> None:
    octets = junk if isinstance(junk, bytes) else junk.encode()
    for parse in (parse_key_set, parse_client_certificate, parse_public_key_pem):
        with contextlib.suppress(Malformed):
            parse(octets)


@settings(max_examples=150)
@example(VERSION, 1, b"\x05")  # X.509 has no such version
@example(VERSION + 3, 1, b"\x80")  # a negative serial number, of which the library warns
@given(st.integers(0, len(CERTIFICATE)), st.integers(0, 4), st.binary(max_size=4))
def test_a_changed_certificate(at: int, gone: int, put: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_client_certificate(CERTIFICATE[:at] + put + CERTIFICATE[at + gone :])


@settings(max_examples=150)
@given(st.sampled_from(["ES256", "EdDSA"]), st.dictionaries(MEMBERS, JSON, max_size=2))
def test_a_key_with_members_changed(algorithm: str, changed: dict[str, object]) -> None:
    good = KEY.jwk if algorithm == "ES256" else _ED25519.jwk
    with contextlib.suppress(Malformed):
        (found,) = parse_key_set(json.dumps({"keys": [{**good, **changed}]}).encode())
        jwt.PyJWK(json.loads(found.jwk))


_ED25519 = SigningKey("EdDSA")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@given(st.integers(0, 400), st.binary(max_size=2))
def test_a_pem_with_something_changed(algorithm: str, place: int, junk: bytes) -> None:
    pem = PEMS[algorithm]
    with contextlib.suppress(Malformed):
        parse_public_key_pem(pem[:place] + junk + pem[place + 1 :])


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_key_in_pem_is_the_one_in_a_set(algorithm: str) -> None:
    (found,) = parse_public_key_pem(PEMS[algorithm])
    (same,) = parse_key_set(found.jwk.encode())
    assert (found.thumbprint, found.kid) == (same.thumbprint, same.kid)
    for other in (b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", PRIVATE_PEM):
        with pytest.raises(Malformed):
            parse_public_key_pem(other)


PEMS = {
    name: SigningKey(name)
    .private.public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name in ("ES256", "EdDSA", "RS256")
}
PRIVATE_PEM = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@settings(max_examples=200)
@given(
    st.text(max_size=40)
    | st.lists(st.binary(max_size=20).map(encode_octets), max_size=4).map(".".join)
    | st.tuples(st.dictionaries(HEADERS, JSON), st.dictionaries(CLAIMS, JSON)).map(
        lambda both: ".".join(encode_octets(json.dumps(one).encode()) for one in (*both, {}))
    )
)
def test_an_assertion_of_junk(junk: str) -> None:
    with contextlib.suppress(Malformed):
        parse_assertion(junk)


@settings(max_examples=200)
@given(st.dictionaries(CLAIMS, JSON, max_size=3))
def test_a_signed_assertion_with_junk_in_it(changed: dict[str, object]) -> None:
    text = KEY.assertion("bv", AT, **changed)
    with contextlib.suppress(CardsvcError):
        found = verify_assertion(parse_assertion(text), ON_RECORD, frozenset({AUDIENCE}), AT)
        assert found.client_id == "bv"
        assert changed.get("aud", AUDIENCE) in (AUDIENCE, [AUDIENCE])


@given(st.text(max_size=30))
def test_scopes_and_headers_of_junk(junk: str) -> None:
    for parse in (parse_scopes, parse_forwarded_certificate):
        with contextlib.suppress(Malformed):
            parse(junk)
    with contextlib.suppress(Malformed):
        parse_forwarded_certificate(f":{junk}:")


BOUNDS = st.sampled_from(
    ["services", "purposes", "attributes", "minimum_level", "fresh_for_seconds", "x"]
)


@given(st.text(max_size=30) | st.dictionaries(BOUNDS, JSON, max_size=3).map(json.dumps))
def test_an_agreement_of_junk(junk: str) -> None:
    with contextlib.suppress(Malformed):
        found = parse_agreement(junk)
        assert parse_agreement(found.encode()) == found


FORM = st.sampled_from(
    ["grant_type", "scope", "client_id", "client_assertion", "client_assertion_type", "x"]
)


@given(st.dictionaries(FORM, st.lists(st.text(max_size=8), max_size=2)))
def test_a_form_of_junk(junk: dict[str, list[str]]) -> None:
    with contextlib.suppress(OAuthRefusal):
        TokenRequest.parse(junk)

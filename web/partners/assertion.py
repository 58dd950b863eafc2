"""Client assertions: a partner signs that it is the one (``private_key_jwt``).

 1. The text is a compact JWS with a header of known members   MALFORMED_ASSERTION
 2. ``iss`` and ``sub`` name one partner, which is enabled     MALFORMED_ASSERTION, CLIENT_REFUSED
 3. ``kid`` names a key of that partner that counts now        PARTNER_KEY_UNKNOWN
 4. ``alg`` is the one algorithm of that key                   PARTNER_KEY_UNKNOWN
 5. The key signed the octets that were received               ASSERTION_BAD_SIGNATURE
 6. It is addressed to us and to nobody else                   ASSERTION_MISADDRESSED
 7. It was made just now and ends within five minutes          ASSERTION_EXPIRED
 8. Nobody used it before                                      ASSERTION_REPLAYED

Step 8 is the transaction that keeps the token (``ports.TokenBook.give``).

Spec: RFC 7523 section 3, RFC 7521 section 4.2, RFC 8725 (best practices for JWT), RFC 7515.
Checked with the clock that is passed in; PyJWT checks the signature and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import jwt

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import KeyKind, PartnerKey
from cardsvc.wire.fields import decode_octets, parse_object

MAX_ASSERTION_CHARACTERS = 4096
MAX_LIFETIME = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=30)
ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
"""Signatures with a private key, and no other: neither ``none`` nor a shared secret."""
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""No ``crit``, ``b64``, ``jku``, ``jwk``, ``x5u``, ``x5c``: an assertion brings no key along."""
_TYPES = ("JWT", "jwt", "client-authentication+jwt")
_MAX_IDENTIFIER = 128
_ADDRESSED = "aud is our issuer as the metadata have it, or the token endpoint, and nobody else"
_TIMES = "exp is past, or more than 5 minutes after iat"
_FUTURE = "iat or nbf is in the future: compare your clock with Date"
_FAR = 2**53
"""Seconds beyond which nothing is told apart: a float holds them."""


@dataclass(frozen=True, slots=True)
class UnverifiedAssertion:
    """An assertion that parsed; nothing in it is trusted yet."""

    text: str
    client_id: str
    kid: str
    algorithm: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """An assertion of a partner, made for us just now.

    Args:
        client_id: the partner.
        kid: the key that signed.
        jti: its identifier, to be used once.
        expires_at: its last instant.
    """

    client_id: str
    kid: str
    jti: str
    expires_at: datetime


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_ASSERTION, what)


def parse_assertion(text: str) -> UnverifiedAssertion:
    """Steps 1 and 2: parse an assertion.

    Raises:
        Malformed: MALFORMED_ASSERTION.
    """
    parts = text.split(".") if len(text) <= MAX_ASSERTION_CHARACTERS else []
    if len(parts) != 3:
        _refuse("not a compact JWS")
    try:
        header, claims = (parse_object(decode_octets(part)) for part in parts[:2])
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_ASSERTION, str(error)) from error
    if header.keys() - _HEADER or header.get("typ", "JWT") not in _TYPES:
        _refuse("a header that is not understood")
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        _refuse("an algorithm that is not allowed")
    client_id = claims.get("sub")
    if not isinstance(client_id, str) or client_id != claims.get("iss"):
        _refuse("iss and sub are the partner's identifier")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_IDENTIFIER:
        _refuse("kid names the key")
    return UnverifiedAssertion(text, client_id, kid, str(algorithm), claims)


def verify_assertion(
    unverified: UnverifiedAssertion,
    key: PartnerKey | None,
    expected_audiences: frozenset[str],
    at: datetime,
) -> VerifiedAssertion:
    """Steps 3 to 7.

    Args:
        unverified: the assertion.
        key: the key of that partner and that name, None where there is none.
        expected_audiences: our own names.
        at: the instant.

    Raises:
        CardsvcError: the step's reason.
        Malformed: MALFORMED_ASSERTION, claims are missing.
    """
    ours = key is not None and (key.relying_party, key.kind) == (unverified.client_id, KeyKind.JWK)
    if key is None or not ours or not key.counts_at(at):
        raise CardsvcError(ReasonCode.PARTNER_KEY_UNKNOWN, "no key of that name counts now")
    if unverified.algorithm != key.algorithm:
        raise CardsvcError(ReasonCode.PARTNER_KEY_UNKNOWN, "the key is for another algorithm")
    _check_signature(unverified, key)
    claims = unverified.claims
    audience = claims.get("aud")
    # nobody else: what is addressed to others as well could be passed on by them to us
    named = audience if isinstance(audience, list) and audience else [audience]
    if not all(isinstance(one, str) and one in expected_audiences for one in named):
        raise CardsvcError(ReasonCode.ASSERTION_MISADDRESSED, _ADDRESSED)
    expires_at = _check_times(claims, at)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_IDENTIFIER or not jti.isprintable():
        _refuse("jti is missing, or longer than a line")
    return VerifiedAssertion(unverified.client_id, unverified.kid, jti, expires_at)


def _check_signature(unverified: UnverifiedAssertion, key: PartnerKey) -> None:
    try:
        loaded = jwt.PyJWK(json.loads(key.jwk), algorithm=key.algorithm)
        jwt.PyJWS(algorithms=[key.algorithm]).decode(
            unverified.text, loaded, algorithms=[key.algorithm]
        )
    except (jwt.PyJWTError, ValueError) as error:
        message = "the signature fails"
        raise CardsvcError(ReasonCode.ASSERTION_BAD_SIGNATURE, message) from error


def _check_times(claims: Mapping[str, Any], at: datetime) -> datetime:
    now, skew = at.timestamp(), CLOCK_SKEW.total_seconds()
    longest = MAX_LIFETIME.total_seconds()
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    starts = _instant(claims, "nbf") if "nbf" in claims else issued
    if issued > now + skew or starts > now + skew:
        raise CardsvcError(ReasonCode.ASSERTION_EXPIRED, _FUTURE)
    if expires <= now - skew or expires > now + longest + skew or expires - issued > longest:
        raise CardsvcError(ReasonCode.ASSERTION_EXPIRED, _TIMES)
    # remembered for as long as it could be believed
    return datetime.fromtimestamp(expires, UTC) + 2 * CLOCK_SKEW


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(f"{name} is seconds since 1970")
    return float(max(-_FAR, min(value, _FAR)))

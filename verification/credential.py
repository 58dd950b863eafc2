"""Checks the credential on a card's face, offline, with nothing but the issuer's published keys.

What holds here is that the issuer wrote this text. It says nothing of who shows it: a picture of
a card passes as well as the card. So the level is X0 and never more.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.credential import (
    KEY_ID_OCTETS,
    CardCredential,
    UnverifiedToken,
    parse_claims,
    parse_token,
)

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a checker's clock may be behind the issuer's (RFC 8725 leaves it to us)."""


@dataclass(frozen=True, slots=True)
class VerifiedCredential:
    """A credential that its issuer signed and whose time has not run out.

    Args:
        credential: what it says.
        at: the instant of the check.
        level: X0, always: no authentication took place, and status was not asked.
    """

    credential: CardCredential
    at: datetime
    level: AssuranceLevel = AssuranceLevel.X0


def verify_credential(
    text: str, key_set: Mapping[str, object], *, expected_issuer: str, at: datetime
) -> VerifiedCredential:
    """Verify the text of a face's QR code.

    1. it is a COSE_Sign1 of ES256; 2. a published key signed it; 3. it is a card's credential of
    the expected issuer; 4. it is within its dates. Whether the card was revoked since is not
    known offline.

    Spec: MOSIP Claim 169 1.1.0; RFC 9052 section 4.4; RFC 8392 sections 3.1 and 7.2.

    Args:
        text: as scanned.
        key_set: the issuer's JWK set (RFC 7517).
        expected_issuer: the issuer's name in its credentials.
        at: the instant, UTC.

    Raises:
        Malformed: MALFORMED_CREDENTIAL, the text is no such credential.
        VerificationError: CREDENTIAL_BAD_SIGNATURE, CREDENTIAL_MISISSUED, CREDENTIAL_EXPIRED or
            CREDENTIAL_NOT_YET_VALID.
    """
    at = require_utc(at)
    token = parse_token(text)
    verify_token(token, key_set, ReasonCode.CREDENTIAL_BAD_SIGNATURE)
    credential = parse_claims(token.payload)
    if credential.issuer != expected_issuer:
        raise VerificationError(ReasonCode.CREDENTIAL_MISISSUED, "another issuer's credential")
    if at > credential.expires_at:
        raise VerificationError(ReasonCode.CREDENTIAL_EXPIRED, "the card's time has run out")
    if at + CLOCK_TOLERANCE < credential.issued_at:
        raise VerificationError(ReasonCode.CREDENTIAL_NOT_YET_VALID, "signed in the future")
    return VerifiedCredential(credential, at)


def verify_token(token: UnverifiedToken, key_set: Mapping[str, object], reason: ReasonCode) -> None:
    """Verify a token's signature with the one published key that it names.

    Args:
        token: as received.
        key_set: a JWK set (RFC 7517).
        reason: of a signature that fails, or a key that is not in the set.

    Raises:
        VerificationError: for that reason.
        Malformed: MALFORMED_PUBLIC_KEY; the key in the set is none.
    """
    keys = key_set.get("keys")
    named = [
        jwk
        for jwk in (keys if isinstance(keys, list) else ())
        if isinstance(jwk, Mapping) and _short_id(jwk.get("kid")) == token.key_id
    ]
    if len(named) != 1:
        raise VerificationError(reason, "signed by a key we don't know")
    half = len(token.signature) // 2
    der = encode_dss_signature(
        int.from_bytes(token.signature[:half], "big"), int.from_bytes(token.signature[half:], "big")
    )
    try:
        _public_key(named[0]).verify(der, token.signed_octets, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise VerificationError(reason, "the signature fails") from error


def _public_key(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key of a JWK (RFC 7518 section 6.2.1)."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise Malformed(ReasonCode.MALFORMED_PUBLIC_KEY, "not a P-256 key")
    try:
        x, y = (int.from_bytes(_octets(jwk.get(name)), "big") for name in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (TypeError, ValueError) as error:
        raise Malformed(ReasonCode.MALFORMED_PUBLIC_KEY, "not a point of P-256") from error


def _short_id(kid: object) -> bytes | None:
    try:
        return _octets(kid)[:KEY_ID_OCTETS]
    except (TypeError, ValueError):
        return None


def _octets(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error as error:
        raise ValueError from error

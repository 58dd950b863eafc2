"""What the service signs for others to check: a JWT of one type, by one algorithm, by a known key.

Receipts, bundles, status lists, lists of revoked passes, orders to doors and agents' settings are
all verified here. What the claims say, dates too, is judged by who asked, at an instant of theirs.
Spec: JWS compact (RFC 7515), ES256 (RFC 7518 section 3.4), RFC 8725 sections 3.1 and 3.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options

from cardsvc.errors import Malformed, ReasonCode, VerificationError

SIGNATURE_ALGORITHM = "ES256"
"""ECDSA on P-256 with SHA-256; no other is ever accepted."""
_UNJUDGED = Options(
    verify_exp=False, verify_nbf=False, verify_iat=False, verify_aud=False, verify_iss=False
)
"""PyJWT's clock is not ours."""


@dataclass(frozen=True, slots=True)
class SignedKind:
    """A kind of token.

    Args:
        typ: the header's ``typ`` (RFC 8725 section 3.11).
        most_characters: a longer token is not looked at.
        malformed: the reason for what is no such token.
        bad_signature: the reason for a key that is not known, and for a signature that fails.
    """

    typ: str
    most_characters: int
    malformed: ReasonCode
    bad_signature: ReasonCode


def verify_signed_claims(
    token: str, key_set: Mapping[str, Any], kind: SignedKind
) -> dict[str, Any]:
    """Verify a token's type, algorithm and signature; return its claims, none of them judged.

    Args:
        token: as it came.
        key_set: the keys that we trust, as JWK set (RFC 7517).
        kind: what it has to be.

    Raises:
        Malformed: the kind's reason for what is no such token.
        VerificationError: the kind's reason for a bad signature.
    """
    if len(token) > kind.most_characters:
        raise Malformed(kind.malformed, "too large")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Malformed(kind.malformed, "not a JWS") from error
    if header.get("typ") != kind.typ or header.get("alg") != SIGNATURE_ALGORITHM:
        raise Malformed(kind.malformed, f"not of the type {kind.typ}")
    found = [jwk for jwk in key_set.get("keys", ()) if jwk.get("kid") == header.get("kid")]
    if len(found) != 1:
        raise VerificationError(kind.bad_signature, "signed by a key that we don't know")
    try:
        key = jwt.PyJWK(found[0], algorithm=SIGNATURE_ALGORITHM)
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[SIGNATURE_ALGORITHM], options=_UNJUDGED
        )
    except jwt.InvalidSignatureError as error:
        raise VerificationError(kind.bad_signature, "the signature fails") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Malformed(kind.malformed, "not a JWT") from error
    return claims

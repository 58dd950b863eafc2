"""Checks a visitor pass offline, with nothing but our published keys and the list of revoked ones.

1. it is a COSE_Sign1 of ES256           MALFORMED_CREDENTIAL
2. a published key signed it             PASS_BAD_SIGNATURE
3. its issuer is the expected one        PASS_MISISSUED
4. it opens this zone                    PASS_WRONG_ZONE
5. it is its time                        PASS_NOT_YET_VALID, PASS_EXPIRED
6. it is not on the list                 PASS_REVOKED

How often it was used is known at the service alone. Whoever has a picture of a pass has the pass:
the level is X0, and a name on it is for the guard to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.pass_records import PassClaims
from cardsvc.wire.credential import parse_token
from cardsvc.wire.pass_claims import parse_pass
from cardsvc.wire.signed_claims import SignedKind, verify_signed_claims
from verification.credential import verify_token

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far a gate's clock may be behind or ahead of ours."""
REVOKED_PASSES_TYPE = "cardsvc-revoked-passes+jwt"
MAX_LIST_CHARACTERS = 1 << 20
_REVOKED_PASSES = SignedKind(
    REVOKED_PASSES_TYPE,
    MAX_LIST_CHARACTERS,
    malformed=ReasonCode.MALFORMED_STATUS_LIST,
    bad_signature=ReasonCode.STATUS_LIST_BAD_SIGNATURE,
)


def verify_pass(
    text: str,
    key_set: Mapping[str, object],
    *,
    expected_issuer: str,
    at: datetime,
    zone: str | None = None,
    revoked: frozenset[str] = frozenset(),
) -> PassClaims:
    """Verify the text of a pass's QR code.

    Args:
        text: as scanned.
        key_set: our published keys of passes (RFC 7517).
        expected_issuer: our name.
        at: the instant, UTC.
        zone: where it is shown; None where any zone will do.
        revoked: identifiers of passes that were revoked.

    Raises:
        Malformed: MALFORMED_CREDENTIAL, the text is no pass.
        VerificationError: another of the reasons above.
    """
    at = require_utc(at)
    token = parse_token(text)
    verify_token(token, key_set, ReasonCode.PASS_BAD_SIGNATURE)
    claims = parse_pass(token.payload)
    if claims.issuer != expected_issuer:
        raise VerificationError(ReasonCode.PASS_MISISSUED, "another issuer's pass")
    if zone is not None and claims.zone != zone:
        raise VerificationError(ReasonCode.PASS_WRONG_ZONE, "opens another zone")
    if at + CLOCK_TOLERANCE < claims.not_before:
        raise VerificationError(ReasonCode.PASS_NOT_YET_VALID, "its time has not come")
    if at > claims.expires_at:
        raise VerificationError(ReasonCode.PASS_EXPIRED, "its time has run out")
    if claims.id in revoked:
        raise VerificationError(ReasonCode.PASS_REVOKED, "on the list")
    return claims


def parse_revoked_passes(
    token: str, key_set: Mapping[str, Any], *, expected_issuer: str, at: datetime
) -> frozenset[str]:
    """Verify a list of revoked passes; return their identifiers.

    Args:
        token: as published.
        key_set: our published keys of passes.
        expected_issuer: our name.
        at: the instant, UTC.

    Raises:
        Malformed: MALFORMED_STATUS_LIST; no list of ours.
        VerificationError: STATUS_LIST_BAD_SIGNATURE, STATUS_UNKNOWN for another issuer's or one of
            the future, STATUS_STALE for one that has expired.
    """
    claims = verify_signed_claims(token, key_set, _REVOKED_PASSES)
    revoked = claims.get("revoked")
    if not isinstance(revoked, list) or not all(isinstance(one, str) for one in revoked):
        raise _malformed("revoked is no list of identifiers")
    if claims.get("iss") != expected_issuer or _instant(claims, "iat") > at + CLOCK_TOLERANCE:
        raise VerificationError(ReasonCode.STATUS_UNKNOWN, "another issuer's, or of the future")
    if at >= _instant(claims, "exp"):
        raise VerificationError(ReasonCode.STATUS_STALE, "the list has expired")
    return frozenset(revoked)


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise _malformed(f"{name} is no instant")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise _malformed(f"{name} is no instant") from error


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_STATUS_LIST, what)

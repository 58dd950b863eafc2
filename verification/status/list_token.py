"""Checks a Status List Token with nothing but the published keys, as a relying party does.

Spec: draft-ietf-oauth-status-list-17 section 8.3, steps 3 to 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.status_list import MAX_LST_CHARACTERS, StatusList, TokenStatus, parse_status_list
from cardsvc.wire.signed_claims import SignedKind, verify_signed_claims

STATUS_LIST_TYPE = "statuslist+jwt"
"""The token's ``typ`` (section 5.1)."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead the signer's clock may be."""
MAX_TOKEN_CHARACTERS = MAX_LST_CHARACTERS * 4 // 3 + 8192
_LIST = SignedKind(
    STATUS_LIST_TYPE,
    MAX_TOKEN_CHARACTERS,
    malformed=ReasonCode.MALFORMED_STATUS_LIST,
    bad_signature=ReasonCode.STATUS_LIST_BAD_SIGNATURE,
)


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A status list whose signature, address and dates are right.

    Args:
        statuses: what it says.
        issued_at: ``iat``.
        expires_at: ``exp``; None where the list does not end.
        time_to_live: ``ttl``: when to fetch it again; None where it does not say.
    """

    statuses: StatusList
    issued_at: datetime
    expires_at: datetime | None
    time_to_live: timedelta | None

    def require_valid(self, index: int) -> None:
        """Accept a card that is valid.

        Raises:
            VerificationError: CARD_REVOKED, CARD_SUSPENDED; STATUS_UNKNOWN for an index outside
                the list and for a status that is none of ours.
        """
        status = self.statuses.status(index)
        if status == TokenStatus.VALID:
            return
        if status == TokenStatus.INVALID:
            raise VerificationError(ReasonCode.CARD_REVOKED, "the status list says invalid")
        if status == TokenStatus.SUSPENDED:
            raise VerificationError(ReasonCode.CARD_SUSPENDED, "the status list says suspended")
        raise VerificationError(ReasonCode.STATUS_UNKNOWN, "a status that is none of ours")


def verify_status_list(
    token: str, key_set: Mapping[str, Any], *, expected_uri: str, at: datetime
) -> VerifiedStatusList:
    """Verify a Status List Token.

    Args:
        token: as it was fetched.
        key_set: the issuer's JWK set (RFC 7517).
        expected_uri: where the card's status is said to be; must be the token's ``sub``.
        at: the instant at which it must hold.

    Raises:
        Malformed: MALFORMED_STATUS_LIST for what is no Status List Token.
        VerificationError: STATUS_LIST_BAD_SIGNATURE, STATUS_UNKNOWN for another list and one of
            the future, STATUS_STALE for one that has expired.
    """
    claims = verify_signed_claims(token, key_set, _LIST)
    if claims.get("sub") != expected_uri:
        raise VerificationError(ReasonCode.STATUS_UNKNOWN, "another status list")
    at = require_utc(at)
    issued_at, expires_at = _instant(claims, "iat"), _instant(claims, "exp")
    if issued_at is None:
        raise _malformed("iat is missing")
    seconds = claims.get("ttl")
    if seconds is not None and (not _is_number(seconds) or not 0 < seconds <= 1e9):
        raise _malformed("ttl is a positive number")
    verified = VerifiedStatusList(
        statuses=parse_status_list(claims.get("status_list")),
        issued_at=issued_at,
        expires_at=expires_at,
        time_to_live=None if seconds is None else timedelta(seconds=seconds),
    )
    if issued_at > at + CLOCK_SKEW:
        raise VerificationError(ReasonCode.STATUS_UNKNOWN, "the list is of the future")
    if expires_at is not None and at >= expires_at:
        raise VerificationError(ReasonCode.STATUS_STALE, "the list has expired")
    return verified


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if not _is_number(value):
        raise _malformed(f"{name} is a number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _malformed(f"{name} is no instant") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_STATUS_LIST, what)

"""The claims of a visitor pass: a CWT as a card face bears one, under a key of its own.

Spec: RFC 8392 section 3.1 (iss, aud, exp, nbf, iat, cti); the rest from the range for private use
(section 9.1). Signed, compressed and written as ``cardsvc.wire.credential`` does it.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.pass_records import MOST_ENTRIES, PassClaims
from cardsvc.wire.cbor import CborKey, CborValue, encode_cbor, parse_cbor

_ISSUER, _AUDIENCE, _EXPIRES, _NOT_BEFORE, _ISSUED, _ID = 1, 3, 4, 5, 6, 7
_ZONE, _PURPOSE, _VISITOR, _ENTRIES = -65538, -65539, -65540, -65541

_Kind = TypeVar("_Kind", int, str, bytes)


def encode_pass(claims: PassClaims) -> bytes:
    """Return the payload that is signed."""
    values: dict[CborKey, CborValue] = {
        _ISSUER: claims.issuer,
        _AUDIENCE: claims.relying_party,
        _EXPIRES: int(claims.expires_at.timestamp()),
        _NOT_BEFORE: int(claims.not_before.timestamp()),
        _ISSUED: int(claims.issued_at.timestamp()),
        _ID: uuid.UUID(claims.id).bytes,
        _ZONE: claims.zone,
        _PURPOSE: claims.purpose,
        _ENTRIES: claims.entries,
    }
    if claims.visitor is not None:
        values[_VISITOR] = claims.visitor
    return encode_cbor(values)


def parse_pass(payload: bytes) -> PassClaims:
    """Parse a payload of ours; claims that we don't write are passed over.

    Raises:
        Malformed: MALFORMED_CREDENTIAL; not CBOR, or a claim missing or of another form.
    """
    values = parse_cbor(payload)
    if not isinstance(values, dict):
        _refuse("the claims are no map")
    number = _typed(values, _ID, bytes)
    if len(number) != 16:
        _refuse("the identifier is no UUID")
    entries = _typed(values, _ENTRIES, int)
    if not 0 < entries <= MOST_ENTRIES:
        _refuse("entries are out of range")
    return PassClaims(
        id=str(uuid.UUID(bytes=number)),
        issuer=_typed(values, _ISSUER, str),
        relying_party=_typed(values, _AUDIENCE, str),
        zone=_typed(values, _ZONE, str),
        purpose=_typed(values, _PURPOSE, str),
        visitor=_typed(values, _VISITOR, str) if _VISITOR in values else None,
        entries=entries,
        issued_at=_instant(values, _ISSUED),
        not_before=_instant(values, _NOT_BEFORE),
        expires_at=_instant(values, _EXPIRES),
    )


def _typed(values: dict[CborKey, CborValue], name: int, kind: type[_Kind]) -> _Kind:
    value = values.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        _refuse(f"claim {name} is missing or of another kind")
    return value


def _instant(values: dict[CborKey, CborValue], name: int) -> datetime:
    seconds = _typed(values, name, int)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, "no such instant") from error


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, what)

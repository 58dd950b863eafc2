"""Receipts, checked without the service, years later, with the keys that it published.

Spec: JWS compact serialisation (RFC 7515), ES256; key set RFC 7517.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from cardsvc_client.errors import InvalidReceipt

RECEIPT_TYPE = "cardsvc-receipt+jwt"
_ALGORITHM = "ES256"


def verify_receipt(
    receipt: str, key_set: Mapping[str, Any], *, expected_partner: str | None = None
) -> dict[str, Any]:
    """Return the claims of a receipt whose signature is good.

    Args:
        receipt: as the decision had it.
        key_set: of ``PartnerClient.receipt_keys``, kept with the receipt.
        expected_partner: who must be its audience; None for whomever.

    Raises:
        InvalidReceipt: not a receipt, signed by another key, or another partner's.
    """
    try:
        header = jwt.get_unverified_header(receipt)
        if header.get("typ") != RECEIPT_TYPE or header.get("alg") != _ALGORITHM:
            raise InvalidReceipt("not a receipt")
        (found,) = [one for one in key_set.get("keys", ()) if one.get("kid") == header.get("kid")]
        claims: dict[str, Any] = jwt.decode(
            receipt,
            jwt.PyJWK(found, algorithm=_ALGORITHM),
            algorithms=[_ALGORITHM],
            # a receipt tells what was decided then: it does not run out
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidReceipt("not a receipt that these keys signed") from error
    if expected_partner is not None and claims.get("aud") != expected_partner:
        raise InvalidReceipt("another partner's receipt")
    return claims


def decision_named(receipt: str) -> str:
    """Return the name of the decision that a receipt is of, to ask the service about it.

    Nothing is verified: the service looks whose decision it is.

    Raises:
        InvalidReceipt: not a receipt.
    """
    try:
        claims = jwt.decode(receipt, options={"verify_signature": False})
        named = claims["jti"]
    except (jwt.PyJWTError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidReceipt("not a receipt") from error
    if not isinstance(named, str) or not named:
        raise InvalidReceipt("the receipt names no decision")
    return named

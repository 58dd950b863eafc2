"""Until when a status document that we signed is good, read back out of it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from cryptography import x509


def crl_good_until(crl_der: bytes) -> datetime | None:
    """Return a CRL's nextUpdate (RFC 5280 section 5.1.2.5), None where it has none."""
    return x509.load_der_x509_crl(crl_der).next_update_utc


def token_good_until(token: bytes) -> datetime | None:
    """Return a status list token's ``exp`` (RFC 7519 section 4.1.4), None where it has none.

    The token is ours; nothing in it is verified here.
    """
    payload = token.split(b".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return datetime.fromtimestamp(claims["exp"], UTC) if "exp" in claims else None

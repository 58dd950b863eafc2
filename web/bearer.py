"""Bearer tokens (RFC 6750 section 2.1).

A token has 256 random bits, so its SHA-256 is enough to store, and looking that up by equality
tells an attacker nothing about it.
"""

from __future__ import annotations

import hashlib

_MAX_TOKEN_CHARACTERS = 512


def parse_bearer(authorization: str) -> str | None:
    """Return the token of an Authorization header, or None where it has none."""
    scheme, _, token = authorization.partition(" ")
    is_token = scheme.lower() == "bearer" and 0 < len(token) <= _MAX_TOKEN_CHARACTERS
    return token if is_token else None


def token_sha256(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()

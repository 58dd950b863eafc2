"""Bearer tokens of agents and partners (RFC 6750 section 2.1).

A token has 256 random bits, so its SHA-256 is enough to store, and looking that up by equality
tells an attacker nothing about the token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import request

from web.problems import Unauthenticated

_MAX_TOKEN_CHARACTERS = 512


def token_sha256(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def bearer(find: Callable[[bytes], str | None]) -> str:
    """Return whom the request's bearer token belongs to.

    Raises:
        Unauthenticated: no token, or nobody's.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN_CHARACTERS:
        raise Unauthenticated
    found = find(token_sha256(token))
    if found is None:
        raise Unauthenticated
    return found

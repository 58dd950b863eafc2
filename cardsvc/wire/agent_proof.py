"""How an agent shows with each request that it has its device's key (ADR-0018).

``Authorization: Agent JWT``: a JWS by ES256 (RFC 7515) whose header names the certificate and
whose claims bind method, path, query and body, as DPoP does for a request (RFC 9449). It passes
through reverse proxies, and serves plain HTTP on loopback as well.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from cardsvc.wire.fields import encode_octets

SCHEME = "Agent"
TYPE = "cardsvc-agent+jwt"
ALGORITHM = "ES256"
AUDIENCE = "cardsvc"
CLAIMS = ("aud", "iat", "jti", "htm", "htu", "bh")
"""Audience, instant, nonce, HTTP method, path with query, digest of the body."""
WINDOW = timedelta(seconds=60)
"""How far an agent's clock may be off; a proof is remembered for as long."""
TIME_HEADER = "Cardsvc-Time"
"""The service's instant in each answer, RFC 3339: what agents set their proofs' clock by. Date
(RFC 9110 section 6.6.1) is the web server's own in some servers, and has whole seconds."""
MAX_PROOF_CHARACTERS = 2048
MIN_NONCE_CHARACTERS = 16
MAX_NONCE_CHARACTERS = 64


def body_digest(body: bytes) -> str:
    """Return SHA-256 of a body in base64url."""
    return encode_octets(hashlib.sha256(body).digest())


def certificate_name(sha256: bytes) -> str:
    """Return how a proof's header names a certificate: as ``x5t#S256`` (RFC 7515 4.1.8)."""
    return encode_octets(sha256)

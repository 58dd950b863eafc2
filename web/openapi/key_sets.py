"""What a published key set looks like: public keys on P-256, each by its thumbprint (RFC 7638)."""

from __future__ import annotations

from web.openapi.operation import Media

_COORDINATE = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
_KEY = {
    "type": "object",
    "description": "a public key (RFC 7517, RFC 7518 section 6.2.1)",
    "properties": {
        "kty": {"const": "EC"},
        "crv": {"const": "P-256"},
        "x": _COORDINATE,
        "y": _COORDINATE,
        "kid": _COORDINATE | {"description": "the key's SHA-256 thumbprint (RFC 7638)"},
        "use": {"const": "sig"},
        "alg": {"const": "ES256"},
    },
    "required": ["kty", "crv", "x", "y", "kid", "use", "alg"],
}
KEY_SET = Media(
    "application/json",
    {
        "type": "object",
        "description": "a JWK set (RFC 7517 section 5)",
        "properties": {"keys": {"type": "array", "items": _KEY}},
        "required": ["keys"],
    },
)

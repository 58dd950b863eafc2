"""Keys, made once per test process: RSA takes its time."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
}


@cache
def key(kind: str, owner: str) -> PrivateKey:
    """Return the key of ``owner``: p256, p384, p521, rsa1024, rsa2048, rsa3072."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))

"""Signatures over certificates, CRLs and OCSP responses, and which algorithms are too weak.

Spec: SP 800-78-5 section 3 (RSA 2048 or more, P-256 or more, SHA-256 or more);
SP 800-131A (SHA-1 and MD5 disallowed for signatures); RFC 4055 and RFC 5758 (identifiers).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

MIN_RSA_BITS = 2048
"""SP 800-131A Rev. 2 table 2: shorter RSA keys are disallowed."""

MAX_RSA_BITS = 8192
"""Longer keys only serve to waste a verifier's time."""

STRONG_CURVES = frozenset(
    {"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}
)
"""SP 800-186 section 3.2.1 and appendix H: curves of 128 bits of strength or more."""

STRONG_HASHES = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
"""SP 800-131A Rev. 2 section 9: hashes for signatures of 128 bits of strength or more."""


_EDWARDS = (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)


@lru_cache(maxsize=64)
def _kind(key_class: type) -> object:
    """Return the accepted kind of key that a class is; ``cryptography`` has them abstract."""
    kinds = (ec.EllipticCurvePublicKey, rsa.RSAPublicKey, *_EDWARDS)
    return next((kind for kind in kinds if issubclass(key_class, kind)), None)


def is_weak_key(key: Any) -> bool:
    """Tell whether a public key is too weak or of a kind that is not accepted (DSA)."""
    kind = _kind(key.__class__)
    if kind is ec.EllipticCurvePublicKey:
        return key.curve.name not in STRONG_CURVES
    if kind is rsa.RSAPublicKey:
        return not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS
    return kind not in _EDWARDS


def is_weak_hash(algorithm: hashes.HashAlgorithm | None, parameters: object) -> bool:
    """Tell whether a signature's hash is too weak.

    Args:
        algorithm: None where the scheme brings its own hash (EdDSA), or it is unknown.
        parameters: the padding, from which EdDSA is told apart: it has none.
    """
    if algorithm is None:
        return parameters is not None
    return algorithm.name not in STRONG_HASHES


def verify(
    key: Any,
    signature: bytes,
    signed: bytes,
    parameters: object,
    algorithm: hashes.HashAlgorithm | None,
) -> bool:
    """Tell whether ``signature`` over the received octets ``signed`` is the key's.

    Returns:
        False as well where key and algorithm do not fit, or either is not supported.
    """
    kind = _kind(key.__class__)
    try:
        if kind is ec.EllipticCurvePublicKey:
            if not isinstance(parameters, ec.ECDSA):
                return False
            key.verify(signature, signed, parameters)
        elif kind is rsa.RSAPublicKey and algorithm is not None:
            if not isinstance(parameters, (padding.PSS, padding.PKCS1v15)):
                return False
            key.verify(signature, signed, parameters, algorithm)
        elif kind in _EDWARDS:
            if parameters is not None:
                return False
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True

"""Proof that a card holds a private key: what it is asked to sign, and the check.

ECC cards sign a digest as wide as their field; RSA cards sign a block padded by the host
(SP 800-73-5 Part 2 appendix A.3; SP 800-78-5 section 3.1). Both come from one message, so
the same binding serves every key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cardsvc.card.piv import RSA_MODULUS_OCTETS, Algorithm
from cardsvc.card.public_key import CardPublicKey

_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER prefix of DigestInfo for SHA-256 (RFC 8017 section 9.2 note 1)."""

_RSA = (padding.PKCS1v15(), hashes.SHA256())
_ECDSA_SHA256, _ECDSA_SHA384 = (ec.ECDSA(hashes.SHA256()),), (ec.ECDSA(hashes.SHA384()),)


def prepare(message: bytes, algorithm: Algorithm) -> bytes:
    """Return what the card is to sign: a digest (ECC) or an EMSA-PKCS1-v1_5 block (RSA).

    Args:
        message: the bound message, any length.
        algorithm: the key's algorithm.
    """
    if algorithm is Algorithm.ECC_P384:
        return hashlib.sha384(message).digest()
    digest = hashlib.sha256(message).digest()
    if algorithm is Algorithm.ECC_P256:
        return digest
    info = _SHA256_DIGEST_INFO + digest
    fill = RSA_MODULUS_OCTETS[algorithm] - len(info) - 3
    return b"\x00\x01" + b"\xff" * fill + b"\x00" + info


def scheme_of(public_key: CardPublicKey) -> Sequence[Any]:
    """Return what ``verify`` of a key takes beside signature and message."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return _RSA
    return _ECDSA_SHA384 if public_key.key_size > 256 else _ECDSA_SHA256


def is_signed_by(
    public_key: CardPublicKey,
    signature: bytes,
    message: bytes,
    scheme: Sequence[Any] | None = None,
) -> bool:
    """Tell whether ``signature`` is the card's answer to ``prepare(message, …)``.

    Args:
        public_key: the card's.
        signature: the answer, unverified.
        message: the bound message.
        scheme: of ``scheme_of``, where the caller keeps it with the key.
    """
    try:
        public_key.verify(signature, message, *(scheme or scheme_of(public_key)))
    except InvalidSignature:
        return False
    return True

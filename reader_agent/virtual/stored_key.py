"""Private keys as the virtual card keeps them, and the raw operations a card does with them.

Written without the client's ``public_key`` so that card and client can't share a mistake.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardsvc.card import tlv
from cardsvc.card.piv import (
    EC_FIELD_OCTETS,
    RSA_MODULUS_OCTETS,
    Algorithm,
    KeySlot,
)
from cardsvc.errors import CardError, ReasonCode

CardPrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

SUPPORTED = (Algorithm.RSA_2048, Algorithm.RSA_3072, Algorithm.ECC_P256, Algorithm.ECC_P384)
"""Asymmetric algorithms of SP 800-78-5 table 6-2 that this card generates and holds."""
_CURVES: dict[Algorithm, ec.EllipticCurve] = {
    Algorithm.ECC_P256: ec.SECP256R1(),
    Algorithm.ECC_P384: ec.SECP384R1(),
}
_RSA_EXPONENT = 65537
"""Public exponent of generated keys (SP 800-78-5 section 3.1)."""


@unique
class PinPolicy(IntEnum):
    """When a private key wants the PIN; the values are those of the vendors' tag AA."""

    NEVER = 1
    ONCE = 2
    ALWAYS = 3


@unique
class KeyOrigin(IntEnum):
    """Where a key came from; the values are those of the vendors' GET METADATA tag 03."""

    GENERATED = 1
    IMPORTED = 2


def default_pin_policy(slot: KeySlot) -> PinPolicy:
    """Return a slot's PIN rule: 9C always, 9E never, the rest once (Part 1 table 5)."""
    if slot is KeySlot.SIGNATURE:
        return PinPolicy.ALWAYS
    if slot is KeySlot.CARD_AUTHENTICATION:
        return PinPolicy.NEVER
    return PinPolicy.ONCE


def algorithm_of(key: object) -> Algorithm:
    """Return the PIV algorithm of a private key.

    Raises:
        CardError: not one of ``SUPPORTED``.
    """
    if isinstance(key, ec.EllipticCurvePrivateKey):
        for algorithm, curve in _CURVES.items():
            if key.curve.name == curve.name:
                return algorithm
    if isinstance(key, rsa.RSAPrivateKey):
        for algorithm in SUPPORTED:
            if RSA_MODULUS_OCTETS.get(algorithm, 0) * 8 == key.key_size:
                return algorithm
    raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "the virtual card can't hold this key")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A private key in a slot.

    Args:
        private_key: P-256, P-384, RSA-2048 or RSA-3072.
        pin_policy: when it wants the PIN.
        origin: made on the card or brought to it.
    """

    private_key: CardPrivateKey = field(repr=False)
    pin_policy: PinPolicy
    origin: KeyOrigin
    algorithm: Algorithm = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", algorithm_of(self.private_key))

    def public_template(self) -> bytes:
        """Return the 7F49 template of the public key (SP 800-73-5 Part 2 tables 11 and 12)."""
        return tlv.encode(0x7F49, self.public_parts())

    def public_parts(self) -> bytes:
        """Return what stands inside 7F49: 86 point, or 81 modulus and 82 exponent."""
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            numbers = self.private_key.public_key().public_numbers()
            exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
            modulus = numbers.n.to_bytes(RSA_MODULUS_OCTETS[self.algorithm], "big")
            return tlv.encode_all([(0x81, modulus), (0x82, exponent)])
        point = self.private_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return tlv.encode(0x86, point)

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the DER signature of an ECC key over a digest no wider than its field.

        A shorter digest counts as the same number (FIPS 186-5 section 6.4.1 step 2).

        Raises:
            ValueError: the digest is empty or too wide.
            TypeError: the key is not ECC.
        """
        if not isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            raise TypeError("not an ECC key")
        width = EC_FIELD_OCTETS[self.algorithm]
        if not 1 <= len(digest) <= width:
            raise ValueError("the digest does not fit the field")
        algorithm = hashes.SHA256() if width == 32 else hashes.SHA384()
        return self.private_key.sign(digest.rjust(width, b"\x00"), ec.ECDSA(Prehashed(algorithm)))

    def agree(self, peer_point: bytes) -> bytes:
        """Return the ECDH shared secret Z with an uncompressed point (SP 800-56A 5.7.1.2).

        Raises:
            ValueError: the point is not on the key's curve.
            TypeError: the key is not ECC.
        """
        if not isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            raise TypeError("not an ECC key")
        width = EC_FIELD_OCTETS[self.algorithm]
        if len(peer_point) != 1 + 2 * width or peer_point[0] != 4:
            raise ValueError("not an uncompressed point of this field")
        peer = ec.EllipticCurvePublicKey.from_encoded_point(self.private_key.curve, peer_point)
        return self.private_key.exchange(ec.ECDH(), peer)

    def raw_rsa(self, block: bytes) -> bytes:
        """Return ``block`` to the private exponent, modulus sized (RFC 8017 section 5.2.1).

        Raises:
            ValueError: the block is not of modulus size or not below the modulus.
            TypeError: the key is not RSA.
        """
        if not isinstance(self.private_key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        width = RSA_MODULUS_OCTETS[self.algorithm]
        secret = self.private_key.private_numbers()
        value = int.from_bytes(block, "big")
        if len(block) != width or value >= secret.public_numbers.n:
            raise ValueError("not a block below the modulus")
        m1 = pow(value, secret.dmp1, secret.p)
        m2 = pow(value, secret.dmq1, secret.q)
        h = (secret.iqmp * (m1 - m2)) % secret.p
        return (m2 + h * secret.q).to_bytes(width, "big")


def generate_private_key(algorithm: Algorithm) -> CardPrivateKey:
    """Return a new private key of one of ``SUPPORTED``."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm])
    return rsa.generate_private_key(_RSA_EXPONENT, RSA_MODULUS_OCTETS[algorithm] * 8)


def ec_key_from_scalar(algorithm: Algorithm, scalar: bytes) -> CardPrivateKey:
    """Return the ECC key with a private scalar of the field's size.

    Raises:
        ValueError: the scalar is of another size, zero, or not below the order.
    """
    if len(scalar) != EC_FIELD_OCTETS[algorithm]:
        raise ValueError("the scalar has another size")
    return ec.derive_private_key(int.from_bytes(scalar, "big"), _CURVES[algorithm])


def rsa_key_from_primes(algorithm: Algorithm, first: bytes, second: bytes) -> CardPrivateKey:
    """Return the RSA key of two primes with exponent 65537.

    Raises:
        ValueError: the primes do not make a key of the algorithm's size.
    """
    p, q = int.from_bytes(first, "big"), int.from_bytes(second, "big")
    modulus = p * q
    if modulus.bit_length() != RSA_MODULUS_OCTETS[algorithm] * 8 or p == q:
        raise ValueError("the modulus has another size")
    private = pow(_RSA_EXPONENT, -1, math.lcm(p - 1, q - 1))
    public_numbers = rsa.RSAPublicNumbers(_RSA_EXPONENT, modulus)
    return rsa.RSAPrivateNumbers(
        p,
        q,
        private,
        rsa.rsa_crt_dmp1(private, p),
        rsa.rsa_crt_dmq1(private, q),
        rsa.rsa_crt_iqmp(p, q),
        public_numbers,
    ).private_key()

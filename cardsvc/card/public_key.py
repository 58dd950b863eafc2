"""Public keys as a card gives them (tag 7F49) and as certificates hold them."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import tlv
from cardsvc.card.apdu import ResponseApdu
from cardsvc.card.commands import expect_success
from cardsvc.card.piv import RSA_MODULUS_OCTETS, Algorithm
from cardsvc.errors import CardError, Malformed, ReasonCode

CardPublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

TAG_PUBLIC_KEY = 0x7F49
TAG_RSA_MODULUS = 0x81
TAG_RSA_EXPONENT = 0x82
TAG_EC_POINT = 0x86

CURVES: dict[Algorithm, ec.EllipticCurve] = {
    Algorithm.ECC_P256: ec.SECP256R1(),
    Algorithm.ECC_P384: ec.SECP384R1(),
}


def parse_generated_key(response: ResponseApdu, algorithm: Algorithm) -> CardPublicKey:
    """Return the public key of a GENERATE ASYMMETRIC KEY PAIR response.

    Spec: SP 800-73-5 Part 2 section 3.3.2, tables 11 and 12.

    Raises:
        RefusedByCard: the card did not generate.
        Malformed: not a key of that algorithm, or a point off the curve.
    """
    data = expect_success(response, "GENERATE ASYMMETRIC KEY PAIR")
    return parse_public_key(data, algorithm)


def parse_public_key(octets: bytes, algorithm: Algorithm) -> CardPublicKey:
    """Return the public key in a 7F49 template of the given algorithm.

    Raises:
        Malformed: the template, the sizes or the point are wrong.
    """
    template = tlv.parse_unique(tlv.parse_one(octets, TAG_PUBLIC_KEY))
    try:
        if algorithm in CURVES:
            return ec.EllipticCurvePublicKey.from_encoded_point(
                CURVES[algorithm], template[TAG_EC_POINT]
            )
        modulus = int.from_bytes(template[TAG_RSA_MODULUS], "big")
        exponent = int.from_bytes(template[TAG_RSA_EXPONENT], "big")
        if modulus.bit_length() != RSA_MODULUS_OCTETS[algorithm] * 8:
            raise Malformed(ReasonCode.MALFORMED_PUBLIC_KEY, "the modulus has another size")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except KeyError as error:
        raise Malformed(ReasonCode.MALFORMED_PUBLIC_KEY, "a part is missing") from error
    except ValueError as error:
        raise Malformed(ReasonCode.MALFORMED_PUBLIC_KEY, "not a point or number") from error


def encode_public_key(key: CardPublicKey) -> bytes:
    """Return the 7F49 template of a public key."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
        body = tlv.encode_all([(TAG_RSA_MODULUS, modulus), (TAG_RSA_EXPONENT, exponent)])
    else:
        point = key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        body = tlv.encode(TAG_EC_POINT, point)
    return tlv.encode(TAG_PUBLIC_KEY, body)


def algorithm_of(key: object) -> Algorithm:
    """Return the PIV algorithm of a public key.

    Raises:
        CardError: not an algorithm of SP 800-78-5 or a key the field is known to hold.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        for algorithm, curve in CURVES.items():
            if key.curve.name == curve.name:
                return algorithm
    if isinstance(key, rsa.RSAPublicKey):
        for algorithm, octets in RSA_MODULUS_OCTETS.items():
            if key.key_size == octets * 8:
                return algorithm
    raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "not a PIV key")


def spki_der(key: CardPublicKey) -> bytes:
    """Return the SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7)."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def spki_sha256(key: CardPublicKey) -> bytes:
    """Return SHA-256 over the SubjectPublicKeyInfo, 32 octets: the key's name on record."""
    return hashlib.sha256(spki_der(key)).digest()

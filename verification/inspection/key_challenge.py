"""Proof that the card holds the private key of a certificate: one fresh challenge per slot.

The reader carries the challenge to the card and the answer back; here it is made and judged.
What a slot can be asked depends on its use: sign (9A, 9C, 9E), agree on a secret or decipher
(9D and the retired keys). Spec: SP 800-73-5 Part 2 section 3.2.4 and appendix A.3 to A.5.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import challenge_response, commands
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import RSA_MODULUS_OCTETS, Algorithm, KeySlot
from cardsvc.card.public_key import CURVES, CardPublicKey

Random: TypeAlias = Callable[[int], bytes]
"""Gives that many unpredictable octets."""

MESSAGE_OCTETS = 32


@dataclass(frozen=True, slots=True)
class SignatureChallenge:
    """A message that the card is to sign."""

    algorithm: Algorithm
    slot: KeySlot
    message: bytes

    def command(self) -> CommandApdu:
        """Return the GENERAL AUTHENTICATE that asks for the signature."""
        prepared = challenge_response.prepare(self.message, self.algorithm)
        return commands.sign(self.algorithm, self.slot, prepared)

    def is_answered_by(self, key: CardPublicKey, answer: bytes) -> bool:
        """Tell whether ``answer`` is the key's signature over the message."""
        return challenge_response.is_signed_by(key, answer, self.message)


@dataclass(frozen=True, slots=True)
class AgreementChallenge:
    """An ephemeral key of the host, with which the card is to agree on a secret (ECDH)."""

    algorithm: Algorithm
    slot: KeySlot
    host_key: ec.EllipticCurvePrivateKey

    def command(self) -> CommandApdu:
        """Return the GENERAL AUTHENTICATE that asks for the shared secret."""
        point = self.host_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return commands.agree(self.algorithm, self.slot, point)

    def is_answered_by(self, key: CardPublicKey, answer: bytes) -> bool:
        """Tell whether ``answer`` is the secret that only the key's holder can compute."""
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        if key.curve.name != self.host_key.curve.name:
            return False
        return hmac.compare_digest(self.host_key.exchange(ec.ECDH(), key), answer)


@dataclass(frozen=True, slots=True)
class DeciphermentChallenge:
    """An RSA cryptogram that the card is to decipher (raw RSA; the host unpads)."""

    algorithm: Algorithm
    slot: KeySlot
    block: bytes
    cryptogram: bytes

    def command(self) -> CommandApdu:
        """Return the GENERAL AUTHENTICATE that asks for the plain block."""
        return commands.sign(self.algorithm, self.slot, self.cryptogram)

    def is_answered_by(self, key: CardPublicKey, answer: bytes) -> bool:
        """Tell whether ``answer`` is the block, and the cryptogram was made for this key."""
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        return self.cryptogram == _raw_rsa(key, self.block) and hmac.compare_digest(
            self.block, answer
        )


KeyChallenge: TypeAlias = SignatureChallenge | AgreementChallenge | DeciphermentChallenge


def _raw_rsa(key: rsa.RSAPublicKey, block: bytes) -> bytes:
    numbers = key.public_numbers()
    octets = (key.key_size + 7) // 8
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(octets, "big")


def deciphers(slot: KeySlot) -> bool:
    """Tell whether a slot agrees or deciphers (key management) instead of signing."""
    return slot is KeySlot.KEY_MANAGEMENT or slot.is_retired


def make_challenge(
    key: CardPublicKey, algorithm: Algorithm, slot: KeySlot, random: Random
) -> KeyChallenge:
    """Return a fresh challenge for the key that a certificate names.

    Args:
        key: the certificate's public key.
        algorithm: its PIV algorithm.
        slot: where the card should hold the private key.
        random: gives unpredictable octets.
    """
    if not deciphers(slot):
        return SignatureChallenge(algorithm, slot, random(MESSAGE_OCTETS))
    if isinstance(key, rsa.RSAPublicKey):
        octets = RSA_MODULUS_OCTETS[algorithm]
        secret = random(MESSAGE_OCTETS)
        # EME-PKCS1-v1_5: cards may refuse a block that does not look like a cryptogram's
        fill = bytes(octet or 0x01 for octet in random(octets - MESSAGE_OCTETS - 3))
        block = b"\x00\x02" + fill + b"\x00" + secret
        return DeciphermentChallenge(algorithm, slot, block, _raw_rsa(key, block))
    return AgreementChallenge(algorithm, slot, _ephemeral(CURVES[algorithm], random))


def _ephemeral(curve: ec.EllipticCurve, random: Random) -> ec.EllipticCurvePrivateKey:
    """Return a key pair from 64 more bits than the order has (FIPS 186-5 appendix A.2.1)."""
    order = curve.group_order
    seed = int.from_bytes(random((order.bit_length() + 7) // 8 + 8), "big")
    return ec.derive_private_key(seed % (order - 1) + 1, curve)

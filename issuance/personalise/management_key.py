"""Opening a card with its management key (9B): mutual authentication, each side proves the key.

Spec: SP 800-73-5 Part 2 section 3.2.4 and appendix A.1 (external), A.2 (mutual).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cardsvc.card import commands
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.piv import (
    MANAGEMENT_KEY_SLOT,
    SYMMETRIC_BLOCK_OCTETS,
    SYMMETRIC_KEY_OCTETS,
    Algorithm,
)
from cardsvc.errors import CardError, Malformed, ReasonCode
from issuance.personalise.conversation import Conversation, ask_one

RandomOctets: TypeAlias = Callable[[int], bytes]
"""Gives that many octets of a cryptographic random source."""

_TDES = (Algorithm.TDES, Algorithm.TDES_DEFAULT)


@dataclass(frozen=True, slots=True)
class ManagementKey:
    """A management key and the algorithm under which the card holds it.

    Args:
        algorithm: 3DES or AES.
        octets: 16, 24 or 32; never shown.
    """

    algorithm: Algorithm
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if SYMMETRIC_KEY_OCTETS.get(self.algorithm) != len(self.octets):
            raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "not a management key's size")

    def is_same(self, other: ManagementKey) -> bool:
        """Compare in constant time; identifiers 00 and 03 both name 3DES (SP 800-78-5)."""
        same_algorithm = self.algorithm is other.algorithm or {self.algorithm, other.algorithm} == {
            *_TDES
        }
        return same_algorithm and hmac.compare_digest(self.octets, other.octets)

    def _cipher(self) -> Cipher[modes.ECB]:
        # single random blocks, as the protocols of appendix A define: ECB hides nothing here
        block = TripleDES if self.algorithm in _TDES else algorithms.AES
        return Cipher(block(self.octets), modes.ECB())  # noqa: S305 - the protocol's own mode

    def encrypt(self, block: bytes) -> bytes:
        """Return one enciphered block."""
        encryptor = self._cipher().encryptor()
        return encryptor.update(block) + encryptor.finalize()

    def decrypt(self, block: bytes) -> bytes:
        """Return one deciphered block."""
        decryptor = self._cipher().decryptor()
        return decryptor.update(block) + decryptor.finalize()


def witness_request(algorithm: Algorithm) -> CommandApdu:
    """Ask for an enciphered witness: the start of mutual authentication (appendix A.2)."""
    template = [(commands.TAG_WITNESS, b"")]
    return commands.general_authenticate(algorithm, MANAGEMENT_KEY_SLOT, template)


def challenge_request(algorithm: Algorithm) -> CommandApdu:
    """Ask for a challenge: the start of external authentication (appendix A.1)."""
    template = [(commands.TAG_CHALLENGE, b"")]
    return commands.general_authenticate(algorithm, MANAGEMENT_KEY_SLOT, template)


def authenticate(key: ManagementKey, random_octets: RandomOctets) -> Conversation[bool]:
    """Prove the key to the card and have the card prove it in turn; tell whether it opened.

    A card that offers no witness is opened by external authentication, where only we prove.
    One that offers a block of another cipher holds its key under another algorithm.

    Raises:
        CardError: the card accepted our key but did not prove that it holds it.
    """
    block_octets = SYMMETRIC_BLOCK_OCTETS[key.algorithm]
    first = yield from ask_one(witness_request(key.algorithm))
    if not first.status.ok:
        opened = yield from _authenticate_externally(key, block_octets)
        return opened
    witness = _block(first, commands.TAG_WITNESS, block_octets)
    if witness is None:
        return False
    challenge = random_octets(block_octets)
    template = [
        (commands.TAG_WITNESS, key.decrypt(witness)),
        (commands.TAG_CHALLENGE, challenge),
        (commands.TAG_RESPONSE, b""),
    ]
    second = yield from ask_one(
        commands.general_authenticate(key.algorithm, MANAGEMENT_KEY_SLOT, template)
    )
    if not second.status.ok:
        return False
    answer = _block(second, commands.TAG_RESPONSE, block_octets)
    if answer is None or not hmac.compare_digest(answer, key.encrypt(challenge)):
        raise CardError(
            ReasonCode.MANAGEMENT_KEY_REFUSED, "the card does not prove its management key"
        )
    return True


def _authenticate_externally(key: ManagementKey, block_octets: int) -> Conversation[bool]:
    first = yield from ask_one(challenge_request(key.algorithm))
    if not first.status.ok:
        return False
    challenge = _block(first, commands.TAG_CHALLENGE, block_octets)
    if challenge is None:
        return False
    template = [(commands.TAG_RESPONSE, key.encrypt(challenge))]
    second = yield from ask_one(
        commands.general_authenticate(key.algorithm, MANAGEMENT_KEY_SLOT, template)
    )
    return second.status.ok


def _block(response: ResponseApdu, tag: int, block_octets: int) -> bytes | None:
    """Return the one block that the card gave under ``tag``, None where it gave another thing."""
    try:
        block = commands.parse_authentication(response, tag)
    except Malformed:
        return None
    return block if len(block) == block_octets else None

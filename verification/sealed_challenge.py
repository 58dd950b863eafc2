"""Challenges that nobody has to keep: the nonce itself says what was asked, under our seal.

The nonce is random octets, what was asked and until when, and a MAC over all of it. Opening a
challenge writes nothing; only a nonce that was answered is kept, until it expires (ADR 0015).
Spec: RFC 2104 (HMAC), with SHA-256.
"""

from __future__ import annotations

import hmac
import struct
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from cardsvc.service_records import Challenge
from cardsvc.terms import AssuranceLevel

_LAYOUT = b"\x01"
"""The first octet: the version of this layout."""
_RANDOM_OCTETS = 32
_HEAD = struct.Struct(f">c{_RANDOM_OCTETS}sQB")
"""Layout, random octets, microseconds since 1970, level; the texts follow."""
_LEVELS = {int(level): level for level in AssuranceLevel}
_LENGTH_OCTETS = 2
_MAC_OCTETS = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SpentNonces(Protocol):
    """Keeps the nonces that were answered, for as long as they could be answered again."""

    def spend(self, challenge: Challenge) -> bool:
        """Keep a challenge's nonce; True for exactly one of any number of callers."""
        ...


class SealedChallenges:
    """Gives out sealed challenges and knows them again. Implements ``ports.ChallengeBook``.

    Args:
        key: 32 octets, the same in every process of the service.
        spent: the nonces that were answered.
    """

    def __init__(self, key: bytes, spent: SpentNonces) -> None:
        self._key = key
        self._spent = spent

    def issue(self, challenge: Challenge) -> Challenge:
        """Return the challenge as it goes out, with a nonce that says what was asked."""
        return replace(challenge, nonce=seal(self._key, challenge))

    def find(self, nonce: bytes) -> Challenge | None:
        """Return the challenge that we gave out with a nonce, answered or not; None if none."""
        return unseal(self._key, nonce)

    def spend(self, challenge: Challenge) -> bool:
        """Take a challenge out of use; True for exactly one of any number of callers."""
        return self._spent.spend(challenge)


def seal(key: bytes, challenge: Challenge) -> bytes:
    """Return a nonce that holds a challenge, from one whose nonce is 32 random octets.

    Raises:
        ValueError: the nonce is of another length.
    """
    if len(challenge.nonce) != _RANDOM_OCTETS:
        msg = f"a challenge is sealed over {_RANDOM_OCTETS} random octets"
        raise ValueError(msg)
    microseconds = (challenge.expires_at - _EPOCH) // _MICROSECOND
    texts = [
        text.encode() for text in (challenge.relying_party, challenge.service, challenge.agent)
    ]
    head = _HEAD.pack(_LAYOUT, challenge.nonce, microseconds, challenge.level)
    body = b"".join((head, *(len(text).to_bytes(_LENGTH_OCTETS, "big") + text for text in texts)))
    return body + hmac.digest(key, body, "sha256")


def unseal(key: bytes, nonce: bytes) -> Challenge | None:
    """Return the challenge that a nonce holds, or None where the seal is not ours."""
    body, mac = nonce[:-_MAC_OCTETS], nonce[-_MAC_OCTETS:]
    if not hmac.compare_digest(mac, hmac.digest(key, body, "sha256")) or body[:1] != _LAYOUT:
        return None
    # from here on they are our own octets
    _, _, microseconds, level = _HEAD.unpack_from(body)
    at = _HEAD.size
    texts = []
    while at < len(body):
        start = at + _LENGTH_OCTETS
        at = start + int.from_bytes(body[at:start], "big")
        texts.append(body[start:at].decode())
    relying_party, service, agent = texts
    expires_at = _EPOCH + timedelta(microseconds=microseconds)
    return Challenge(nonce, relying_party, service, agent, _LEVELS[level], expires_at)

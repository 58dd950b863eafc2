"""Challenges that nobody has to keep: the nonce itself says what was asked, under our seal.

The nonce is random octets, what was asked and until when, and a MAC over all of it. Opening a
challenge writes nothing; only a nonce that was answered is kept, until it expires (ADR 0015).
Spec: RFC 2104 (HMAC), with SHA-256.
"""

from __future__ import annotations

import hmac
import struct
from datetime import UTC, datetime, timedelta
from hmac import HMAC
from typing import Protocol

from msgspec.structs import replace

from cardsvc.service_records import Challenge
from cardsvc.terms import AssuranceLevel

_LAYOUT = b"\x02"
"""The first octet: the version of this layout."""
_RANDOM_OCTETS = 32
_HEAD = struct.Struct(f">c{_RANDOM_OCTETS}sQBHHH")
"""Layout, random octets, microseconds since 1970, level, lengths of the three texts that follow."""
_LEVELS = {int(level): level for level in AssuranceLevel}
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
        self._mac = keyed(key)
        self._spent = spent

    def issue(self, challenge: Challenge) -> Challenge:
        """Return the challenge as it goes out, with a nonce that says what was asked."""
        return replace(challenge, nonce=seal(self._mac, challenge))

    def find(self, nonce: bytes) -> Challenge | None:
        """Return the challenge that we gave out with a nonce, answered or not; None if none."""
        return unseal(self._mac, nonce)

    def spend(self, challenge: Challenge) -> bool:
        """Take a challenge out of use; True for exactly one of any number of callers."""
        return self._spent.spend(challenge)


def keyed(key: bytes) -> HMAC:
    """Return what seals with a key; made once, since OpenSSL takes its time over a new one."""
    return hmac.new(key, digestmod="sha256")


def seal(mac: HMAC, challenge: Challenge) -> bytes:
    """Return a nonce that holds a challenge, from one whose nonce is 32 random octets.

    Args:
        mac: of ``keyed``.
        challenge: what was asked.

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
    lengths = (len(text) for text in texts)
    head = _HEAD.pack(_LAYOUT, challenge.nonce, microseconds, challenge.level, *lengths)
    body = b"".join((head, *texts))
    return body + _digest(mac, body)


def unseal(mac: HMAC, nonce: bytes) -> Challenge | None:
    """Return the challenge that a nonce holds, or None where the seal is not ours."""
    body = nonce[:-_MAC_OCTETS]
    expected = _digest(mac, body)
    if not hmac.compare_digest(nonce[-_MAC_OCTETS:], expected) or body[:1] != _LAYOUT:
        return None
    # from here on they are our own octets
    _, _, microseconds, level, relying_party, service, _ = _HEAD.unpack_from(body)
    service_at = _HEAD.size + relying_party
    agent_at = service_at + service
    return Challenge(
        nonce,
        body[_HEAD.size : service_at].decode(),
        body[service_at:agent_at].decode(),
        body[agent_at:].decode(),
        _LEVELS[level],
        _EPOCH + timedelta(microseconds=microseconds),
    )


def _digest(mac: HMAC, body: bytes) -> bytes:
    own = mac.copy()
    own.update(body)
    return own.digest()

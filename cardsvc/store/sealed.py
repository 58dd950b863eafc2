"""Personal data at rest: AES-256-GCM, and an HMAC blind index so that it can still be found.

Spec: NIST SP 800-38D (GCM, 96-bit random nonces), RFC 5869 (HKDF), RFC 2104 (HMAC).
A sealed value is ``01 | length of key id | key id | nonce (12) | ciphertext and tag``. Where it
stands (table, column, row) is authenticated with it: a value copied to another row does not open.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cardsvc.errors import ReasonCode, StoreError

KEY_OCTETS = 32
_VERSION = 1
_NONCE_OCTETS = 12
_TAG_OCTETS = 16
_SEALING_LABEL = b"cardsvc store sealing v1"
_INDEX_LABEL = b"cardsvc store blind index v1"


class DataKeySource(Protocol):
    """Gives the keys for personal data; a vault or an HSM stands behind it."""

    @property
    def sealing_key_id(self) -> str:
        """The key that seals new values; at most 255 octets of ASCII."""
        ...

    def sealing_key(self, key_id: str) -> bytes:
        """Return a sealing key, the present or an older one: 32 octets.

        Raises:
            KeyError: no such key.
        """
        ...

    def index_key(self) -> bytes:
        """Return the blind-index key: 32 octets. Changing it means indexing anew."""
        ...


class DerivedDataKeys:
    """Data keys derived from master secrets; the first seals, the others still open.

    Args:
        masters: secrets of at least 32 octets by key id, newest first.
        index_master: the secret behind the blind index; stays when masters are rotated.
    """

    def __init__(self, masters: dict[str, bytes], index_master: bytes) -> None:
        if not masters or any(len(one) < KEY_OCTETS for one in (*masters.values(), index_master)):
            raise ValueError("a master secret has at least 32 octets")
        self._sealing = {
            key_id: _derive(master, _SEALING_LABEL) for key_id, master in masters.items()
        }
        self._current = next(iter(masters))
        self._index = _derive(index_master, _INDEX_LABEL)

    @property
    def sealing_key_id(self) -> str:
        """The key that seals new values."""
        return self._current

    def sealing_key(self, key_id: str) -> bytes:
        """Return a sealing key by id."""
        return self._sealing[key_id]

    def index_key(self) -> bytes:
        """Return the blind-index key."""
        return self._index


def _derive(master: bytes, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_OCTETS, salt=None, info=label).derive(master)


class Sealer:
    """Seals and opens short texts and small files.

    Args:
        keys: where the keys come from.
        random_octets: a cryptographic source of randomness.
    """

    def __init__(
        self, keys: DataKeySource, random_octets: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._keys = keys
        self._random_octets = random_octets

    def seal(self, text: str, place: str) -> bytes:
        """Encrypt a text for one place (``table.column:row``)."""
        return self.seal_octets(text.encode(), place)

    def seal_octets(self, octets: bytes, place: str) -> bytes:
        """Encrypt octets for one place (``table.column:row``)."""
        key_id = self._keys.sealing_key_id.encode("ascii")
        head = bytes((_VERSION, len(key_id))) + key_id
        nonce = self._random_octets(_NONCE_OCTETS)
        cipher = AESGCM(self._keys.sealing_key(key_id.decode("ascii")))
        return head + nonce + cipher.encrypt(nonce, octets, head + place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Decrypt a text in its place.

        Raises:
            StoreError: changed, moved from another place, or sealed by a key that we don't have
                (RECORD_CORRUPT).
        """
        try:
            return self.open_octets(sealed, place).decode()
        except UnicodeDecodeError:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "a sealed value is no text") from None

    def open_octets(self, sealed: bytes, place: str) -> bytes:
        """Decrypt octets in their place.

        Raises:
            StoreError: as ``open`` (RECORD_CORRUPT).
        """
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "not a sealed value")
        head, rest = sealed[: 2 + sealed[1]], sealed[2 + sealed[1] :]
        if len(rest) < _NONCE_OCTETS + _TAG_OCTETS:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "a sealed value is cut short")
        try:
            cipher = AESGCM(self._keys.sealing_key(head[2:].decode("ascii")))
            return cipher.decrypt(rest[:_NONCE_OCTETS], rest[_NONCE_OCTETS:], head + place.encode())
        except (InvalidTag, KeyError, UnicodeDecodeError):
            raise StoreError(ReasonCode.RECORD_CORRUPT, "a sealed value does not open") from None

    def blind_index(self, text: str, kind: str) -> bytes:
        """Return the 32 octets by which equal texts of one kind are found."""
        message = len(kind).to_bytes(1, "big") + kind.encode() + text.encode()
        return hmac.new(self._keys.index_key(), message, sha256).digest()

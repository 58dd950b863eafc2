"""A signed tree head: what the service commits to about its whole audit log.

Spec: RFC 6962 section 3.5 (the octets that are signed). Whoever keeps an old head can later
demand a proof that the log still contains everything it then contained.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cardsvc.clock import require_utc

VERSION_V1 = 0
"""RFC 6962 section 3.2: enum { v1(0) } Version."""
SIGNATURE_TYPE_TREE_HASH = 1
"""RFC 6962 section 3.2: enum { tree_hash(1) } SignatureType."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Size and root of the log at an instant.

    Args:
        size: number of entries.
        root_hash: MTH over them, 32 octets.
        at: when it was taken, UTC; signed to the millisecond.
    """

    size: int
    root_hash: bytes
    at: datetime

    def signed_octets(self) -> bytes:
        """Return the 50 octets that are signed (RFC 6962 section 3.5)."""
        milliseconds = (require_utc(self.at) - _EPOCH) // timedelta(milliseconds=1)
        return struct.pack(
            ">BBQQ32s",
            VERSION_V1,
            SIGNATURE_TYPE_TREE_HASH,
            milliseconds,
            self.size,
            self.root_hash,
        )


@dataclass(frozen=True, slots=True)
class SignedTreeHead:
    """A tree head and its signature.

    Args:
        head: what was signed.
        key_id: names the signing key.
        signature: as the signer made it.
    """

    head: TreeHead
    key_id: str
    signature: bytes


class TreeHeadSigner(Protocol):
    """Signs tree heads; a key of the vault."""

    @property
    def key_id(self) -> str:
        """The name under which verifiers find the public key."""
        ...

    def sign(self, octets: bytes) -> bytes:
        """Return a signature over the octets."""
        ...


class TreeHeadVerifier(Protocol):
    """Checks signatures on tree heads; holds public keys only."""

    def verify(self, key_id: str, octets: bytes, signature: bytes) -> bool:
        """Tell whether the named key made the signature."""
        ...

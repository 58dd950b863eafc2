"""An Ed25519 signer and verifier of tree heads, for tests."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class HeadKey:
    """Implements ``cardsvc.tree_head``'s TreeHeadSigner and TreeHeadVerifier."""

    def __init__(self, key_id: str = "log-1") -> None:
        self.key_id = key_id
        self._key = Ed25519PrivateKey.generate()

    def sign(self, octets: bytes) -> bytes:
        return self._key.sign(octets)

    def verify(self, key_id: str, octets: bytes, signature: bytes) -> bool:
        if key_id != self.key_id:
            return False
        try:
            self._key.public_key().verify(signature, octets)
        except InvalidSignature:
            return False
        return True

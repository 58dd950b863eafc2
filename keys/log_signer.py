"""Signs the audit log's tree heads with a key of their own. Implements ``cardsvc.tree_head``."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from keys.signers import key_id
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm, own_key

LOG_KEY_LABEL = "tree-head-1"


class LogSigner:
    """ECDSA P-256 with SHA-256; the key's name is its RFC 7638 thumbprint.

    Args:
        vault: holds the key.
        handle: the key.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle) -> None:
        public_key = vault.public_key(handle)
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            msg = "tree heads are signed with an elliptic curve key"
            raise TypeError(msg)
        self._vault = vault
        self._handle = handle
        self.public_key = public_key

    @property
    def key_id(self) -> str:
        """The name under which verifiers find the public key."""
        return key_id(self.public_key)

    def sign(self, octets: bytes) -> bytes:
        """Return an ECDSA signature in DER."""
        return self._vault.sign(self._handle, octets, hashes.SHA256())


class LogVerifier:
    """Checks tree heads with public keys only."""

    def __init__(self, *public_keys: ec.EllipticCurvePublicKey) -> None:
        self._keys = {key_id(key): key for key in public_keys}

    def verify(self, key_id: str, octets: bytes, signature: bytes) -> bool:
        """Tell whether the named key made the signature."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        try:
            key.verify(signature, octets, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def open_log_signer(vault: KeyVault, label: str = LOG_KEY_LABEL) -> LogSigner:
    """Open the signer of tree heads; its key is made where there is none."""
    handle = own_key(vault, label, VaultAlgorithm.ECDSA_P256)
    return LogSigner(vault, handle)

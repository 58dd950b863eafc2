"""The vault: makes keys, keeps them, signs and derives with them, and never gives one out.

The protocol asks nothing that a PKCS#11 token can't do: a label finds a key, a signature is
CKM_ECDSA over a digest or CKM_RSA_PKCS, a derivation is CKM_SP800_108_COUNTER_KDF (or the
same made of CKM_AES_CMAC), a wrap is CKM_AES_KEY_WRAP_KWP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from cardsvc.card.public_key import CardPublicKey
from cardsvc.errors import ReasonCode, VaultError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
"""A label is a file's name and a CKA_LABEL: short, ASCII, of one case."""

MAX_DERIVED_OCTETS = 255 * 16
"""Ample, and far below the 2^32 blocks of SP 800-108r1 section 4.1."""


@unique
class VaultAlgorithm(StrEnum):
    """What a key is and the one thing it is for."""

    ECDSA_P256 = "ecdsa_p256"
    ECDSA_P384 = "ecdsa_p384"
    RSA_2048 = "rsa_2048"
    RSA_3072 = "rsa_3072"
    DERIVING_AES_256 = "deriving_aes_256"
    WRAPPING_AES_256 = "wrapping_aes_256"

    @property
    def is_symmetric(self) -> bool:
        """True for masters, which derive or wrap and have no public key."""
        return self in {VaultAlgorithm.DERIVING_AES_256, VaultAlgorithm.WRAPPING_AES_256}


@dataclass(frozen=True, slots=True)
class KeyHandle:
    """Names a key in a vault; holds nothing of it."""

    label: str
    algorithm: VaultAlgorithm


class KeyVault(Protocol):
    """Keeps private keys and masters. Any call may raise VAULT_SEALED or VAULT_CORRUPT."""

    def generate(self, label: str, algorithm: VaultAlgorithm) -> KeyHandle:
        """Make a key under a new label; it is durable when this returns.

        Raises:
            VaultError: KEY_EXISTS; KEY_UNKNOWN for a label of another form.
        """
        ...

    def find(self, label: str) -> KeyHandle | None:
        """Return the handle of a label, None where there is no such key."""
        ...

    def labels(self) -> Sequence[str]:
        """Return every label, sorted."""
        ...

    def public_key(self, handle: KeyHandle) -> CardPublicKey:
        """Return the public half.

        Raises:
            VaultError: KEY_UNKNOWN; UNSUPPORTED_ALGORITHM for a master.
        """
        ...

    def sign(self, handle: KeyHandle, data: bytes, digest: hashes.HashAlgorithm) -> bytes:
        """Return ECDSA in DER (SEC 1 C.5), or RSASSA-PKCS1-v1_5 (RFC 8017 8.2), over ``data``.

        Raises:
            VaultError: KEY_UNKNOWN; UNSUPPORTED_ALGORITHM for a master.
        """
        ...

    def derive(self, handle: KeyHandle, label: bytes, context: bytes, octets: int) -> bytes:
        """Return ``octets`` octets by SP 800-108r1 counter mode with CMAC-AES-256.

        Counter of 32 bits before ``label || 00 || context || L``, L of 32 bits.

        Raises:
            VaultError: KEY_UNKNOWN; UNSUPPORTED_ALGORITHM for any key but a deriving master.
        """
        ...

    def wrap(self, handle: KeyHandle, key_octets: bytes) -> bytes:
        """Wrap a key for keeping elsewhere (AES-KWP, RFC 5649).

        Raises:
            VaultError: KEY_UNKNOWN; UNSUPPORTED_ALGORITHM for any key but a wrapping master.
        """
        ...

    def unwrap(self, handle: KeyHandle, wrapped: bytes) -> bytes:
        """Return what was wrapped.

        Raises:
            VaultError: KEY_UNKNOWN; UNSUPPORTED_ALGORITHM; VAULT_CORRUPT where it was wrapped
                by another key or changed since.
        """
        ...


def require_label(label: str) -> str:
    """Return a label of 1 to 64 characters ``a-z 0-9 . _ -``, alphanumeric at both ends.

    Raises:
        VaultError: KEY_UNKNOWN, since no key can have that name.
    """
    if not _LABEL.fullmatch(label):
        raise VaultError(ReasonCode.KEY_UNKNOWN, "not the label of a key")
    return label


def require_derivation_length(octets: int) -> int:
    """Return a length that a derivation gives.

    Raises:
        VaultError: UNSUPPORTED_ALGORITHM outside 1 to 4080 octets.
    """
    if not 1 <= octets <= MAX_DERIVED_OCTETS:
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "a derived key has 1 to 4080 octets")
    return octets


def own_key(vault: KeyVault, label: str, algorithm: VaultAlgorithm) -> KeyHandle:
    """Return the key of a label; made where there is none, by whichever process comes first.

    Raises:
        VaultError: KEY_EXISTS where the label is a key's of another algorithm; what the vault
            raises.
    """
    handle = vault.find(label)
    if handle is None:
        try:
            return vault.generate(label, algorithm)
        except VaultError as error:
            handle = vault.find(label)
            if error.reason is not ReasonCode.KEY_EXISTS or handle is None:
                raise
    if handle.algorithm is not algorithm:
        raise VaultError(ReasonCode.KEY_EXISTS, "the label is another key's")
    return handle

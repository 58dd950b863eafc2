"""A private key that stays in the vault and yet serves ``cryptography``'s builders."""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardsvc.errors import ReasonCode, VaultError
from keys.vault import KeyHandle, KeyVault


class VaultEllipticCurveKey(ec.EllipticCurvePrivateKey):
    """An EC private key by reference: the builders of X.509, CRL, OCSP and JWS sign through it.

    Args:
        vault: keeps the key.
        handle: names it.

    Raises:
        VaultError: UNSUPPORTED_ALGORITHM where the handle is no EC key's.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle) -> None:
        public_key = vault.public_key(handle)
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "authorities have EC keys")
        self._vault = vault
        self._handle = handle
        self._public_key = public_key

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:  # type: ignore[override]  # the base admits any buffer; builders give bytes
        """Sign ``data`` in the vault; ECDSA in DER (SEC 1 section C.5)."""
        digest = signature_algorithm.algorithm
        if not isinstance(signature_algorithm, ec.ECDSA) or isinstance(digest, Prehashed):
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "the vault signs whole messages")
        return self._vault.sign(self._handle, bytes(data), digest)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """The key's curve."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """The curve's size in bits."""
        return self._public_key.key_size

    def exchange(
        self,
        algorithm: ec.ECDH,  # noqa: ARG002  the base class's signature
        peer_public_key: ec.EllipticCurvePublicKey,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: a signing key agrees on nothing."""
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "a signing key does not agree on keys")

    def private_numbers(self) -> NoReturn:
        """Refuse: the key does not leave the vault."""
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "the key does not leave the vault")

    def private_bytes(
        self,
        encoding: serialization.Encoding,  # noqa: ARG002  the base class's signature
        format: serialization.PrivateFormat,  # noqa: A002, ARG002
        encryption_algorithm: serialization.KeySerializationEncryption,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: the key does not leave the vault."""
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "the key does not leave the vault")

    def __copy__(self) -> VaultEllipticCurveKey:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> VaultEllipticCurveKey:
        return self

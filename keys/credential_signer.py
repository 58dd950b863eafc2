"""Signs the credentials that card faces bear, with a key of their own (``issuance.ports``)."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import Realm
from cardsvc.wire.credential import (
    ES256_SIGNATURE_OCTETS,
    KEY_ID_OCTETS,
    encode_token,
    protected_header,
    signature_structure,
)
from keys.ceremony_plan import realm_name
from keys.signers import jwks, key_id
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm, own_key

CREDENTIAL_KEY_LABEL = "credential-1"


class CredentialSigner:
    """Signs CWTs by ES256: COSE_Sign1, r and s side by side (RFC 9053 section 2.1).

    Args:
        vault: keeps the key.
        handle: names an ECDSA_P256 key that signs nothing else.

    Raises:
        VaultError: UNSUPPORTED_ALGORITHM for a key on another curve.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle) -> None:
        public_key = vault.public_key(handle)
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "ES256 keys are on P-256")
        self._vault = vault
        self._handle = handle
        self.public_key = public_key
        self._key_id = short_key_id(key_id(public_key))

    def sign(self, payload: bytes) -> str:
        """Return the text of the QR code for a CWT claims set."""
        covered = signature_structure(protected_header(), payload)
        der = self._vault.sign(self._handle, covered, hashes.SHA256())
        half = ES256_SIGNATURE_OCTETS // 2
        signature = b"".join(one.to_bytes(half, "big") for one in decode_dss_signature(der))
        return encode_token(payload, self._key_id, signature)

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWK set (RFC 7517), for whoever checks offline."""
        return jwks((self.public_key,))


def short_key_id(thumbprint: str) -> bytes:
    """Return the first 8 octets of an RFC 7638 thumbprint in base64url."""
    return base64.urlsafe_b64decode(thumbprint + "=")[:KEY_ID_OCTETS]


def open_credential_signer(vault: KeyVault, realm: Realm = Realm.PRODUCTION) -> CredentialSigner:
    """Open the signer of a realm's credentials; its key is made where there is none."""
    label = realm_name(realm, CREDENTIAL_KEY_LABEL)
    handle = own_key(vault, label, VaultAlgorithm.ECDSA_P256)
    return CredentialSigner(vault, handle)

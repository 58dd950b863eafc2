"""Signs visitor passes, and the list of those that were revoked, with a key of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from cardsvc.terms import Realm
from cardsvc.wire.signed_claims import SIGNATURE_ALGORITHM
from keys.ceremony_plan import realm_name
from keys.credential_signer import CredentialSigner
from keys.signers import key_id
from keys.vault import KeyVault, VaultAlgorithm, own_key
from keys.vault_key import VaultEllipticCurveKey

PASS_KEY_LABEL = "visitor-pass-1"  # noqa: S105 - names a key, is none
REVOKED_PASSES_TYPE = "cardsvc-revoked-passes+jwt"
"""The ``typ`` of the list (RFC 8725 section 3.11)."""


class PassSigner:
    """Signs passes (CWT) and lists of revoked ones (JWT); implements ``PassSigner`` of the flows.

    Args:
        vault: keeps the key; one is made where there is none.
        realm: whose passes it signs.
    """

    def __init__(self, vault: KeyVault, realm: Realm = Realm.PRODUCTION) -> None:
        label = realm_name(realm, PASS_KEY_LABEL)
        handle = own_key(vault, label, VaultAlgorithm.ECDSA_P256)
        self._credentials = CredentialSigner(vault, handle)
        self._key = VaultEllipticCurveKey(vault, handle)
        kid = key_id(self._credentials.public_key)
        self._headers = {"kid": kid, "typ": REVOKED_PASSES_TYPE}

    def sign(self, payload: bytes) -> str:
        """Return the text of a pass's QR code."""
        return self._credentials.sign(payload)

    def sign_revoked(self, claims: Mapping[str, object]) -> str:
        """Return a list of revoked passes as JWS compact."""
        return jwt.encode(
            dict(claims), self._key, algorithm=SIGNATURE_ALGORITHM, headers=dict(self._headers)
        )

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWK set (RFC 7517), for whoever checks offline."""
        return self._credentials.jwks()

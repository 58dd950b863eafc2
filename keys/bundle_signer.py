"""Signs the bundles by which agents decide offline, with a key of their own."""

from __future__ import annotations

from typing import Any

from keys.signers import ReceiptSigner, jwks
from keys.vault import KeyVault, VaultAlgorithm, own_key

BUNDLE_TYPE = "cardsvc-bundle+jwt"
"""The ``typ`` of a bundle's manifest (RFC 8725 section 3.11)."""
BUNDLE_KEY_LABEL = "bundle-1"


class BundleSigner(ReceiptSigner):
    """Signs manifests as JWS compact, ES256 (``verification.bundle.press.ManifestSigner``)."""

    def key_set(self) -> dict[str, Any]:
        """Return the JWK set (RFC 7517) that agents check manifests with."""
        return jwks([self.public_key])


def open_bundle_signer(vault: KeyVault, label: str = BUNDLE_KEY_LABEL) -> BundleSigner:
    """Open the signer of bundles; its key is made where there is none."""
    handle = own_key(vault, label, VaultAlgorithm.ECDSA_P256)
    return BundleSigner(vault, handle, BUNDLE_TYPE)

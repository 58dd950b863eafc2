"""Signs agents' settings: with the bundles' key, which agents know, as another type."""

from __future__ import annotations

from keys.bundle_signer import BUNDLE_KEY_LABEL
from keys.signers import ReceiptSigner
from keys.vault import KeyVault, VaultAlgorithm, own_key

SETTINGS_TYPE = "cardsvc-agent-settings+jwt"
"""The ``typ`` of settings (RFC 8725 section 3.11): no bundle and no order can pass for them."""


def open_agent_settings_signer(vault: KeyVault) -> ReceiptSigner:
    """Open the signer (``web.agents.settings.SettingsSigner``)."""
    handle = own_key(vault, BUNDLE_KEY_LABEL, VaultAlgorithm.ECDSA_P256)
    return ReceiptSigner(vault, handle, SETTINGS_TYPE)

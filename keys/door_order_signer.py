"""Signs the commands that doors obey: with the bundles' key, which agents know, as another type."""

from __future__ import annotations

from keys.bundle_signer import BUNDLE_KEY_LABEL
from keys.signers import ReceiptSigner
from keys.vault import KeyVault, VaultAlgorithm, own_key

ORDER_TYPE = "cardsvc-door-order+jwt"
"""The ``typ`` of a command (RFC 8725 section 3.11): no bundle can pass for one."""


def open_door_order_signer(vault: KeyVault) -> ReceiptSigner:
    """Open the signer (``verification.doors.orders.CommandSigner``)."""
    handle = own_key(vault, BUNDLE_KEY_LABEL, VaultAlgorithm.ECDSA_P256)
    return ReceiptSigner(vault, handle, ORDER_TYPE)

"""Per-card secrets, diversified from a master in the vault: nothing of a card is stored.

Spec: SP 800-108r1 section 4.1 (counter mode), PRF CMAC-AES-256 (SP 800-38B). The label says
what the secret is for and of which edition, the context is the card's GUID, so that no two
uses and no two cards share key material.
"""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import SYMMETRIC_KEY_OCTETS, Algorithm
from cardsvc.errors import ReasonCode, VaultError
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm, own_key

MASTER_LABEL = "card-secrets-1"
"""The master's label; a new edition gets a new label, and cards are re-keyed to it."""

PIN_DIGITS = 8
"""The longest PIN that PIV takes (SP 800-73-5 Part 2 section 2.4.3)."""

_MANAGEMENT_KEY_LABEL = {
    Algorithm.AES_128: b"cardsvc/1/card-management-key/aes-128",
    Algorithm.AES_192: b"cardsvc/1/card-management-key/aes-192",
    Algorithm.AES_256: b"cardsvc/1/card-management-key/aes-256",
}
_PUK_LABEL = b"cardsvc/1/puk"
_TRANSPORT_PIN_LABEL = b"cardsvc/1/transport-pin"
_UNBLOCK_PIN_LABEL = b"cardsvc/1/unblock-pin"
_FAIR_OCTETS = 250
"""Octets from here on are passed over: 250 is the largest multiple of 10, so digits are fair."""
_STREAM_OCTETS = 64
_MIN_DISTINCT_DIGITS = 4


class VaultCardSecrets:
    """Gives a card's management key, PUK and transport PIN (``issuance.ports.CardSecrets``).

    Args:
        vault: keeps the master.
        master: a deriving key of the vault.
    """

    def __init__(self, vault: KeyVault, master: KeyHandle) -> None:
        self._vault = vault
        self._master = master

    def management_key(self, guid: CardGuid, algorithm: Algorithm) -> bytes:
        """Return the card's own management key: 16, 24 or 32 octets of AES.

        Raises:
            VaultError: UNSUPPORTED_ALGORITHM for 3DES, which SP 800-78-5 has withdrawn: a card
                that takes nothing else is not personalised.
        """
        label = _MANAGEMENT_KEY_LABEL.get(algorithm)
        if label is None:
            raise VaultError(
                ReasonCode.UNSUPPORTED_ALGORITHM, "card management keys are derived for AES only"
            )
        octets = SYMMETRIC_KEY_OCTETS[algorithm]
        return self._vault.derive(self._master, label, guid.octets, octets)

    def puk(self, guid: CardGuid) -> str:
        """Return the card's PUK: 8 digits."""
        return self._digits(_PUK_LABEL, guid)

    def transport_pin(self, guid: CardGuid) -> str:
        """Return the PIN the card leaves personalisation with: 8 digits."""
        return self._digits(_TRANSPORT_PIN_LABEL, guid)

    def unblock_pin(self, guid: CardGuid, request: UUID) -> str:
        """Return the PIN that one unblocking leaves the card with: 8 digits, of that one only."""
        return self._digits(_UNBLOCK_PIN_LABEL, guid, request.bytes)

    def _digits(self, label: bytes, guid: CardGuid, more: bytes = b"") -> str:
        for attempt in range(256):
            context = guid.octets + more + bytes([attempt])
            stream = self._vault.derive(self._master, label, context, _STREAM_OCTETS)
            fair = [str(octet % 10) for octet in stream if octet < _FAIR_OCTETS]
            digits = "".join(fair[:PIN_DIGITS])
            if len(digits) == PIN_DIGITS and not is_guessable(digits):
                return digits
        # 256 guessable draws in a row do not happen to a PRF
        raise VaultError(ReasonCode.VAULT_CORRUPT, "the master does not derive")


def open_card_secrets(vault: KeyVault, label: str = MASTER_LABEL) -> VaultCardSecrets:
    """Return the card secrets of a vault; their master is made at the first call.

    Raises:
        VaultError: the vault is sealed, or the label is another key's.
    """
    master = own_key(vault, label, VaultAlgorithm.DERIVING_AES_256)
    return VaultCardSecrets(vault, master)


def is_guessable(digits: str) -> bool:
    """Tell a PIN that a finder of the card tries first.

    Few different digits, an even run such as 12345678 or 97531975, or a repeated group.
    """
    if len(set(digits)) < _MIN_DISTINCT_DIGITS:
        return True
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    if len(steps) == 1:
        return True
    return any(
        digits == (digits[:period] * len(digits))[: len(digits)]
        for period in range(1, len(digits) // 2 + 1)
    )

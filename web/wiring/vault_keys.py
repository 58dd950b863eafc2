"""What is derived from the vault, and the passphrase that opens it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable

from cardsvc.errors import ReasonCode, VaultError
from cardsvc.store.sealed import DerivedDataKeys
from keys.sealed_file import require_private
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm, own_key
from verification.release.pseudonym import PairwisePseudonyms
from web.settings import Settings, SettingsError

_DATA_MASTER_LABEL = "data-master-1"
_DATA_KEY_ID = "v1"
_CONSOLE_MASTER_LABEL = "console-master-1"
_PSEUDONYM_MASTER_PREFIX = "pseudonym-master-"


def data_keys(vault: KeyVault) -> DerivedDataKeys:
    """Derive the keys for personal data at rest."""
    sealing = derived(vault, b"personal data", b"sealing")
    index = derived(vault, b"personal data", b"blind index")
    return DerivedDataKeys({_DATA_KEY_ID: sealing}, index)


def derived(vault: KeyVault, label: bytes, context: bytes) -> bytes:
    """Derive 32 octets from a master in the vault, the same in every process."""
    master: KeyHandle = own_key(vault, _DATA_MASTER_LABEL, VaultAlgorithm.DERIVING_AES_256)
    return vault.derive(master, label, context, 32)


def console_keys(vault: KeyVault) -> Callable[[bytes], bytes]:
    """Derive the console's keys from a master in the vault: none lies in a file of its own."""
    master = own_key(vault, _CONSOLE_MASTER_LABEL, VaultAlgorithm.DERIVING_AES_256)
    return lambda purpose: vault.derive(master, b"console", purpose, 32)


def pseudonyms(vault: KeyVault) -> PairwisePseudonyms:
    """Derive each partner's key from the newest master for pseudonyms; makes the first one."""
    numbers = [
        int(label.removeprefix(_PSEUDONYM_MASTER_PREFIX))
        for label in vault.labels()
        if label.startswith(_PSEUDONYM_MASTER_PREFIX)
    ]
    newest = max(numbers, default=1)
    if not numbers:
        vault.generate(f"{_PSEUDONYM_MASTER_PREFIX}1", VaultAlgorithm.DERIVING_AES_256)

    def partner_key(version: str, relying_party: str) -> bytes:
        master = vault.find(_PSEUDONYM_MASTER_PREFIX + version.removeprefix("v"))
        if master is None:
            raise VaultError(ReasonCode.KEY_UNKNOWN, "no such version of pseudonyms")
        return vault.derive(master, b"pairwise pseudonym", relying_party.encode(), 32)

    return PairwisePseudonyms(f"v{newest}", partner_key)


def passphrase(settings: Settings) -> str:
    """Return the vault's passphrase; the embedded default makes one of its own, once."""
    if settings.vault_passphrase:
        return settings.vault_passphrase
    path = settings.passphrase_file
    if not path.exists():
        if settings.vault_dir.exists():
            msg = f"the vault is there, but neither CARDSVC_VAULT_PASSPHRASE nor {path.name} is"
            raise SettingsError(msg)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    require_private(path)
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        msg = f"{path}: not a passphrase"
        raise SettingsError(msg) from error

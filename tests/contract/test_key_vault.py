"""The software vault passes the vault contract, also when it is opened anew for each call."""

from __future__ import annotations

from pathlib import Path

import pytest

from keys.software_vault import SoftwareVault
from keys.vault import KeyVault
from tests.support.key_vault_contract import KeyVaultContract
from tests.support.rehearsal_pki import CHEAP, PASSPHRASE


class TestSoftwareVault(KeyVaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> KeyVault:
        return SoftwareVault.open(tmp_path / "vault", PASSPHRASE, cost=CHEAP)


class _ForgetfulVault:
    """Opens the folder for every call: nothing is remembered but what is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> object:
        return getattr(SoftwareVault.open(self._folder, PASSPHRASE, cost=CHEAP), name)


class TestReopenedSoftwareVault(KeyVaultContract):
    @pytest.fixture
    def vault(self, tmp_path: Path) -> object:
        return _ForgetfulVault(tmp_path / "vault")

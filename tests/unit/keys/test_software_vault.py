"""The software vault's files: modes, seals, damage, races."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from cardsvc.card.public_key import spki_der
from cardsvc.errors import ReasonCode, VaultError
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from keys.vault import VaultAlgorithm, own_key
from tests.support.rehearsal_pki import CHEAP, PASSPHRASE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


def open_vault(folder: Path, passphrase: str = PASSPHRASE) -> SoftwareVault:
    return SoftwareVault.open(folder, passphrase, cost=CHEAP)


def open_all(folder: Path, passphrase: str) -> None:
    vault = open_vault(folder, passphrase)
    for label in vault.labels():
        vault.find(label)


def assert_refused(reason: ReasonCode, folder: Path, passphrase: str = PASSPHRASE) -> None:
    with pytest.raises(VaultError) as error:
        open_all(folder, passphrase)
    assert error.value.reason is reason


def test_the_default_cost_is_a_real_vaults() -> None:
    assert ScryptCost().n >= 2**17
    assert ScryptCost().r == 8


def test_files_are_for_the_owner_alone(folder: Path) -> None:
    previous = os.umask(0)
    try:
        open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert sorted(file.name for file in files) == ["root-1.key", "vault.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_nothing_secret_is_in_clear(folder: Path) -> None:
    drawn: list[bytes] = []

    def draw(octets: int) -> bytes:
        drawn.append(os.urandom(octets))
        return drawn[-1]

    vault = SoftwareVault.open(folder, PASSPHRASE, cost=CHEAP, randomness=draw)
    vault.generate("master", VaultAlgorithm.DERIVING_AES_256)
    salt, vault_key, master = drawn
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert salt.hex().encode() in everything
    for secret in (vault_key, master, PASSPHRASE.encode()):
        assert secret not in everything
        assert secret.hex().encode() not in everything


def test_derivation_is_sp_800_108_counter_mode(folder: Path) -> None:
    master_octets = bytes(range(32))
    vault = SoftwareVault.open(
        folder, PASSPHRASE, cost=CHEAP, randomness=lambda octets: master_octets[:octets]
    )
    master = vault.generate("master", VaultAlgorithm.DERIVING_AES_256)
    blocks = b""
    for counter in (1, 2):
        mac = cmac.CMAC(AES(master_octets))
        fixed = b"label" + b"\x00" + b"context" + (24 * 8).to_bytes(4, "big")
        mac.update(counter.to_bytes(4, "big") + fixed)
        blocks += mac.finalize()
    assert vault.derive(master, b"label", b"context", 24) == blocks[:24]


@pytest.mark.reason(ReasonCode.VAULT_SEALED)
@pytest.mark.parametrize("passphrase", ["", "câu khóa thử ", "cau khoa thu", "x"])
def test_another_passphrase_opens_nothing(folder: Path, passphrase: str) -> None:
    open_vault(folder)
    assert_refused(ReasonCode.VAULT_SEALED, folder, passphrase)


def test_the_passphrase_may_be_typed_decomposed(folder: Path) -> None:
    handle = open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    decomposed = unicodedata.normalize("NFD", PASSPHRASE)
    assert decomposed != PASSPHRASE
    assert open_vault(folder, decomposed).find("root-1") == handle


@pytest.mark.reason(ReasonCode.VAULT_CORRUPT)
@pytest.mark.parametrize("name", ["vault.json", "root-1.key"])
def test_any_changed_octet_is_noticed(folder: Path, name: str) -> None:
    open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    good = (folder / name).read_bytes()
    for position in range(0, len(good), 7):
        (folder / name).write_bytes(
            good[:position] + bytes([good[position] ^ 0x01]) + good[position + 1 :]
        )
        assert_refused(ReasonCode.VAULT_CORRUPT, folder)
    for damaged in (b"", good[:-1], good + b"x", b"[]", b"\xff" * 40, b"[" * 50000):
        (folder / name).write_bytes(damaged)
        assert_refused(ReasonCode.VAULT_CORRUPT, folder)
    (folder / name).write_bytes(good)
    assert open_vault(folder).find("root-1") is not None


def test_a_forged_check_sum_does_not_help(folder: Path) -> None:
    open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    for name, change, reason in (
        ("root-1.key", {"algorithm": "ecdsa_p384"}, ReasonCode.VAULT_CORRUPT),
        ("root-1.key", {"label": "root-2"}, ReasonCode.VAULT_CORRUPT),
        ("vault.json", {"format": "cardsvc-vault-9"}, ReasonCode.VAULT_CORRUPT),
        ("vault.json", {"kdf": None}, ReasonCode.VAULT_CORRUPT),
        ("vault.json", {"kdf": {"name": "scrypt", "n": 2**40}}, ReasonCode.VAULT_CORRUPT),
        (
            "vault.json",
            {"kdf": {"name": "scrypt", "n": 2**40, "r": 8, "p": 1, "salt": "00"}},
            ReasonCode.VAULT_CORRUPT,
        ),
        (
            "vault.json",
            {"kdf": {"name": "scrypt", "n": float("inf"), "r": 8, "p": 1, "salt": "00"}},
            ReasonCode.VAULT_CORRUPT,
        ),
        (
            "vault.json",
            {"kdf": {"name": "scrypt", "n": 2, "r": 1, "p": 1, "salt": "00"}},
            ReasonCode.VAULT_SEALED,
        ),
    ):
        good = (folder / name).read_bytes()
        content = json.loads(good)
        del content["sum"]
        content["header"].update(change)
        octets = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        content["sum"] = hashlib.sha256(octets).hexdigest()
        (folder / name).write_text(json.dumps(content))
        assert_refused(reason, folder)
        (folder / name).write_bytes(good)


def test_exchanged_files_are_noticed(folder: Path) -> None:
    vault = open_vault(folder)
    vault.generate("ca-1", VaultAlgorithm.ECDSA_P256)
    vault.generate("ca-2", VaultAlgorithm.ECDSA_P256)
    (folder / "ca-1.key").write_bytes((folder / "ca-2.key").read_bytes())
    assert_refused(ReasonCode.VAULT_CORRUPT, folder)


def test_a_key_of_another_vault_is_noticed(folder: Path, tmp_path: Path) -> None:
    open_vault(folder).generate("ca-1", VaultAlgorithm.ECDSA_P256)
    open_vault(tmp_path / "other").generate("ca-1", VaultAlgorithm.ECDSA_P256)
    (folder / "ca-1.key").write_bytes((tmp_path / "other" / "ca-1.key").read_bytes())
    assert_refused(ReasonCode.VAULT_CORRUPT, folder)


@pytest.mark.reason(ReasonCode.VAULT_EXPOSED)
@pytest.mark.parametrize("name", [".", "vault.json", "root-1.key"])
def test_a_vault_that_others_may_read_stays_shut(folder: Path, name: str) -> None:
    open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    path = folder / name
    path.chmod(path.stat().st_mode | 0o040)
    assert_refused(ReasonCode.VAULT_EXPOSED, folder)


def test_of_two_makers_of_a_label_one_wins(folder: Path) -> None:
    vaults = [open_vault(folder) for _ in range(6)]

    def make(vault: SoftwareVault) -> ReasonCode | None:
        try:
            vault.generate("root-1", VaultAlgorithm.ECDSA_P256)
        except VaultError as error:
            return error.reason
        return None

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(make, vaults))
    assert sorted(map(str, outcomes)) == ["None"] + ["key_exists"] * 5
    handles = [vault.find("root-1") for vault in vaults]
    keys = {spki_der(vault.public_key(h)) for vault, h in zip(vaults, handles, strict=True) if h}
    assert None not in handles
    assert len(keys) == 1


def test_two_who_make_one_vault_get_the_same(folder: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        vaults = list(pool.map(lambda _: open_vault(folder), range(6)))
    handle = vaults[0].generate("root-1", VaultAlgorithm.ECDSA_P256)
    assert all(vault.find("root-1") == handle for vault in vaults)


def test_processes_that_start_together_get_one_key(folder: Path) -> None:
    vaults = [open_vault(folder) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        handles = pool.map(lambda vault: own_key(vault, "log-1", VaultAlgorithm.ECDSA_P256), vaults)
    assert len({*handles}) == 1
    keys = {
        spki_der(vault.public_key(own_key(vault, "log-1", VaultAlgorithm.ECDSA_P256)))
        for vault in vaults
    }
    assert len(keys) == 1


@pytest.mark.reason(ReasonCode.KEY_EXISTS)
def test_the_key_of_a_label_is_of_its_algorithm(folder: Path) -> None:
    vault = open_vault(folder)
    vault.generate("log-1", VaultAlgorithm.DERIVING_AES_256)
    with pytest.raises(VaultError) as error:
        own_key(vault, "log-1", VaultAlgorithm.ECDSA_P256)
    assert error.value.reason is ReasonCode.KEY_EXISTS


def test_what_a_crash_left_behind_is_no_key(folder: Path) -> None:
    vault = open_vault(folder)
    vault.generate("root-1", VaultAlgorithm.ECDSA_P256)
    (folder / ".root-2.key.0011223344556677").write_bytes(b"half")
    assert list(open_vault(folder).labels()) == ["root-1"]
    assert open_vault(folder).find("root-2") is None


@pytest.mark.reason(ReasonCode.VAULT_CORRUPT)
def test_keys_without_their_vault_file_are_not_locked_out_by_a_new_one(folder: Path) -> None:
    open_vault(folder).generate("root-1", VaultAlgorithm.ECDSA_P256)
    (folder / "vault.json").unlink()
    assert_refused(ReasonCode.VAULT_CORRUPT, folder)
    assert not (folder / "vault.json").exists()

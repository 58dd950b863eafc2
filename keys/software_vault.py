"""A vault of encrypted files: the embedded default, and the offline root's."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from cardsvc.card.public_key import CardPublicKey
from cardsvc.errors import ReasonCode, VaultError
from keys import sealed_file
from keys.sealed_file import FORMAT, KEY_OCTETS, SALT_OCTETS, ScryptCost
from keys.vault import KeyHandle, VaultAlgorithm, require_derivation_length, require_label

Randomness: TypeAlias = Callable[[int], bytes]
_PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_Secret: TypeAlias = _PrivateKey | bytes

_MASTER_FILE = "vault.json"
_SUFFIX = ".key"
_ECDSA_SHA256 = ec.ECDSA(hashes.SHA256())


class SoftwareVault:
    """Implements ``keys.vault.KeyVault`` in a folder of mode 0700 with one file a key.

    Open one with ``SoftwareVault.open``. Opened keys stay in memory for as long as it lives.
    """

    def __init__(self, folder: Path, vault_key: bytes, randomness: Randomness) -> None:
        self._folder = folder
        self._vault_key = vault_key
        self._randomness = randomness
        self._opened: dict[str, tuple[KeyHandle, _Secret]] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        folder: Path,
        passphrase: str,
        *,
        cost: ScryptCost | None = None,
        randomness: Randomness = secrets.token_bytes,
    ) -> SoftwareVault:
        """Open the vault in a folder, or make one where there is none.

        Args:
            folder: made with mode 0700.
            passphrase: normalised to NFC, so that every keyboard types the same one.
            cost: of scrypt for a new vault; an existing one keeps its own. 2**17 by default.
            randomness: where masters, salt and the vault's key come from.

        Raises:
            VaultError: VAULT_SEALED for a wrong or empty passphrase, VAULT_CORRUPT for damaged
                files, VAULT_EXPOSED where others may read them.
        """
        words = unicodedata.normalize("NFC", passphrase).encode("utf-8")
        if not words:
            raise VaultError(ReasonCode.VAULT_SEALED, "the passphrase is empty")
        folder.mkdir(mode=sealed_file.FOLDER_MODE, parents=True, exist_ok=True)
        sealed_file.require_private(folder)
        octets = sealed_file.read_private(folder / _MASTER_FILE)
        if octets is None:
            if any(folder.glob(f"*{_SUFFIX}")):
                raise VaultError(ReasonCode.VAULT_CORRUPT, "there are keys, but vault.json is lost")
            octets = _make_master_file(folder, words, cost or ScryptCost(), randomness)
        return cls(folder, _open_master_file(octets, words), randomness)

    def generate(self, label: str, algorithm: VaultAlgorithm) -> KeyHandle:
        """Make a key under a new label."""
        handle = KeyHandle(require_label(label), algorithm)
        secret = self._make_secret(algorithm)
        octets = sealed_file.seal(self._vault_key, _encode_secret(secret), _header(handle))
        sealed_file.write_new(self._path(label), octets)
        with self._lock:
            self._opened[label] = (handle, secret)
        return handle

    def find(self, label: str) -> KeyHandle | None:
        """Return the handle of a label, None where there is no such key."""
        found = self._load(require_label(label))
        return found[0] if found else None

    def labels(self) -> Sequence[str]:
        """Return every label, sorted."""
        return sorted(path.name[: -len(_SUFFIX)] for path in self._folder.glob(f"[!.]*{_SUFFIX}"))

    def public_key(self, handle: KeyHandle) -> CardPublicKey:
        """Return the public half."""
        return self._private_key(handle).public_key()

    def sign(self, handle: KeyHandle, data: bytes, digest: hashes.HashAlgorithm) -> bytes:
        """Sign ``data``: ECDSA in DER, or RSASSA-PKCS1-v1_5."""
        key = self._private_key(handle)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, _ECDSA_SHA256 if digest.name == "sha256" else ec.ECDSA(digest))
        return key.sign(data, padding.PKCS1v15(), digest)

    def derive(self, handle: KeyHandle, label: bytes, context: bytes, octets: int) -> bytes:
        """Derive by SP 800-108r1 counter mode with CMAC-AES-256."""
        return KBKDFCMAC(
            AES,
            Mode.CounterMode,
            length=require_derivation_length(octets),
            rlen=4,
            llen=4,
            location=CounterLocation.BeforeFixed,
            label=label,
            context=context,
            fixed=None,
        ).derive(self._master(handle, VaultAlgorithm.DERIVING_AES_256))

    def wrap(self, handle: KeyHandle, key_octets: bytes) -> bytes:
        """Wrap a key by AES-KWP."""
        if not key_octets:
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "nothing to wrap")
        master = self._master(handle, VaultAlgorithm.WRAPPING_AES_256)
        return aes_key_wrap_with_padding(master, key_octets)

    def unwrap(self, handle: KeyHandle, wrapped: bytes) -> bytes:
        """Return what was wrapped."""
        master = self._master(handle, VaultAlgorithm.WRAPPING_AES_256)
        try:
            return aes_key_unwrap_with_padding(master, wrapped)
        except (InvalidUnwrap, ValueError) as error:
            raise VaultError(ReasonCode.VAULT_CORRUPT, "the wrapped key does not open") from error

    def _path(self, label: str) -> Path:
        return self._folder / f"{label}{_SUFFIX}"

    def _make_secret(self, algorithm: VaultAlgorithm) -> _Secret:
        match algorithm:
            case VaultAlgorithm.ECDSA_P256:
                return ec.generate_private_key(ec.SECP256R1())
            case VaultAlgorithm.ECDSA_P384:
                return ec.generate_private_key(ec.SECP384R1())
            case VaultAlgorithm.RSA_2048:
                return rsa.generate_private_key(65537, 2048)
            case VaultAlgorithm.RSA_3072:
                return rsa.generate_private_key(65537, 3072)
            case VaultAlgorithm.DERIVING_AES_256 | VaultAlgorithm.WRAPPING_AES_256:
                return self._randomness(KEY_OCTETS)

    def _load(self, label: str) -> tuple[KeyHandle, _Secret] | None:
        opened = self._opened.get(label)
        if opened is not None:
            return opened
        octets = sealed_file.read_private(self._path(require_label(label)))
        if octets is None:
            return None
        header, nonce, box = sealed_file.parse_file(octets)
        plain = sealed_file.unseal(
            self._vault_key, header, nonce, box, otherwise=ReasonCode.VAULT_CORRUPT
        )
        try:
            handle = KeyHandle(label, VaultAlgorithm(str(header.get("algorithm"))))
        except ValueError as error:
            raise VaultError(ReasonCode.VAULT_CORRUPT, "a key of unknown algorithm") from error
        if header != _header(handle):
            # the seal is good, but it is another key's: files were exchanged
            raise VaultError(ReasonCode.VAULT_CORRUPT, "the file holds another key")
        loaded = (handle, _decode_secret(plain, handle.algorithm))
        with self._lock:
            return self._opened.setdefault(label, loaded)

    def _secret(self, handle: KeyHandle) -> _Secret:
        found = self._load(handle.label)
        if found is None or found[0] != handle:
            raise VaultError(ReasonCode.KEY_UNKNOWN, "no such key in this vault")
        return found[1]

    def _private_key(self, handle: KeyHandle) -> _PrivateKey:
        secret = self._secret(handle)
        if isinstance(secret, bytes):
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "a master does not sign")
        return secret

    def _master(self, handle: KeyHandle, algorithm: VaultAlgorithm) -> bytes:
        secret = self._secret(handle)
        if handle.algorithm is not algorithm or not isinstance(secret, bytes):
            raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "the key is for another use")
        return secret


def _header(handle: KeyHandle) -> dict[str, Any]:
    return {"format": FORMAT, "label": handle.label, "algorithm": handle.algorithm.value}


def _make_master_file(
    folder: Path, passphrase: bytes, cost: ScryptCost, randomness: Randomness
) -> bytes:
    salt = randomness(SALT_OCTETS)
    header = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "n": cost.n, "r": cost.r, "p": cost.p, "salt": salt.hex()},
    }
    stretched = cost.stretch(passphrase, salt)
    octets = sealed_file.seal(stretched, randomness(KEY_OCTETS), header)
    try:
        sealed_file.write_new(folder / _MASTER_FILE, octets)
    except VaultError as error:
        # another process made the vault in between: it is that vault we open
        made = sealed_file.read_private(folder / _MASTER_FILE)
        if error.reason is not ReasonCode.KEY_EXISTS or made is None:
            raise
        return made
    return octets


def _open_master_file(octets: bytes, passphrase: bytes) -> bytes:
    header, nonce, box = sealed_file.parse_file(octets)
    kdf = header.get("kdf")
    try:
        if not isinstance(kdf, dict) or kdf["name"] != "scrypt":
            raise VaultError(ReasonCode.VAULT_CORRUPT, "an unknown key derivation")
        cost = ScryptCost(int(kdf["n"]), int(kdf["r"]), int(kdf["p"]))
        salt = bytes.fromhex(kdf["salt"])
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise VaultError(ReasonCode.VAULT_CORRUPT, "the key derivation is damaged") from error
    stretched = cost.stretch(passphrase, salt)
    return sealed_file.unseal(stretched, header, nonce, box, otherwise=ReasonCode.VAULT_SEALED)


def _encode_secret(secret: _Secret) -> bytes:
    if isinstance(secret, bytes):
        return secret
    return secret.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _decode_secret(plain: bytes, algorithm: VaultAlgorithm) -> _Secret:
    if algorithm.is_symmetric:
        return plain
    try:
        key = serialization.load_der_private_key(plain, password=None)
    except ValueError as error:
        raise VaultError(ReasonCode.VAULT_CORRUPT, "not a private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise VaultError(ReasonCode.VAULT_CORRUPT, "a key of another algorithm")
    return key

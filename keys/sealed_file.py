"""Sealed files of the software vault: scrypt opens the vault's key, AES-256-GCM seals each file.

``vault.json`` holds a random vault key under the passphrase; each ``LABEL.key`` holds one
secret under the vault key, bound to its label and algorithm as associated data. A check sum
in each file tells damage from a wrong passphrase; it is no protection, GCM is.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cardsvc.errors import ReasonCode, VaultError

FORMAT = "cardsvc-vault-1"
KEY_OCTETS = 32
NONCE_OCTETS = 12
"""96-bit nonces, random: at most 2^32 files under one key (SP 800-38D section 8.3)."""
SALT_OCTETS = 16
FOLDER_MODE = 0o700
FILE_MODE = 0o600
MAX_FILE_OCTETS = 65536


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """RFC 7914 parameters. The default asks 128 MiB and about a third of a second.

    Args:
        n: cost, a power of two; 2**17 or more where the vault is real.
        r: block size.
        p: parallelisation.
    """

    n: int = 2**17
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        # bounds, so that a doctored file can't ask for all the memory there is
        if not power_of_two or self.n > 2**20 or not 1 <= self.r <= 16 or not 1 <= self.p <= 4:
            raise VaultError(ReasonCode.VAULT_CORRUPT, "scrypt parameters out of bounds")

    def stretch(self, passphrase: bytes, salt: bytes) -> bytes:
        """Return 32 octets for a passphrase (RFC 7914 section 2)."""
        return Scrypt(salt=salt, length=KEY_OCTETS, n=self.n, r=self.r, p=self.p).derive(passphrase)


def seal(key: bytes, plain: bytes, header: dict[str, Any]) -> bytes:
    """Return a file's octets: the header in clear, the secret sealed and bound to it."""
    nonce = secrets.token_bytes(NONCE_OCTETS)
    box = AESGCM(key).encrypt(nonce, plain, _canonical(header))
    content = {"header": header, "nonce": _text(nonce), "box": _text(box)}
    return _canonical({**content, "sum": _sum(content)})


def parse_file(octets: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """Return header, nonce and box of a file whose check sum is right; nothing is opened yet.

    Raises:
        VaultError: VAULT_CORRUPT.
    """
    try:
        content = json.loads(octets)
        if not isinstance(content, dict) or set(content) != {"header", "nonce", "box", "sum"}:
            raise VaultError(ReasonCode.VAULT_CORRUPT, "not a vault file")
        told = content.pop("sum")
        header = content["header"]
        nonce, box = _octets(content["nonce"]), _octets(content["box"])
        if told != _sum(content) or not isinstance(header, dict):
            raise VaultError(ReasonCode.VAULT_CORRUPT, "the check sum is wrong")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise VaultError(ReasonCode.VAULT_CORRUPT, "not a vault file") from error
    if header.get("format") != FORMAT or len(nonce) != NONCE_OCTETS:
        raise VaultError(ReasonCode.VAULT_CORRUPT, "a vault file of another kind")
    return header, nonce, box


def unseal(
    key: bytes, header: dict[str, Any], nonce: bytes, box: bytes, *, otherwise: ReasonCode
) -> bytes:
    """Open a box.

    Raises:
        VaultError: ``otherwise``, where key, header, nonce and box don't belong together.
    """
    try:
        return AESGCM(key).decrypt(nonce, box, _canonical(header))
    except (InvalidTag, ValueError) as error:
        raise VaultError(otherwise, "the seal does not open") from error


def write_new(path: Path, octets: bytes) -> None:
    """Write a new file of mode 0600 whole or not at all, and on the disk when this returns.

    Raises:
        VaultError: KEY_EXISTS where the name is taken; nothing is overwritten.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        # a link fails where a rename would silently replace another process's key
        path.hardlink_to(temporary)
    except FileExistsError as error:
        raise VaultError(ReasonCode.KEY_EXISTS, "the label is in use") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(path: Path) -> bytes | None:
    """Return a file's octets, None where there is no such file.

    Raises:
        VaultError: VAULT_EXPOSED where group or others have any right on it; VAULT_CORRUPT for
            what is no small plain file.
    """
    try:
        require_private(path)
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE_OCTETS:
            raise VaultError(ReasonCode.VAULT_CORRUPT, "not a vault file")
        return path.read_bytes()
    except FileNotFoundError:
        return None


def require_private(path: Path) -> None:
    """Refuse a file or folder that others than its owner may touch.

    Raises:
        VaultError: VAULT_EXPOSED.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        msg = f"the vault is open to others than its owner: chmod -R go= {path}"
        raise VaultError(ReasonCode.VAULT_EXPOSED, msg)


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _sum(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)

"""Secrets that programs of this machine share: files that only the agent's user can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cardsvc.errors import CardError, ReasonCode

_OCTETS = 24
_LEAST_CHARACTERS = 32


def shared_secret(path: Path) -> str:
    """Return the secret in a file; make it where there is none.

    Raises:
        CardError: ACCESS_DENIED; others can read the file, or it can't be read or made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return _make(path, secrets.token_urlsafe(_OCTETS))
        except FileExistsError:
            return _read(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path}: {type(error).__name__}") from error


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, instead of one that may be there.

    Raises:
        CardError: ACCESS_DENIED; it can't be written.
    """
    try:
        path.unlink(missing_ok=True)
        _make(path, text)
    except OSError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path}: {type(error).__name__}") from error


def _make(path: Path, text: str) -> str:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return text


def _read(path: Path) -> str:
    # Windows keeps rights elsewhere: there the folder of the user's profile guards the file
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path} can be read by others: chmod 600")
    secret = path.read_text("utf-8").strip()
    if len(secret) < _LEAST_CHARACTERS or not secret.isascii():
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path} holds no secret")
    return secret

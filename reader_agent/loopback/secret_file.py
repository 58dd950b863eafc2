"""Secrets that programs of this machine share: files that only the agent's user can read."""

from __future__ import annotations

import secrets
from pathlib import Path

from cardsvc.errors import CardError, ReasonCode
from reader_agent.private_file import read_private, write_private

_OCTETS = 24
_LEAST_CHARACTERS = 32


def shared_secret(path: Path) -> str:
    """Return the secret in a file; make it where there is none.

    Raises:
        CardError: ACCESS_DENIED; others can read the file, or it can't be read or made.
    """
    if not path.exists():
        write_shared(path, secrets.token_urlsafe(_OCTETS))
    try:
        secret = read_private(path).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} holds no secret") from error
    if len(secret) < _LEAST_CHARACTERS:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} holds no secret")
    return secret


def write_shared(path: Path, text: str) -> None:
    """Write a file that nobody else can read, instead of one that may be there.

    Raises:
        CardError: ACCESS_DENIED; it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, text.encode())
    except OSError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} can't be written") from error

"""Secrets that programs of this machine share: files of the agent's user, or of one group."""

from __future__ import annotations

import secrets
from pathlib import Path

from cardsvc.errors import CardError, ReasonCode
from reader_agent.private_file import read_private, write_private, write_shared

_OCTETS = 24
_LEAST_CHARACTERS = 32


def shared_secret(path: Path) -> str:
    """Return the secret in a file; make it where there is none.

    Raises:
        CardError: ACCESS_DENIED; others can read the file, or it can't be read or made.
    """
    if not path.exists():
        _write_own(path, secrets.token_urlsafe(_OCTETS))
    try:
        secret = read_private(path).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} holds no secret") from error
    if len(secret) < _LEAST_CHARACTERS:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} holds no secret")
    return secret


def hand_over(own: Path, shared: Path | None, name: str, text: str) -> None:
    """Write a file for another program of this machine, instead of one that may be there.

    Args:
        own: the agent's folder, where that program runs as the agent's user.
        shared: the folder that the program's group reads; None for no such group.
        name: of the file.
        text: its content, a secret.

    Raises:
        CardError: ACCESS_DENIED; it can't be written, or others could read it.
    """
    if shared is None:
        _write_own(own / name, text)
        return
    try:
        write_shared(shared / name, text.encode())
    except OSError as error:
        what = f"{shared / name} can't be written: {error.strerror}"
        raise CardError(ReasonCode.ACCESS_DENIED, what) from error


def _write_own(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, text.encode())
    except OSError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} can't be written") from error

"""Files that only the agent can read, or one group besides; written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cardsvc.errors import CardError, ReasonCode
from reader_agent import platform

MAX_OCTETS = 64 * 1024


def write_private(path: Path, octets: bytes) -> None:
    """Replace a file: whoever reads it sees the old or the new, even after a power cut.

    Raises:
        OSError: it can't be written.
    """
    _replace(path, octets, lambda _: None)


def write_shared(path: Path, octets: bytes) -> None:
    """Replace a file that the group of its folder can read, and nobody else.

    Raises:
        CardError: ACCESS_DENIED, the folder is not there, is not ours, or is open to others.
        OSError: the file can't be written, or does not get the folder's group.
    """
    folder = path.parent
    try:
        shared = platform.is_shared(folder)
    except OSError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{folder} is not there") from error
    if not shared:
        what = f"{folder} must be the agent's own, with nothing for others (mode 2750)"
        raise CardError(ReasonCode.ACCESS_DENIED, what)
    _replace(path, octets, lambda descriptor: platform.share(descriptor, folder))


def _replace(path: Path, octets: bytes, prepare: Callable[[int], None]) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(platform.make_private_file(draft), "wb") as file:
            file.write(octets)
            file.flush()
            prepare(file.fileno())
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def read_private(path: Path) -> bytes:
    """Return the content of a file that nobody else can read.

    Raises:
        CardError: ACCESS_DENIED, it is not there, can't be read, others can read it, or it is
            far too large.
    """
    try:
        if not platform.is_private(path):
            raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name}: others can read it")
        with path.open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} can't be read") from error
    if len(octets) > MAX_OCTETS:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name} is too large")
    return octets

"""A witness's memory: a folder with one file for each log, replaced as a whole and on disk first.

Forgetting is the one thing that a witness must not do: a witness that was set back would cosign a
log that was set back. So a file is written beside, synchronised, renamed, and the folder
synchronised, before anything is answered; a lock puts those who write in line.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cardsvc.checkpoint import SignedCheckpoint, parse_checkpoint
from cardsvc.errors import Malformed, ReasonCode, StoreError
from web.witness.ports import WitnessedLog

_LOCK = ".witness.lock"
_SUFFIX = ".log"


class WitnessFolder:
    """Keeps logs and the last checkpoint of each.

    Args:
        folder: there already.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, origin: str, key: str) -> bool:
        """Watch a log from now on; False where it is watched already."""
        with self._locked():
            path = self._path(origin)
            if path.exists():
                return False
            self._write(path, key.encode() + b"\n")
            return True

    def logs(self) -> Sequence[WitnessedLog]:
        """Return all logs that are watched."""
        return [_read(path) for path in sorted(self._folder.glob(f"*{_SUFFIX}"))]

    def log(self, origin: str) -> WitnessedLog | None:
        """Return a log that is watched, or None.

        Raises:
            StoreError: what was kept is not what we wrote (RECORD_CORRUPT).
        """
        path = self._path(origin)
        return _read(path) if path.exists() else None

    def move_on(self, origin: str, old_size: int, signed: SignedCheckpoint) -> bool:
        """Remember a checkpoint, durably; False where ``old_size`` is not the last one's."""
        with self._locked():
            known = self.log(origin)
            if known is None or last_size(known) != old_size:
                return False
            self._write(self._path(origin), known.key.encode() + b"\n" + signed.note)
            return True

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}{_SUFFIX}"

    def _write(self, path: Path, octets: bytes) -> None:
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def last_size(log: WitnessedLog) -> int:
    """Return the size of the checkpoint that was cosigned last, 0 for none."""
    return 0 if log.last is None else log.last.checkpoint.size


def _read(path: Path) -> WitnessedLog:
    key, _, note = path.read_bytes().partition(b"\n")
    try:
        return WitnessedLog(key.decode(), parse_checkpoint(note) if note else None)
    except (Malformed, UnicodeDecodeError):
        raise StoreError(ReasonCode.RECORD_CORRUPT, f"{path.name}: not a watched log") from None

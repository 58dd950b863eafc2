"""Locks between the processes of one data folder; the system drops them when a process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PRIVATE_FILE = 0o600
_OPENING = ".opening.lock"
_SERVING = ".serving.lock"


class ServedAlready(Exception):
    """Another process serves this data folder."""


@contextmanager
def opening(data_dir: Path) -> Iterator[None]:
    """Wait until no other process opens the folder: one makes what is missing, the rest find it.

    Raises:
        OSError: the folder can't be written to.
    """
    with _lock(data_dir / _OPENING) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Be the one process that serves the folder: personalisation jobs live in its memory.

    Raises:
        ServedAlready: another process does.
        OSError: the folder can't be written to.
    """
    with _lock(data_dir / _SERVING) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"another cardsvc serves {data_dir}"
            raise ServedAlready(msg) from None
        yield


@contextmanager
def _lock(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

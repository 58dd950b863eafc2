"""Windows: files inherit the folder's access rights; a service wrapper is the supervisor.

The agent's folder must be readable by its service account alone (docs/guides/agent.md).
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def make_private_file(path: Path) -> int:
    """Create a file; the folder's access list says who can read it.

    Raises:
        OSError: it is there already, or can't be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def is_private(path: Path) -> bool:
    """Tell that a file is there: modes mean nothing here, the folder's access list does.

    Raises:
        OSError: it is not there.
    """
    path.stat()
    return True


def is_shared(folder: Path) -> bool:
    """Tell that a folder is there; its access list says who may look into it.

    Raises:
        OSError: it is not there.
    """
    folder.stat()
    return True


def share(descriptor: int, folder: Path) -> None:
    """Leave it to the folder's access list who can read a file."""
    del descriptor, folder


def handed_socket(port: int) -> socket.socket | None:
    """Return None: no supervisor listens for us; the port is taken for us alone instead."""
    del port
    return None


def flush_folder(folder: Path) -> None:
    """Do nothing: a folder can't be opened here, and the file system keeps its names by itself."""
    del folder


@contextmanager
def sole_use(folder: Path) -> Iterator[bool]:
    """Say yes: folders can't be locked here, and the service wrapper starts one agent."""
    del folder
    yield True


def free_octets(folder: Path) -> int:
    """Return how many octets we may still write there.

    Raises:
        OSError: the folder is not there.
    """
    return shutil.disk_usage(folder).free


def smart_card_devices() -> int | None:
    """Return None: Windows finds the driver by itself and PC/SC lists what there is."""
    return None


def service_notifier() -> Callable[[str], None]:
    """Return what is silent: a service wrapper watches the process itself."""
    return lambda _: None

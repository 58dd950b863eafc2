"""Linux and other POSIX systems: file modes, and systemd as the supervisor."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sdnotify

_PRIVATE_FILE = 0o600
_SHARED_FILE = 0o640
_USB_DEVICES = Path("/sys/bus/usb/devices")
_SMART_CARD_CLASS = "0b"
"""USB class of smart card devices (USB-IF CCID 1.1 section 4.1)."""
_FIRST_HANDED = 3
"""SD_LISTEN_FDS_START."""
_MOST_HANDED = 16
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_file(path: Path) -> int:
    """Create a file that only we can read; return its descriptor.

    Raises:
        OSError: it is there already, or can't be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)


def is_private(path: Path) -> bool:
    """Tell whether nobody but us can read a file.

    Raises:
        OSError: it is not there.
    """
    status = path.stat()
    return not status.st_mode & _OTHERS and status.st_uid == os.geteuid()


def is_shared(folder: Path) -> bool:
    """Tell whether a folder is ours, its group may look into it, and nobody else may anything.

    Raises:
        OSError: it is not there.
    """
    status = folder.stat()
    open_to = status.st_mode & (stat.S_IWGRP | stat.S_IRWXO)
    return stat.S_ISDIR(status.st_mode) and not open_to and status.st_uid == os.geteuid()


def share(descriptor: int, folder: Path) -> None:
    """Let a folder's group read a file of ours in it.

    Raises:
        OSError: the file has another group; the folder does not hand its own on (setgid).
    """
    if os.fstat(descriptor).st_gid != folder.stat().st_gid:
        raise PermissionError(errno.EPERM, "the folder's group is not handed on: chmod g+s")
    os.fchmod(descriptor, _SHARED_FILE)


def handed_socket(port: int) -> socket.socket | None:
    """Return the socket on which systemd listens for us on 127.0.0.1; None where it has none.

    What is returned is a copy: the port stays taken when it is closed, so that no other program
    of the machine can wait there for our pages and what is typed into them.

    Spec: sd_listen_fds(3).
    """
    count = os.environ.get("LISTEN_FDS", "")
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdigit():
        return None
    for descriptor in range(_FIRST_HANDED, _FIRST_HANDED + min(int(count), _MOST_HANDED)):
        copy = os.dup(descriptor)
        try:
            handed = socket.socket(fileno=copy)
        except OSError:
            os.close(copy)  # no socket
            continue
        if handed.family == socket.AF_INET and handed.getsockname() == ("127.0.0.1", port):
            return handed
        handed.close()
    return None


def flush_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder as they are now.

    Raises:
        OSError: it can't.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def sole_use(folder: Path) -> Iterator[bool]:
    """Tell whether no other process uses a folder by this call, and keep others out in the block.

    Raises:
        OSError: the folder is not there, or not ours.
    """
    import fcntl  # noqa: PLC0415 - this file is imported everywhere, to be looked at

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_alone = True
    except BlockingIOError:
        is_alone = False
    try:
        yield is_alone
    finally:
        os.close(descriptor)


def free_octets(folder: Path) -> int:
    """Return how many octets we may still write there.

    Raises:
        OSError: the folder is not there.
    """
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize


def smart_card_devices(devices: Path = _USB_DEVICES) -> int | None:
    """Return how many USB smart card interfaces the kernel sees; None where it does not say."""
    try:
        classes = [one.read_text("ascii").strip() for one in devices.glob("*/bInterfaceClass")]
    except (OSError, UnicodeDecodeError):
        return None
    return classes.count(_SMART_CARD_CLASS)


def service_notifier() -> Callable[[str], None]:
    """Return what tells systemd of our state (sd_notify); silent where it does not ask."""
    notify: Callable[[str], None] = sdnotify.SystemdNotifier().notify
    return notify

"""Imports the agent where nothing of POSIX is: run as a program, prints what could not be imported.

What is not ours is imported as usual first; then the platform says that it is Windows, modules and
functions that only POSIX has are taken away, and the agent is imported anew. It does not run on
Windows by that; it shows that nothing outside ``platform/posix.py`` needs POSIX to be imported.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import socket
import sys

OURS = ("reader_agent", "cardsvc", "verification")
MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
FUNCTIONS = (
    "chown", "fchmod", "fchown", "fork", "geteuid", "getgid", "getuid", "killpg", "setsid",
    "statvfs", "O_CLOEXEC",
)  # fmt: skip


def module_names() -> list[str]:
    package = importlib.import_module("reader_agent")
    return [one.name for one in pkgutil.walk_packages(package.__path__, "reader_agent.")]


class Missing:
    """Refuses to find what Windows does not have."""

    def find_spec(self, name: str, *_: object) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def take_posix_away() -> None:
    for name in [one for one in sys.modules if one.split(".")[0] in OURS]:
        del sys.modules[name]
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Missing())  # type: ignore[arg-type]
    for name in FUNCTIONS:
        if hasattr(os, name):
            delattr(os, name)
    for name in ("SIGKILL", "SIGHUP", "SIGUSR1"):
        delattr(signal, name)
    del socket.AF_UNIX
    sys.platform = "win32"


def main() -> None:
    names = [one for one in module_names() if not one.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    take_posix_away()
    failed = {}
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, AttributeError) as error:
            failed[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(failed))


if __name__ == "__main__":
    main()

"""Our programs for a shell that runs a hundred of them: forked from a process that imported them.

A command runs as it does by itself: the real ``main``, in a process, with the caller's arguments,
folder, environment and open files, to a natural end. Only the imports, most of the time of a short
command, are made once.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
PROGRAMS = {"cardsvc": "web.cli", "reader-agent": "reader_agent.cli"}
_ASK = """
import json, os, socket, sys
channel = socket.socket(socket.AF_UNIX)
channel.connect(sys.argv[1])
order = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(channel, [len(order).to_bytes(4, "big")], [0, 1, 2])
channel.sendall(order)
sys.exit(channel.recv(1)[0])
"""
"""The caller's side: hands over what a new process would have got, and ends as that ends."""


@contextmanager
def forked_programs(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Put ``cardsvc`` and ``reader-agent`` into a folder until the block ends.

    Args:
        folder: for a shell's path.
        environment: Python's part of it counts for the programs, too.
    """
    ask, meeting = folder / "ask.py", folder / "programs.socket"
    ask.write_text(_ASK)
    for name in PROGRAMS:
        program = folder / name
        call = f'"{sys.executable}" -I -S "{ask}" "{meeting}" {name} "$@"'
        program.write_text(f"#!/bin/sh\nexec {call}\n")
        program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.forked_programs", str(meeting)],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.terminate()


def main() -> None:
    """Import the programs, then fork one for each who calls."""
    mains = {name: importlib.import_module(module).main for name, module in PROGRAMS.items()}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who attend
        gc.freeze()
        print("ready", flush=True)
        while True:
            channel, _ = listener.accept()
            if os.fork() == 0:
                break
            channel.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(channel, 4, 3)
    order = channel.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
    if child := os.fork():
        for file in (*files, 0, 1, 2):
            os.close(file)
        _, status = os.waitpid(child, 0)
        channel.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
        os._exit(0)
    channel.close()
    _become(mains, order, files)


def _become(mains: dict[str, Callable[[], object]], order: bytes, files: list[int]) -> NoReturn:
    """Go on as the program that was ordered."""
    arguments, folder, environment = json.loads(order)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = arguments
    sys.exit(mains[arguments[0]]())


if __name__ == "__main__":
    main()

"""Our programs as people run them: in a process of their own, typed at, the terminal read."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.second_process import ROOT

_PATIENCE_SECONDS = 90.0
_STOP_SECONDS = 60.0


class Terminal:
    """A running program.

    Args:
        process: with pipes for its input and its output.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._shown: list[str] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._shown.append(line.rstrip("\n"))
                self._changed.notify_all()

    @property
    def lines(self) -> int:
        """How many lines there are."""
        with self._changed:
            return len(self._shown)

    def type(self, *lines: str) -> None:
        """Type some lines."""
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def find(self, pattern: re.Pattern[str], *, after: int = 0) -> str:
        """Return what a pattern's group finds in the lines that are there."""
        with self._changed:
            (found, *_) = filter(None, map(pattern.search, self._shown[after:]))
        return found[1]

    def until(self, text: str, *, after: int = 0) -> int:
        """Wait until a line holds ``text``; return the number of lines up to it."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with self._changed:
            while True:
                for number, line in enumerate(self._shown[after:], start=after + 1):
                    if text in line:
                        return number
                assert self._process.poll() is None, f"it ended: {self._shown}"
                left = deadline - time.monotonic()
                assert left > 0, f"nobody said {text!r}; only {self._shown[after:]}"
                self._changed.wait(min(left, 1.0))

    def close(self) -> None:
        """End it, as a service manager does."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()


@contextmanager
def open_terminal(name: str, module: str, *arguments: str) -> Iterator[Terminal]:
    """Run a program until the block ends.

    Args:
        name: what it is called.
        module: whose ``main`` it is.
        arguments: of its command line.
    """
    program = f"import sys; sys.argv[0] = {name!r}; from {module} import main; main()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program, *arguments], cwd=ROOT, text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        terminal = Terminal(process)
        try:
            yield terminal
        finally:
            terminal.close()


@contextmanager
def open_desk(reader: str, url: str, token_file: Path) -> Iterator[Terminal]:
    """Run the agent of an issuing desk until the block ends.

    Args:
        reader: the PC/SC reader's name.
        url: of the service.
        token_file: holds the agent's token.
    """
    where = ("--reader", reader, "--service-url", url, "--token-file", str(token_file))
    with open_terminal("reader-agent", "reader_agent.cli", "desk", "--pin-stdin", *where) as desk:
        yield desk

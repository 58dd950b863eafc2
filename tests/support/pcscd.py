"""The private pcscd of this test process, and the programs that talk to it.

The path of its socket is fixed in the environment before anything speaks PC/SC: pcsc-lite's
client reads it once per process, and no test may ever reach the machine's real readers.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.private_pcscd import (
    SOCKET_NAME,
    SOCKET_VARIABLE,
    PrivatePcscd,
    VirtualPcscReader,
    missing_requirement,
)
from tests.support import pin_pads
from tests.support.folders import process_folder

HAS_PYSCARD = importlib.util.find_spec("smartcard") is not None
TEST_READERS = 4
STATE_EMPTY, STATE_PRESENT = 0x10, 0x20
"""SCARD_STATE_EMPTY and SCARD_STATE_PRESENT (PC/SC part 5)."""
_TOOL_SECONDS = 60
_NOTICED_SECONDS = 60.0


def reserve_socket() -> Path:
    """Point this process, and the programs it starts, at a folder of its own."""
    folder = process_folder("pcscd-test-")
    os.environ[SOCKET_VARIABLE] = str(folder / SOCKET_NAME)
    return folder


def start(folder: Path) -> PrivatePcscd:
    """Start the service whose socket ``reserve_socket`` has promised.

    Its last two readers have a PIN pad, where there is a compiler to make one.
    """
    drivers = [] if pin_pads.missing_tool() else [pin_pads.build_driver(folder)]
    return PrivatePcscd(TEST_READERS, folder, drivers)


def insert(reader: VirtualPcscReader, card: PoweredCard) -> None:
    """Insert a card and wait until PC/SC programs see it."""
    assert reader.slot.insert(card, wait_seconds=_NOTICED_SECONDS)
    wait_for(reader, STATE_PRESENT)


def wait_for(reader: VirtualPcscReader, wanted: int) -> None:
    """Wait until PC/SC programs see a reader in a state: present, empty."""
    from reader_agent import pcsc  # noqa: PLC0415 - the rest of the suite runs without pyscard

    context = pcsc.PcscContext()
    try:
        deadline = time.monotonic() + _NOTICED_SECONDS
        state = pcsc.STATE_UNAWARE
        while not state & wanted:
            assert time.monotonic() < deadline
            [(_, state, _)] = context.status_change([(reader.name, pcsc.STATE_UNAWARE)], 0)
            time.sleep(0.01)
    finally:
        context.release()


def pid(service: PrivatePcscd) -> int:
    """Return the process number of the service itself."""
    text = (service.socket_path.parent / "pcscd.pid").read_text("ascii")
    return int(text.strip("\0\n "))


def crash(service: PrivatePcscd) -> None:
    """End the service as the kernel's out-of-memory killer would."""
    os.kill(pid(service), signal.SIGKILL)


def why_not() -> str | None:
    """Return one line on what keeps PC/SC tests from running here, or None."""
    missing = missing_requirement() if HAS_PYSCARD else "not installed: pyscard"
    return None if missing is None else f"no private pcscd: {missing}"


class ToolError(AssertionError):
    """A foreign tool ended otherwise than was due."""


class ForeignTools:
    """Runs other people's card programs against the private pcscd.

    Args:
        folder: for their home, configuration and files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        configuration = folder / "opensc.conf"
        configuration.write_text("app default {\n}\n", "ascii")
        self._environment = os.environ | {
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
            "OPENSC_CONF": str(configuration),
            "LC_ALL": "C",
        }

    def run(
        self,
        *command: str,
        succeeds: bool | None = True,
        environment: dict[str, str] | None = None,
    ) -> str:
        """Run a program and return what it printed, errors included.

        Raises:
            ToolError: it succeeded or failed against expectation (None: either will do).
        """
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=self.folder,
            env=self._environment | (environment or {}),
            timeout=_TOOL_SECONDS,
            check=False,
        )
        printed = (done.stdout + done.stderr).decode("utf-8", "replace")
        if succeeds is not None and (done.returncode == 0) is not succeeds:
            raise ToolError(f"{' '.join(command)}: {done.returncode}\n{printed}")
        return printed

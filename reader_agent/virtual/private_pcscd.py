"""A pcscd of our own, with virtual readers, that no one else on the machine meets.

It runs in its own network and mount namespaces: vpcd listens on all addresses, so it gets a
loopback that nobody else has; the service's socket shows up in a private folder, where programs
outside the namespaces find it through PCSCLITE_CSOCK_NAME (pcsc-lite's client reads it once per
process). It ends when this process does, however that comes about.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cardsvc.errors import CardError, ReasonCode

from .vpcd import DEFAULT_PORT, VpcdSlot

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
SOCKET_NAME = "pcscd.comm"
"""What pcscd calls its socket, in its own folder or the private one."""
MAX_READERS = 16
"""pcsc-lite before 2.5 lists no more (field notes)."""
_SLOTS_PER_ENTRY = 2
"""A vpcd entry in reader.conf makes two readers, on two consecutive ports."""
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_DRIVER_PATTERNS = (
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/lib/*/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
)
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TOOLS = ("pcscd", "unshare", "nsenter", "ip", "mount")

_SCRIPT = """\
set -e
folder=$1
ip link set lo up
if [ ! -d /run/pcscd ]; then mount -t tmpfs tmpfs /run; mkdir /run/pcscd; fi
mount --bind "$folder" /run/pcscd
pid=
stop() { if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || :; wait "$pid" || :; pid=; fi; }
trap stop EXIT
while read -r word; do
    stop
    if [ "$word" = start ]; then
        rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
        pcscd --foreground --config "$folder/reader.conf" </dev/null >>"$folder/pcscd.log" 2>&1 &
        pid=$!
    fi
done
"""
"""Runs inside the namespaces; obeys ``start`` and ``stop`` on its input, and ends with it."""

_OPEN_SOCKET = """\
import socket, sys
channel = socket.socket(fileno=int(sys.argv[1]))
link = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
socket.send_fds(channel, [b"x"], [link.fileno()])
"""


def _tool(name: str) -> str | None:
    return shutil.which(name, path=_SYSTEM_PATH)


def vpcd_driver() -> Path | None:
    """Return where vpcd's driver is installed, or None."""
    for pattern in _DRIVER_PATTERNS:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            return path
    return None


def _friendly_name(entry: int) -> str:
    """Return an entry's own name: pcsc-lite repeats a shared one for every entry."""
    return f"Virtual PCD {entry:02d}" if entry else "Virtual PCD"


def _unshare_options() -> list[str] | None:
    """Return how this user gets namespaces: directly, or in a user namespace; None not at all."""
    unshare = _tool("unshare")
    choices = (["--mount", "--net"], ["--user", "--map-root-user", "--mount", "--net"])
    for options in choices:
        command = [unshare or "unshare", *options, "true"]
        tried = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed
        if tried.returncode == 0:
            return options
    return None


def missing_requirement() -> str | None:
    """Return, in one line, what keeps a private pcscd from running here, or None."""
    if sys.platform != "linux":
        return "a private pcscd needs Linux namespaces"
    absent = [name for name in _TOOLS if _tool(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (packages pcscd, util-linux, iproute2)"
    if vpcd_driver() is None:
        return "vpcd's driver is not installed (package vsmartcard-vpcd)"
    if _unshare_options() is None:
        return "this user may not make network and mount namespaces (unshare)"
    return None


@dataclass(frozen=True, slots=True)
class VirtualPcscReader:
    """A reader of the private pcscd.

    Args:
        name: as PC/SC programs list it.
        slot: where cards go in and out.
    """

    name: str
    slot: VpcdSlot


class PrivatePcscd:
    """A running pcscd with virtual readers; use it as a context manager.

    Args:
        readers: how many, 1 to 16 (rounded up to an even number by vpcd).
        folder: where the socket appears; made and removed when None. Give one where programs
            must know the path before the service runs.
        drivers: of further readers behind those, two each, named for the file; they take their
            cards from vpcd's port as its own driver does, and are loaded from where they lie.
    """

    def __init__(
        self, readers: int = 2, folder: Path | None = None, drivers: Sequence[Path] = ()
    ) -> None:
        if not 1 <= readers <= MAX_READERS:
            raise CardError(ReasonCode.READER_FAILED, f"pcsc-lite lists 1 to {MAX_READERS} readers")
        missing, driver = missing_requirement(), vpcd_driver()
        if missing is not None or driver is None:
            raise CardError(ReasonCode.SERVICE_UNAVAILABLE, missing or "no driver")
        self._owns_folder = folder is None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="pcscd-"))
        self._options = _unshare_options() or []
        entries = self._own_entries(driver, -(-readers // _SLOTS_PER_ENTRY))
        entries += [(one.stem, one) for one in drivers]
        self._write_configuration(entries)
        self.readers = [
            VirtualPcscReader(
                f"{name} 00 {slot:02X}",
                VpcdSlot(self._connector(DEFAULT_PORT + entry * _SLOTS_PER_ENTRY + slot)),
            )
            for entry, (name, _) in enumerate(entries)
            for slot in range(_SLOTS_PER_ENTRY)
        ]
        self._process = self._launch()
        try:
            self.start_service()
        except BaseException:
            self.close()
            raise

    @property
    def socket_path(self) -> Path:
        """The service's socket, as seen from outside."""
        return self._folder / SOCKET_NAME

    @property
    def environment(self) -> dict[str, str]:
        """What a PC/SC program needs in its environment to reach this service."""
        return {SOCKET_VARIABLE: str(self.socket_path)}

    def start_service(self) -> None:
        """Start pcscd, or start it again; virtual cards come back by themselves.

        Raises:
            CardError: it does not come up; the message ends with its log.
        """
        self.socket_path.unlink(missing_ok=True)
        self._say("start")
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                log = self._folder / "pcscd.log"
                tail = log.read_text("utf-8", "replace")[-500:] if log.exists() else ""
                raise CardError(ReasonCode.SERVICE_UNAVAILABLE, f"pcscd did not start: {tail}")
            time.sleep(_POLL_SECONDS)

    def stop_service(self) -> None:
        """Stop pcscd and keep the namespaces, as when the service is restarted."""
        self._say("stop")
        deadline = time.monotonic() + _STOP_SECONDS
        while self._answers() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Take all cards out and end the service; closing twice is harmless."""
        for reader in self.readers:
            reader.slot.remove()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._owns_folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _own_entries(self, driver: Path, count: int) -> list[tuple[str, Path]]:
        """Return each entry's name and driver."""
        entries = [(_friendly_name(0), driver)]
        for entry in range(1, count):
            # The driver keeps its slots in static memory: a second entry needs a second library.
            copy = self._folder / f"libifdvpcd-{entry}.so"
            shutil.copyfile(driver, copy)
            entries.append((_friendly_name(entry), copy))
        return entries

    def _write_configuration(self, entries: Sequence[tuple[str, Path]]) -> None:
        lines = []
        for entry, (name, driver) in enumerate(entries):
            port = f"0x{DEFAULT_PORT + entry * _SLOTS_PER_ENTRY:04X}"
            lines += [
                f'FRIENDLYNAME "{name}"',
                f"DEVICENAME   /dev/null:{port}",
                f"LIBPATH      {driver}",
                f"CHANNELID    {port}",
                "",
            ]
        (self._folder / "reader.conf").write_text("\n".join(lines), "ascii")
        (self._folder / "no-usb-drivers").mkdir(exist_ok=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": _SYSTEM_PATH,
            # Real readers on USB stay with the machine's own pcscd.
            "PCSCLITE_HP_DROPDIR": str(self._folder / "no-usb-drivers"),
        }
        shell = ["sh", "-c", _SCRIPT, "sh", str(self._folder)]
        with (self._folder / "pcscd.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - fixed command, own script
                [_tool("unshare") or "unshare", *self._options, *shell],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def _say(self, word: str) -> None:
        pipe = self._process.stdin
        if pipe is None or pipe.closed or self._process.poll() is not None:
            raise CardError(ReasonCode.SERVICE_UNAVAILABLE, "the private pcscd has ended")
        pipe.write(word.encode("ascii") + b"\n")
        pipe.flush()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self.socket_path))
            except OSError:
                return False
            return True

    def _connector(self, port: int) -> _NamespaceConnect:
        return _NamespaceConnect(self, port)

    def open_socket(self, port: int) -> socket.socket:
        """Return a TCP connection to 127.0.0.1 inside the private network.

        Raises:
            OSError: nobody listens there (yet).
        """
        user = ["--user", "--preserve-credentials"] if "--user" in self._options else []
        enter = [_tool("nsenter") or "nsenter", "--target", str(self._process.pid), *user, "--net"]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            script = [sys.executable, "-I", "-S", "-c", _OPEN_SOCKET]
            command = [*enter, *script, str(theirs.fileno()), str(port)]
            done = subprocess.run(  # noqa: S603 - fixed command, own script
                command, pass_fds=[theirs.fileno()], capture_output=True, check=False
            )
            if done.returncode != 0:
                raise ConnectionRefusedError(f"no vpcd on port {port}")
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        return socket.socket(fileno=descriptors[0])


@dataclass(frozen=True, slots=True)
class _NamespaceConnect:
    service: PrivatePcscd
    port: int

    def __call__(self) -> socket.socket:
        return self.service.open_socket(self.port)

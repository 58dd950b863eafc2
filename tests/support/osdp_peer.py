"""An OSDP reader made of libosdp's own device side, at the other end of a pseudo-terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import osdp

ADDRESS = 5
BASE_KEY = bytes.fromhex("6b0e52c1a7d94f38b21c9d7740e8f3a5")


class _PtyEnd(osdp.Channel):  # type: ignore[misc]
    def __init__(self, descriptor: int) -> None:
        super().__init__()
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._descriptor, max_bytes)
        except BlockingIOError:
            return b""

    def write(self, buf: bytes) -> int:
        return os.write(self._descriptor, buf)

    def flush(self) -> None:
        pass


class OsdpPeer:
    """A reader: keeps the commands that it got, and tells events."""

    def __init__(self, descriptor: int, base_key: bytes) -> None:
        self.commands: list[dict[str, Any]] = []
        self._descriptor = descriptor
        capability = osdp.Capability
        self._device = osdp.PeripheralDevice(
            osdp.PDInfo(
                ADDRESS,
                _PtyEnd(descriptor),
                scbk=base_key,
                flags=[osdp.LibFlag.EnforceSecure],
            ),
            osdp.PDCapabilities(
                [
                    (capability.OutputControl, 1, 2),
                    (capability.LEDControl, 1, 1),
                    (capability.AudibleControl, 1, 1),
                    (capability.ContactStatusMonitoring, 1, 2),
                ]
            ),
            command_handler=self._take,
            log_level=osdp.LogLevel.Emergency,
        )

    def start(self) -> None:
        self._device.start()

    def stop(self) -> None:
        """Go silent, as a reader whose cable is cut: what is sent meanwhile is lost."""
        self._device.stop()

    def start_again(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._descriptor, 4096):
                pass
        self._device.start()

    def press(self, keys: bytes) -> None:
        self._device.submit_event({"event": osdp.Event.KeyPress, "reader_no": 0, "data": keys})

    def read_number(self, octets: bytes) -> None:
        self._device.submit_event(
            {
                "event": osdp.Event.CardRead,
                "reader_no": 0,
                "direction": 0,
                "format": osdp.CardFormat.Wiegand,
                "length": 8 * len(octets),
                "data": octets,
            }
        )

    def inputs(self, *states: int) -> None:
        self._device.submit_event(
            {
                "event": osdp.Event.Status,
                "type": osdp.StatusReportType.Input,
                "report": bytes(states),
            }
        )

    def outputs(self) -> list[tuple[int, int, int]]:
        """Return output number, control code and tenths of a second of each order."""
        return [
            (one["output_no"], one["control_code"], one["timer_count"])
            for one in self.commands
            if one["command"] == osdp.Command.Output
        ]

    def lights(self) -> list[int]:
        return [one["on_color"] for one in self.commands if one["command"] == osdp.Command.LED]

    def _take(self, command: dict[str, Any]) -> tuple[int, None]:
        self.commands.append(command)
        return 0, None

    def close(self) -> None:
        self._device.teardown()


@contextmanager
def osdp_peer(base_key: bytes = BASE_KEY) -> Iterator[tuple[OsdpPeer, str]]:
    """Start a reader; yield it and the path of the serial line to it."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    peer = OsdpPeer(ours, base_key)
    peer.start()
    try:
        yield peer, os.ttyname(theirs)
    finally:
        peer.close()
        os.close(ours)
        os.close(theirs)


def wait_for(what: Callable[[], object], seconds: float = 60.0) -> bool:
    """Wait until something is so; False where it did not come."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

"""A line of OSDP readers, worked by libosdp; every device speaks over its secure channel.

Spec: IEC 60839-11-5 (SIA OSDP 2.2). libosdp keeps a command for a reader that has gone silent, or
sends it again and again, and delivers it when the reader is back. An order to a bolt must not wait
that long: where one is not acknowledged in time, all sessions are ended and begun anew without it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import osdp
import serial

from reader_agent.door.outputs import OutputFailed

Command = dict[str, Any]
"""As libosdp's binding wants it."""

ORDER_SECONDS = 1.0
"""How long an order may take to be acknowledged."""
_LOOK_SECONDS = 0.05
_RETRY_SECONDS = 5.0
"""How often a device that is away is asked anew; libosdp itself would wait for five minutes."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OsdpDevice:
    """A reader on the line.

    Args:
        address: 0 to 126.
        base_key: of its secure channel, 16 octets.
    """

    address: int
    base_key: bytes


class _Line(osdp.Channel):  # type: ignore[misc]  # the binding has no types
    def __init__(self, port: serial.Serial) -> None:
        super().__init__()
        self._port = port

    def read(self, max_bytes: int) -> bytes:
        return self._port.read(max_bytes)

    def write(self, buf: bytes) -> int:
        return self._port.write(buf) or 0

    def flush(self) -> None:
        self._port.reset_input_buffer()


class OsdpBus:
    """A part of the agent: keeps the line open, and takes back what comes too late.

    Args:
        port: the serial line, such as ``/dev/ttyUSB0``.
        baud: its speed.
        devices: the readers on it.
        monotonic: seconds that no clock change moves.
    """

    def __init__(
        self,
        port: str,
        baud: int,
        devices: Sequence[OsdpDevice],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"osdp {port}"
        self._port = port
        self._baud = baud
        self._devices = tuple(devices)
        self._monotonic = monotonic
        self._listeners: dict[int, list[Callable[[Command], None]]] = {}
        self._lock = threading.Lock()  # never held while libosdp is called: it calls back
        self._panel: osdp.ControlPanel | None = None
        self._secure: frozenset[int] = frozenset()
        self._waiting: dict[int, list[tuple[float, bool]]] = {}
        self._failed: set[int] = set()

    def listen(self, address: int, tell: Callable[[Command], None]) -> None:
        """Have events of a device told; called from libosdp's thread, so be brief."""
        self._listeners.setdefault(address, []).append(tell)

    def is_secure(self, address: int) -> bool:
        """Tell whether a device is there, over its secure channel."""
        with self._lock:
            return address in self._secure

    def take_failure(self, address: int) -> bool:
        """Tell, once, whether an order to a device was taken back or refused."""
        with self._lock:
            failed = address in self._failed
            self._failed.discard(address)
            return failed

    def order(self, address: int, command: Command, *, is_vital: bool = True) -> None:
        """Send a command that must be carried out now or never.

        Args:
            address: the device's.
            command: what it is to do.
            is_vital: whether ``take_failure`` tells where it was not.

        Raises:
            OutputFailed: the device is not there.
        """
        with self._lock:
            panel = self._panel
            if panel is None or address not in self._secure:
                raise OutputFailed(f"osdp {address}: not there")
            waiting = self._waiting.setdefault(address, [])
            waiting.append((self._monotonic() + ORDER_SECONDS, is_vital))
        if not panel.submit_command(address, command):
            self._settle(address, is_done=True)
            raise OutputFailed(f"osdp {address}: order not taken")

    def run(self, stop: threading.Event) -> None:
        """Work the line until told to stop.

        Raises:
            OSError: the serial line can't be opened, or is gone.
        """
        with serial.Serial(self._port, self._baud, timeout=0, write_timeout=1) as port:
            line = _Line(port)
            while not stop.is_set():
                port.reset_input_buffer()
                panel = self._open(line)
                panel.start()
                try:
                    self._work(panel, stop)
                finally:
                    with self._lock:
                        self._panel, self._secure = None, frozenset()
                        self._waiting.clear()
                    panel.teardown()

    def _open(self, line: _Line) -> osdp.ControlPanel:
        flags = [osdp.LibFlag.EnforceSecure]
        return osdp.ControlPanel(
            [osdp.PDInfo(one.address, line, one.base_key, flags=flags) for one in self._devices],
            log_level=osdp.LogLevel.Critical,
            event_handler=self._hear,
            command_completion_handler=self._complete,
        )

    def _work(self, panel: osdp.ControlPanel, stop: threading.Event) -> None:
        """Keep sessions up until told to stop, or until an order is late."""
        retry_at = dict.fromkeys((one.address for one in self._devices), self._next_retry())
        while not stop.wait(_LOOK_SECONDS):
            if not panel.thread.is_alive():
                raise OutputFailed(f"{self.name}: the line is gone")
            secure = frozenset(at for at in retry_at if panel.is_sc_active(at))
            with self._lock:
                self._panel, self._secure = panel, secure
            if self._is_late():
                return
            for address in retry_at:
                if not panel.is_pd_enabled(address):
                    panel.enable_pd(address)
                elif address in secure:
                    retry_at[address] = self._next_retry()
                elif self._monotonic() >= retry_at[address]:
                    panel.disable_pd(address)
                    retry_at[address] = self._next_retry()

    def _next_retry(self) -> float:
        return self._monotonic() + _RETRY_SECONDS

    def _is_late(self) -> bool:
        now = self._monotonic()
        with self._lock:
            late = {at for at, orders in self._waiting.items() if orders and orders[0][0] <= now}
            self._failed |= {at for at in late if any(vital for _, vital in self._waiting[at])}
            return bool(late)

    def _settle(self, address: int, *, is_done: bool) -> None:
        with self._lock:
            waiting = self._waiting.get(address)
            if waiting:
                _, is_vital = waiting.pop(0)
                if is_vital and not is_done:
                    self._failed.add(address)

    def _complete(self, address: int, _command: Command, status: int) -> None:
        self._settle(address, is_done=status == osdp.CompletionStatus.Ok)

    def _hear(self, index: int, event: Mapping[str, Any]) -> int:
        for tell in self._listeners.get(self._devices[index].address, ()):
            try:
                tell(dict(event))
            except Exception:  # noqa: BLE001 - one listener's fault must not end the line
                _LOG.warning("%s: a listener failed", self.name)
        return 0

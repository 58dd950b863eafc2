"""The thread that sends a courier round while a process serves."""

from __future__ import annotations

import logging
import threading

from web.events.courier import Courier

_LOG = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
_STOP_SECONDS = 5.0


class CourierThread:
    """Looks every second what is to be delivered, whatever went wrong the time before.

    Args:
        courier: delivers.
        look_every_seconds: between two looks.
    """

    def __init__(self, courier: Courier, look_every_seconds: float = LOOK_EVERY_SECONDS) -> None:
        self._courier = courier
        self._look_every_seconds = look_every_seconds
        self._stopping = threading.Event()
        # a daemon: what is on its way is sent again by whoever comes next
        self._thread = threading.Thread(target=self._loop, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present round."""
        self._stopping.set()
        self._courier.stop()
        self._thread.join(_STOP_SECONDS)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            begun = 0
            try:
                begun = len(self._courier.run_round())
            except Exception as error:  # noqa: BLE001 - the database restarts: the next look finds it
                _LOG.warning("webhooks: %s", type(error).__name__)
            if not begun:
                self._courier.wait(self._look_every_seconds)

"""The thread that keeps house while a process serves."""

from __future__ import annotations

import logging
import threading

from web.housekeeping.housekeeper import Housekeeper

_LOG = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 5.0
_STOP_SECONDS = 5.0


class HousekeepingThread:
    """Looks every few seconds what is due, whatever went wrong the time before.

    Args:
        housekeeper: does it.
        look_every_seconds: between two looks.
    """

    def __init__(
        self, housekeeper: Housekeeper, look_every_seconds: float = LOOK_EVERY_SECONDS
    ) -> None:
        self._housekeeper = housekeeper
        self._look_every_seconds = look_every_seconds
        self._stopping = threading.Event()
        # a daemon: what a step has begun is a transaction, which the database takes back
        self._thread = threading.Thread(target=self._loop, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present step, and let another process take over."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._look()
            self._stopping.wait(self._look_every_seconds)
        try:
            self._housekeeper.give_back()
        except Exception:  # noqa: BLE001 - the lease ends by itself
            _LOG.warning("housekeeping: the lease was not given back")

    def _look(self) -> None:
        try:
            self._housekeeper.run_due()
        except Exception as error:  # noqa: BLE001 - the database restarts: the next look finds it
            _LOG.warning("housekeeping: %s", type(error).__name__)

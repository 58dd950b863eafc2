"""The agent's heartbeat: tells the service that it is there, and what is in its readers."""

from __future__ import annotations

import logging
import threading
from importlib.metadata import PackageNotFoundError, version

from cardsvc.errors import CardsvcError
from cardsvc.wire.desk import MAX_READERS, PresenceMessage
from reader_agent.client import ServiceClient
from reader_agent.desk_readers import DeskReaders, ReaderView

HEARTBEAT_SECONDS = 10.0
_LOG = logging.getLogger(__name__)
_MAX_NAME = 200


class Heartbeat:
    """Tells it every ten seconds and whenever a reader changes, in a thread of its own.

    Args:
        client: the service; a heartbeat that it does not hear is not repeated.
        readers: what to tell of.
    """

    def __init__(self, client: ServiceClient, readers: DeskReaders) -> None:
        self._client = client
        self._readers = readers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell no more; does not wait for the service."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            told = self._readers.view()
            try:
                self._client.tell_presence(presence_of(told))
            except CardsvcError as error:
                _LOG.debug("heartbeat: %s", error.reason.value)
            waited = 0.0
            while waited < HEARTBEAT_SECONDS and not self._stop.wait(_STEP_SECONDS):
                waited += _STEP_SECONDS
                if self._readers.view() != told:
                    break


_STEP_SECONDS = 0.5
"""So that a card that bounces in a reader is not a flood of heartbeats."""


def presence_of(view: ReaderView) -> PresenceMessage:
    """Return what is told of the readers; names as far as they can be shown."""
    readers = tuple(
        ("".join(one for one in name if one.isprintable())[:_MAX_NAME] or "?", state)
        for name, state in sorted(view.readers.items())
    )
    return PresenceMessage(program_version(), view.pcsc, readers[:MAX_READERS])


def program_version() -> str:
    """Return the version of this program, as installed."""
    try:
        return version("cardsvc")
    except PackageNotFoundError:
        return "0"

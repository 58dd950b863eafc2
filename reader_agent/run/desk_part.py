"""An issuing desk as a part of the agent: makes and unblocks cards with nobody at a terminal.

Jobs in which the holder types wait, and the service is told that they need a PIN: they are for
``reader-agent desk``, which has a terminal.
"""

from __future__ import annotations

import logging
import threading

from cardsvc.card.connection import CardConnection
from cardsvc.desk_advice import Advice
from reader_agent.client import ServiceClient
from reader_agent.desk_loop import DeskLoop
from reader_agent.desk_pin import HolderPin
from reader_agent.desk_readers import ReaderView
from reader_agent.pin_rules import PinRules
from reader_agent.run.reader_config import ReaderConfig
from reader_agent.run.reader_sources import open_reader
from reader_agent.run.readers import ReaderBoard

_WAIT_SECONDS = 1
"""How long one request for work waits: the part has to hear within a second that it should end."""
_LOOK_SECONDS = 0.2
_LOG = logging.getLogger(__name__)


class DeskPart:
    """A part that works off the jobs of this agent at one reader.

    Args:
        reader: of the role desk.
        client: the service.
        board: what is in the readers.
    """

    def __init__(self, reader: ReaderConfig, client: ServiceClient, board: ReaderBoard) -> None:
        self._reader = reader
        self._client = client
        self._board = board

    @property
    def name(self) -> str:
        """The part's name."""
        return f"desk {self._reader.name}"

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set."""
        readers, screen = _BoardReaders(self._board, stop), _LogScreen()
        holder = HolderPin(self._client, readers, screen, PinRules())
        DeskLoop(
            self._client,
            readers,
            screen,
            holder,
            wanted=self._reader.match,
            stop=stop,
            wait_seconds=_WAIT_SECONDS,
        ).run()


class _BoardReaders:
    """Implements ``DeskReaders`` over the board."""

    def __init__(self, board: ReaderBoard, stop: threading.Event) -> None:
        self._board = board
        self._stop = stop

    def view(self) -> ReaderView:
        return self._board.view()

    def wait(self, seconds: float) -> None:
        self._stop.wait(min(seconds, _LOOK_SECONDS))

    def open(self, reader: str) -> CardConnection:
        return open_reader(reader)


class _LogScreen:
    """Implements ``DeskScreen`` where there is none: sentences go to the log, nobody types."""

    def __init__(self) -> None:
        self._last = ""

    def say(self, mark: str, said: Advice, detail: str = "") -> None:
        line = f"{mark} {said.en}  {detail}".rstrip()
        if line != self._last:
            self._last = line
            _LOG.info("%s", line)

    def ask(self, what: Advice, *, twice: bool = False) -> str:
        del what, twice
        return ""

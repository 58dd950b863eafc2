"""Where the demonstration's cards are put: real PC/SC readers where that can be had.

With pcscd and vpcd installed, a private pcscd gives two readers that every PC/SC program of
this process sees. Without, the same cards are put into in-process readers.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError, ReasonCode
from reader_agent.events import CardInserted
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.connection import VirtualReader
from reader_agent.virtual.private_pcscd import (
    PrivatePcscd,
    VirtualPcscReader,
    missing_requirement,
)

_INSERT_SECONDS = 10.0


class Place(Protocol):
    """A reader on a desk or in a kiosk."""

    @property
    def name(self) -> str:
        """The reader's name."""
        ...

    def insert(self, card: PoweredCard) -> None:
        """Put a card in; return as soon as the reader reports it."""
        ...

    def connect(self) -> CardConnection:
        """Connect to the card in the reader."""
        ...

    def remove(self) -> None:
        """Take the card out."""
        ...


@dataclass(frozen=True, slots=True)
class Rig:
    """The readers of the demonstration.

    Args:
        desk: the issuing desk's.
        kiosk: the kiosk's.
        description: what they are, for the narration.
    """

    desk: Place
    kiosk: Place
    description: str


class InProcessPlace:
    """A reader without PC/SC."""

    def __init__(self, name: str) -> None:
        self._reader = VirtualReader(name)

    @property
    def name(self) -> str:
        """The reader's name."""
        return self._reader.name

    def insert(self, card: PoweredCard) -> None:
        """Put a card in."""
        self._reader.insert(card)

    def connect(self) -> CardConnection:
        """Connect to the card."""
        return self._reader.connect()

    def remove(self) -> None:
        """Take the card out."""
        self._reader.remove()


class PcscPlace:
    """A PC/SC reader, watched by the agent's own monitor."""

    def __init__(self, reader: VirtualPcscReader, inserted: queue.Queue[str]) -> None:
        self._reader = reader
        self._inserted = inserted

    @property
    def name(self) -> str:
        """The reader's name."""
        return self._reader.name

    def insert(self, card: PoweredCard) -> None:
        """Put a card in and wait for the agent's monitor to report it."""
        self._reader.slot.insert(card)
        while True:
            try:
                seen = self._inserted.get(timeout=_INSERT_SECONDS)
            except queue.Empty:
                raise CardError(ReasonCode.NO_CARD, f"{self.name} reports no card") from None
            if seen == self.name:
                return

    def connect(self) -> CardConnection:
        """Connect through PC/SC."""
        from reader_agent.pcsc import PcscConnection  # noqa: PLC0415 - needs pyscard

        return PcscConnection(self.name)

    def remove(self) -> None:
        """Take the card out."""
        self._reader.slot.remove()


@contextmanager
def open_rig() -> Iterator[Rig]:
    """Open PC/SC readers, or in-process ones with the reason why."""
    reason = _why_no_pcsc()
    if reason is not None:
        yield Rig(
            InProcessPlace("Bàn cấp thẻ"),
            InProcessPlace("Ki-ốt"),
            f"đầu đọc trong tiến trình – in-process readers ({reason})",
        )
        return
    with PrivatePcscd(readers=2) as service:
        os.environ.update(service.environment)
        stop = threading.Event()
        inserted: queue.Queue[str] = queue.Queue()
        watcher = threading.Thread(target=_watch, args=(stop, inserted), daemon=True)
        watcher.start()
        desk, kiosk = (PcscPlace(reader, inserted) for reader in service.readers[:2])
        try:
            yield Rig(desk, kiosk, "pcscd + vpcd")
        finally:
            stop.set()
            watcher.join(_INSERT_SECONDS)


def _why_no_pcsc() -> str | None:
    try:
        import reader_agent.pcsc  # noqa: F401, PLC0415 - asks only whether pyscard is there
    except ImportError:
        return "pyscard is not installed"
    return missing_requirement()


def _watch(stop: threading.Event, inserted: queue.Queue[str]) -> None:
    from reader_agent.monitor import ReaderMonitor  # noqa: PLC0415 - needs pyscard

    for event in ReaderMonitor().events(stop):
        if isinstance(event, CardInserted):
            inserted.put(event.reader)


@contextmanager
def card_in(place: Place, card: PoweredCard) -> Iterator[Place]:
    """Put a card into a place and take it out again."""
    place.insert(card)
    try:
        yield place
    finally:
        place.remove()


@contextmanager
def connected(place: Place) -> Iterator[CardConnection]:
    """Connect to the card in a place and let go of it again."""
    connection = place.connect()
    try:
        yield connection
    finally:
        connection.close()

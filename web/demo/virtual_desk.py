"""The desk of the demonstration: a reader without plastic, and a terminal that is typed at."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import Algorithm
from cardsvc.desk_advice import Advice
from cardsvc.desk_records import ReaderState
from reader_agent.client import ServiceClient
from reader_agent.desk_loop import DeskLoop
from reader_agent.desk_pin import HolderPin
from reader_agent.desk_presence import Heartbeat
from reader_agent.desk_readers import ReaderView
from reader_agent.pin_rules import PinRules
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from web.demo.narrator import Narrator
from web.demo.rig import Place

_STOP_SECONDS = 10.0


def new_blank() -> CardState:
    """Return a card as it leaves a factory."""
    options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    return CardState.factory(Algorithm.AES_192, options)


class DeskPlace:
    """Implements ``DeskReaders`` for one reader of the demonstration.

    Args:
        place: the reader.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._card: VirtualCard | None = None
        self._insertions = 0
        self._changed = threading.Condition()

    @property
    def card(self) -> VirtualCard | None:
        """What is in it."""
        return self._card

    def put(self, card: VirtualCard) -> None:
        """Put a card in, in place of the one that is there."""
        self.take_out()
        self._place.insert(card)
        with self._changed:
            self._card = card
            self._insertions += 1
            self._changed.notify_all()

    def take_out(self) -> None:
        """Take the card out, if there is one."""
        with self._changed:
            was, self._card = self._card, None
            self._changed.notify_all()
        if was is not None:
            self._place.remove()

    def view(self) -> ReaderView:
        """Return the reader and whether a card is in it."""
        name = self._place.name
        with self._changed:
            state = ReaderState.CARD if self._card is not None else ReaderState.EMPTY
            return ReaderView(pcsc=True, readers={name: state}, insertions={name: self._insertions})

    def wait(self, seconds: float) -> None:
        """Return when a card comes or goes, or the time is over."""
        with self._changed:
            self._changed.wait(seconds)

    def open(self, reader: str) -> CardConnection:  # noqa: ARG002 - there is one
        """Connect to the card."""
        return self._place.connect()


class SharedTerminal:
    """Implements ``DeskScreen`` on a terminal where other things are typed, too.

    Args:
        narrator: prints.
    """

    def __init__(self, narrator: Narrator) -> None:
        self._narrator = narrator
        self._last = ""
        self._asking = False
        self._typed: queue.SimpleQueue[str] = queue.SimpleQueue()

    def say(self, mark: str, said: Advice, detail: str = "") -> None:
        """Show a sentence, unless it was the last one."""
        line = f"{mark} {said.vi} – {said.en} {detail}".rstrip()
        if line != self._last:
            self._last = line
            self._narrator.desk(line)

    def ask(self, what: Advice, *, twice: bool = False) -> str:  # noqa: ARG002 - once will do
        """Return the next line that is typed; a demonstration asks once."""
        self._last = ""
        self._asking = True
        self._narrator.desk(f"? {what.vi} – {what.en}:")
        typed = self._typed.get()
        self._asking = False
        return typed

    def answer(self, line: str) -> bool:
        """Take a line for the question that stands; return whether there is one."""
        if self._asking:
            self._typed.put(line)
        return self._asking

    def close(self) -> None:
        """Leave a question that stands unanswered."""
        self._typed.put("")


@contextmanager
def open_desk(place: DeskPlace, client: ServiceClient, screen: SharedTerminal) -> Iterator[None]:
    """Work at the desk until the block ends."""
    stop = threading.Event()
    heartbeat = Heartbeat(client, place)
    holder = HolderPin(client, place, screen, PinRules())
    loop = DeskLoop(client, place, screen, holder, wanted="", stop=stop)
    thread = threading.Thread(target=loop.run, name="demonstration desk", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        screen.close()
        heartbeat.stop()
        thread.join(_STOP_SECONDS)

"""Readers that are files: a virtual card is in while its file is there. For trials and tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError, ReasonCode
from reader_agent import events
from reader_agent.run.reader_config import VIRTUAL
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import ATR_EXTENDED
from reader_agent.virtual.storage import FileStore

_POLL_SECONDS = 0.2


class FileWatch:
    """Tells reader events of card files.

    Args:
        files: each is a reader of its own.
        instead_of_pcsc: whether these are all readers that there are.
    """

    def __init__(self, files: Sequence[Path], *, instead_of_pcsc: bool) -> None:
        self._cards_in = dict.fromkeys(files, False)
        self._instead_of_pcsc = instead_of_pcsc
        self._started = False

    def events(self, stop: threading.Event) -> Iterator[events.ReaderEvent]:
        """Yield events until ``stop`` is set."""
        if not self._started:
            self._started = True
            if self._instead_of_pcsc:
                yield events.ServiceBack()
            for file in self._cards_in:
                yield events.ReaderAdded(f"{VIRTUAL}{file}")
        while not stop.is_set():
            for file, was_in in self._cards_in.items():
                is_in = file.is_file()
                self._cards_in[file] = is_in
                if is_in and not was_in:
                    yield events.CardInserted(f"{VIRTUAL}{file}", ATR_EXTENDED)
                elif was_in and not is_in:
                    yield events.CardRemoved(f"{VIRTUAL}{file}")
            stop.wait(_POLL_SECONDS)


def open_card_file(name: str) -> CardConnection:
    """Connect to the card of ``virtual:FILE``.

    Raises:
        CardError: NO_CARD, the file is gone.
        Malformed: it is not a card of ``virtual new``.
    """
    store = FileStore(Path(name.removeprefix(VIRTUAL)))
    try:
        state = store.load()
    except OSError as error:
        raise CardError(ReasonCode.NO_CARD, "the card's file can't be read") from error
    return connect_in_process(VirtualCard(state, store))

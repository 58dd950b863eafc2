"""The readers of an issuing desk: what is in them now, and which card is meant.

One thread follows the reader monitor, through restarts of the PC/SC service; whoever asks gets
the present picture and may wait for the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from cardsvc.card.connection import CardConnection
from cardsvc.desk_records import ReaderState
from cardsvc.errors import ReasonCode
from reader_agent import events

_STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class ReaderView:
    """What is in the readers.

    Args:
        pcsc: whether the PC/SC service answers.
        readers: state by reader's name.
        insertions: how many cards each reader has seen, so that an exchange is noticed.
    """

    pcsc: bool = False
    readers: dict[str, ReaderState] = field(default_factory=dict)
    insertions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenCard:
    """The card that a desk is to work on, or why there is none.

    Args:
        reader: where it is, or None.
        insertion: the how-manieth card of that reader.
        reason: NO_CARD, NO_READER, … where there is none.
    """

    reader: str | None = None
    insertion: int = 0
    reason: ReasonCode | None = None


class DeskReaders(Protocol):
    """The readers that a desk works with."""

    def view(self) -> ReaderView:
        """Return what is in the readers now."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something has changed at the readers, or the time is over."""
        ...

    def open(self, reader: str) -> CardConnection:
        """Connect to the card in a reader.

        Raises:
            CardError: there is none any more, or another program keeps it.
        """
        ...


def choose_card(view: ReaderView, wanted: str) -> SeenCard:
    """Return the one card at the desk.

    Args:
        view: what is in the readers.
        wanted: a reader's name or part of it; empty is any.
    """
    if not view.pcsc:
        return SeenCard(reason=ReasonCode.SERVICE_UNAVAILABLE)
    readers = {
        name: state
        for name, state in view.readers.items()
        if name == wanted or (wanted not in view.readers and wanted.lower() in name.lower())
    }
    filled = [name for name, state in readers.items() if state is not ReaderState.EMPTY]
    if not readers:
        return SeenCard(reason=ReasonCode.NO_READER)
    if not filled:
        return SeenCard(reason=ReasonCode.NO_CARD)
    if len(filled) > 1:
        return SeenCard(reason=ReasonCode.SEVERAL_CARDS)
    if readers[filled[0]] is ReaderState.MUTE:
        return SeenCard(reason=ReasonCode.CARD_SILENT)
    return SeenCard(filled[0], view.insertions.get(filled[0], 0))


class WatchedReaders:
    """Implements ``DeskReaders`` over a stream of reader events.

    Args:
        watch: yields events until it is told to stop (``ReaderMonitor.events``).
        connect: connects to the card in a reader.
    """

    def __init__(
        self,
        watch: Callable[[threading.Event], Iterable[events.ReaderEvent]],
        connect: Callable[[str], CardConnection],
    ) -> None:
        self._watch = watch
        self._connect = connect
        self._view = ReaderView()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk readers", daemon=True)
        self._thread.start()

    def view(self) -> ReaderView:
        """Return what is in the readers now."""
        with self._changed:
            return self._view

    def wait(self, seconds: float) -> None:
        """Return when something has changed at the readers, or the time is over."""
        with self._changed:
            self._changed.wait(seconds)

    def open(self, reader: str) -> CardConnection:
        """Connect to the card in a reader.

        Raises:
            CardError: there is none any more, or another program keeps it.
        """
        return self._connect(reader)

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        for event in self._watch(self._stop):
            with self._changed:
                self._view = view_after(self._view, event)
                self._changed.notify_all()


def view_after(view: ReaderView, event: events.ReaderEvent) -> ReaderView:
    """Return what is in the readers after an event."""
    readers, insertions = dict(view.readers), dict(view.insertions)
    match event:
        case events.ServiceBack():
            return ReaderView(pcsc=True, readers=readers, insertions=insertions)
        case events.ServiceLost():
            return ReaderView(insertions=insertions)
        case events.ReaderAdded(reader) | events.CardRemoved(reader):
            readers[reader] = ReaderState.EMPTY
        case events.ReaderRemoved(reader):
            readers.pop(reader, None)
        case events.CardInserted(reader, _):
            readers[reader] = ReaderState.CARD
            insertions[reader] = insertions.get(reader, 0) + 1
        case events.CardMute(reader):
            readers[reader] = ReaderState.MUTE
        case events.ReaderCapReached():
            pass
    return ReaderView(pcsc=view.pcsc, readers=readers, insertions=insertions)

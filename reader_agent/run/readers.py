"""What is in the configured readers, kept from a stream of reader events and told to the hub."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from cardsvc.card.connection import CardConnection
from cardsvc.clock import Clock
from cardsvc.desk_records import ReaderState
from cardsvc.errors import CardError, ReasonCode
from reader_agent import events
from reader_agent.desk_readers import ReaderView, view_after
from reader_agent.run import happenings
from reader_agent.run.hub import Hub
from reader_agent.run.reader_config import ReaderConfig, bind_readers

Watch = Callable[[threading.Event], Iterable[events.ReaderEvent]]
"""Yields reader events until it is told to stop, such as ``ReaderMonitor.events``."""


class ReaderBoard:
    """Knows each configured reader's state. Safe to share between threads.

    Args:
        configured: the readers of agent.toml.
        connect: connects to the card in a reader, by its PC/SC name or ``virtual:FILE``.
        hub: is told what changes.
        clock: tells when.
    """

    def __init__(
        self,
        configured: Sequence[ReaderConfig],
        connect: Callable[[str], CardConnection],
        hub: Hub,
        clock: Clock,
    ) -> None:
        self._configured = tuple(configured)
        self._connect = connect
        self._hub = hub
        self._clock = clock
        self._lock = threading.Lock()
        self._view = ReaderView()
        self._bound: dict[str, str] = {}

    def take(self, event: events.ReaderEvent) -> None:
        """Take an event of the readers and tell the hub what it means."""
        with self._lock:
            if (
                isinstance(event, events.CardRemoved | events.ReaderRemoved)
                and event.reader not in self._view.readers
            ):
                return  # it went with the service
            before, bound_before = self._view, self._bound
            self._view = view_after(before, event)
            self._bound = {
                name: there
                for there, name in bind_readers(self._configured, self._view.readers).items()
            }
            self._tell(event, before, bound_before)

    def view(self) -> ReaderView:
        """Return what is in all readers, configured or not, by their PC/SC names."""
        with self._lock:
            return self._view

    def state_of(self, name: str) -> ReaderState | None:
        """Return what is in a configured reader; None where it is not there."""
        with self._lock:
            there = self._bound.get(name)
            return None if there is None else self._view.readers.get(there)

    def unbound(self) -> tuple[str, ...]:
        """Return the configured readers that are not there, or not clearly told apart."""
        with self._lock:
            return tuple(one.name for one in self._configured if one.name not in self._bound)

    def open(self, name: str) -> CardConnection:
        """Connect to the card in a configured reader.

        Raises:
            CardError: no such reader, no card, or another program keeps it.
        """
        with self._lock:
            there = self._bound.get(name)
        if there is None:
            raise CardError(ReasonCode.NO_READER, f"{name}: not there")
        return self._connect(there)

    def _tell(
        self, event: events.ReaderEvent, before: ReaderView, bound_before: dict[str, str]
    ) -> None:
        at = self._clock.now()
        match event:
            case events.ServiceLost(reason, _):
                self._hub.publish(happenings.PcscLost(at, reason))
            case events.ServiceBack():
                self._hub.publish(happenings.PcscBack(at))
            case events.ReaderCapReached(count):
                self._hub.publish(happenings.TooManyReaders(at, count))
            case _:
                pass
        for reader in self._configured:
            was = _state(before, bound_before.get(reader.name))
            now = _state(self._view, self._bound.get(reader.name))
            if was != now:
                for told in _told(was, now):
                    self._hub.publish(told(at, reader.name))


_State = ReaderState | None
_IN = {ReaderState.CARD: happenings.CardIn, ReaderState.MUTE: happenings.CardUnreadable}


def _state(view: ReaderView, there: str | None) -> _State:
    return None if there is None else view.readers.get(there)


def _told(was: _State, now: _State) -> list[type[happenings.AtReader]]:
    """Return what a change of state is called, in order."""
    told: list[type[happenings.AtReader]] = []
    if was in _IN:
        told.append(happenings.CardRemoved)
    if was is None:
        told.append(happenings.ReaderBack)
    if now is None:
        told.append(happenings.ReaderLost)
    elif now in _IN:
        told.append(_IN[now])
    return told


class ReaderWatch:
    """A part that watches readers of one kind and keeps the board.

    Args:
        name: of the part.
        watch: yields their events; called again after a fault, it goes on where it was.
        board: is kept.
    """

    def __init__(self, name: str, watch: Watch, board: ReaderBoard) -> None:
        self._name = name
        self._watch = watch
        self._board = board

    @property
    def name(self) -> str:
        """The part's name."""
        return self._name

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop`` is set."""
        for event in self._watch(stop):
            self._board.take(event)

"""Watches all PC/SC readers and tells what happens, through restarts of the service.

One thread runs ``events``. It sees cards that were there before it, survives pcscd's end and
return (new context, full resync), relists after every wake-up, and counts events so that a
quick remove-and-insert is not taken for one card.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from cardsvc.errors import CardError, ReasonCode
from reader_agent import pcsc
from reader_agent.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    ReaderAdded,
    ReaderCapReached,
    ReaderEvent,
    ReaderRemoved,
    ServiceBack,
    ServiceLost,
)

READER_CAP = 16
"""pcsc-lite before 2.5 lists no more readers than this; at the cap, some may be unseen."""
_POLL_SECONDS = 0.8
"""Bound on one wait: contactless drivers report late, and ``stop`` must be seen."""
_BACKOFF_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_COUNTER_BITS = 0xFFFF
"""The event counter is the upper half of a reader's 32-bit state; it wraps."""


class ReaderContext(Protocol):
    """What the monitor needs of a PC/SC context (``pcsc.PcscContext``)."""

    def list_readers(self) -> list[str]:
        """Return the readers' names."""
        ...

    def status_change(
        self, states: list[tuple[str, int]], timeout_seconds: float
    ) -> list[tuple[str, int, bytes]]:
        """Wait for a change of the states given."""
        ...

    def release(self) -> None:
        """Give the context back."""
        ...


class _Slot(Enum):
    EMPTY = auto()
    CARD = auto()
    MUTE = auto()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The state last told for a reader."""

    state: int = pcsc.STATE_UNAWARE

    @property
    def slot(self) -> _Slot:
        if self.state & pcsc.STATE_MUTE:
            return _Slot.MUTE
        return _Slot.CARD if self.state & pcsc.STATE_PRESENT else _Slot.EMPTY

    def events_since(self, before: _Seen) -> int:
        return ((self.state >> 16) - (before.state >> 16)) & _COUNTER_BITS


class ReaderMonitor:
    """Tells reader events in order.

    Args:
        open_context: makes a PC/SC context.
    """

    def __init__(self, open_context: Callable[[], ReaderContext] = pcsc.PcscContext) -> None:
        self._open_context = open_context
        self._seen: dict[str, _Seen] = {}
        self._up: bool | None = None
        self._failures = 0

    def events(self, stop: threading.Event) -> Iterator[ReaderEvent]:
        """Yield events until ``stop`` is set; never raises for a fault of the service.

        It sees ``stop`` within a second; where the service hangs in a call, within the bound
        on that call (``pcsc.SERVICE_TIMEOUT_SECONDS``).
        """
        while not stop.is_set():
            try:
                context = self._open_context()
                try:
                    yield from self._watch(context, stop)
                finally:
                    context.release()
            except CardError as error:
                yield from self._lost(error)
                step = min(self._failures, len(_BACKOFF_SECONDS) - 1)
                stop.wait(_BACKOFF_SECONDS[step])
                self._failures += 1

    def _lost(self, error: CardError) -> Iterator[ReaderEvent]:
        if self._up is not False:
            self._up = False
            yield ServiceLost(error.reason, str(error))
        for name in list(self._seen):
            yield from self._forget(name)

    def _watch(self, context: ReaderContext, stop: threading.Event) -> Iterator[ReaderEvent]:
        pnp_state = pcsc.STATE_UNAWARE
        while not stop.is_set():
            names = context.list_readers()
            if not self._up:
                self._up = True
                yield ServiceBack()
            yield from self._relist(names)
            watched = [(name, seen.state) for name, seen in self._seen.items()]
            if len(watched) < READER_CAP:
                # pcsc-lite refuses to watch more than the cap, this pseudo-reader included
                watched.append((pcsc.PNP_NOTIFICATION, pnp_state))
            try:
                changes = context.status_change(watched, _POLL_SECONDS)
            except CardError as error:
                if error.reason is not ReasonCode.NO_READER:
                    raise
                # A reader left between the listing and the wait: list again, without haste.
                stop.wait(_BACKOFF_SECONDS[0])
                continue
            self._failures = 0
            for name, state, atr in changes:
                if name == pcsc.PNP_NOTIFICATION:
                    pnp_state = state
                elif name in self._seen:
                    yield from self._update(name, state, atr)

    def _relist(self, names: list[str]) -> Iterator[ReaderEvent]:
        for name in [known for known in self._seen if known not in names]:
            yield from self._forget(name)
        before = len(self._seen)
        for name in names:
            if name not in self._seen:
                self._seen[name] = _Seen()
                yield ReaderAdded(name)
        if before < READER_CAP <= len(self._seen):
            yield ReaderCapReached(len(self._seen))

    def _update(self, name: str, state: int, atr: bytes) -> Iterator[ReaderEvent]:
        before, now = self._seen[name], _Seen(state)
        if state & pcsc.STATE_UNKNOWN:
            yield from self._forget(name)
            return
        self._seen[name] = now
        if now.slot is before.slot and (now.slot is _Slot.EMPTY or now.events_since(before) < 2):
            return
        if before.slot is not _Slot.EMPTY:
            yield CardRemoved(name)
        if now.slot is _Slot.CARD:
            yield CardInserted(name, atr)
        elif now.slot is _Slot.MUTE:
            yield CardMute(name)

    def _forget(self, name: str) -> Iterator[ReaderEvent]:
        seen = self._seen.pop(name)
        if seen.slot is not _Slot.EMPTY:
            yield CardRemoved(name)
        yield ReaderRemoved(name)

"""Watches all PC/SC readers and tells what happens, through restarts of the service.

One thread runs ``events``. It sees cards that were there before it, survives pcscd's end and
return (new context, full resync), relists after every wake-up, and counts events so that a
quick remove-and-insert is not taken for one card.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cardsvc.errors import CardError
from reader_agent import pcsc

READER_CAP = 16
"""pcsc-lite before 2.5 lists no more readers than this; at the cap, some may be unseen."""
_POLL_SECONDS = 1.0
"""Bound on one wait: contactless drivers report late, and ``stop`` must be seen."""
_BACKOFF_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class ServiceLost:
    """The PC/SC service does not answer."""

    detail: str


@dataclass(frozen=True, slots=True)
class ServiceBack:
    """The PC/SC service answers (again)."""


@dataclass(frozen=True, slots=True)
class ReaderAdded:
    """A reader is there."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderRemoved:
    """A reader is gone."""

    reader: str


@dataclass(frozen=True, slots=True)
class CardInserted:
    """A card is in a reader."""

    reader: str
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The card left a reader."""

    reader: str


@dataclass(frozen=True, slots=True)
class CardMute:
    """Something is in a reader that does not answer a reset: upside down, broken, no card."""

    reader: str


@dataclass(frozen=True, slots=True)
class ReaderCapReached:
    """There are as many readers as the service can list."""

    count: int


ReaderEvent: TypeAlias = (
    ServiceLost
    | ServiceBack
    | ReaderAdded
    | ReaderRemoved
    | CardInserted
    | CardRemoved
    | CardMute
    | ReaderCapReached
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The state last told for a reader."""

    state: int = pcsc.STATE_UNAWARE
    present: bool = False

    @property
    def counter(self) -> int:
        return self.state >> 16


class ReaderMonitor:
    """Tells reader events in order.

    Args:
        open_context: makes a PC/SC context.
    """

    def __init__(self, open_context: Callable[[], pcsc.PcscContext] = pcsc.PcscContext) -> None:
        self._open_context = open_context
        self._seen: dict[str, _Seen] = {}

    def events(self, stop: threading.Event) -> Iterator[ReaderEvent]:
        """Yield events until ``stop`` is set; never raises for a fault of the service."""
        failures = 0
        up: bool | None = None
        while not stop.is_set():
            try:
                context = self._open_context()
            except CardError as error:
                if up is not False:
                    up = False
                    yield ServiceLost(str(error))
                stop.wait(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
                failures += 1
                continue
            failures = 0
            if not up:
                up = True
                yield ServiceBack()
            try:
                yield from self._watch(context, stop)
            except CardError as error:
                up = False
                yield ServiceLost(str(error))
                yield from self._forget_all()
            finally:
                context.release()

    def _watch(self, context: pcsc.PcscContext, stop: threading.Event) -> Iterator[ReaderEvent]:
        pnp_state = pcsc.STATE_UNAWARE
        while not stop.is_set():
            yield from self._relist(context.list_readers())
            watched = [(name, seen.state) for name, seen in self._seen.items()]
            changes = context.status_change(
                [*watched, (pcsc.PNP_NOTIFICATION, pnp_state)], _POLL_SECONDS
            )
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
        before = self._seen[name]
        if state & pcsc.STATE_UNKNOWN:
            yield from self._forget(name)
            return
        mute = bool(state & pcsc.STATE_MUTE)
        present = bool(state & pcsc.STATE_PRESENT) and not mute
        now = _Seen(state, present)
        self._seen[name] = now
        swapped = before.present and present and now.counter - before.counter >= 2
        if before.present and (not present or swapped):
            yield CardRemoved(name)
        if present and (not before.present or swapped):
            yield CardInserted(name, atr)
        if mute and not before.state & pcsc.STATE_MUTE:
            yield CardMute(name)

    def _forget(self, name: str) -> Iterator[ReaderEvent]:
        seen = self._seen.pop(name)
        if seen.present:
            yield CardRemoved(name)
        yield ReaderRemoved(name)

    def _forget_all(self) -> Iterator[ReaderEvent]:
        for name in list(self._seen):
            yield from self._forget(name)

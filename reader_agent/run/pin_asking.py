"""How a tap asks for the PIN: at most once, and not counted in its time.

A tap may ask the card twice, the second time on behalf of the offline judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum, unique

from reader_agent.pin_entry import PinAtReader, PinEntry, PinSource


@unique
class TapStep(StrEnum):
    """How far a tap has come, for a screen."""

    READING = "reading"
    PIN = "pin"
    ASKING = "asking"


class Watch:
    """Measures a tap, without the time in which the holder types the PIN.

    Args:
        monotonic: seconds that no clock change moves.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._paused = 0.0

    @property
    def seconds(self) -> float:
        """How long the tap has taken so far."""
        return self._monotonic() - self._started - self._paused

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Do not count what happens within."""
        began = self._monotonic()
        try:
            yield
        finally:
            self._paused += self._monotonic() - began


def asking_once(
    entry: PinEntry | None, watch: Watch, progress: Callable[[TapStep], None]
) -> PinEntry | None:
    """Return what asks the holder the first time, and for the rest of this tap no more.

    Args:
        entry: asks; what was typed here is kept for this tap, what was typed at the reader is
            asked of the card.
        watch: pauses meanwhile.
        progress: is told.
    """
    if entry is None:
        return None
    if isinstance(entry, PinAtReader):
        return _at_reader(entry, watch, progress)
    return _typed_here(entry, watch, progress)


def _at_reader(
    entry: PinAtReader, watch: Watch, progress: Callable[[TapStep], None]
) -> PinAtReader:
    @contextmanager
    def around(tries_left: int | None) -> Iterator[None]:
        progress(TapStep.PIN)
        with watch.pause(), entry.around(tries_left):
            yield
        progress(TapStep.READING)

    return PinAtReader(around)


def _typed_here(ask: PinSource, watch: Watch, progress: Callable[[TapStep], None]) -> PinSource:
    typed: list[str] = []

    def asking(tries_left: int | None) -> str:
        if not typed:
            progress(TapStep.PIN)
            with watch.pause():
                typed.append(ask(tries_left))
            progress(TapStep.READING)
        return typed[0]

    return asking

"""The kiosk's view of its readers: which card is meant, and what that is to a visit."""

from __future__ import annotations

from cardsvc.desk_records import ReaderState
from cardsvc.errors import ReasonCode
from reader_agent.kiosk import inputs as i
from reader_agent.run import happenings as h

_AFTER: dict[type[h.AtReader], ReaderState | None] = {
    h.CardIn: ReaderState.CARD,
    h.CardUnreadable: ReaderState.MUTE,
    h.CardRemoved: ReaderState.EMPTY,
    h.ReaderBack: ReaderState.EMPTY,
    h.ReaderLost: None,
}
AT_READERS = tuple(_AFTER)
"""What a kiosk hears of its readers."""


class KioskReaders:
    """Turns what happens at the kiosk's readers into what a visit is told.

    Args:
        states: what is in each now, by its name in agent.toml; None where it is not there.
    """

    def __init__(self, states: dict[str, ReaderState | None]) -> None:
        self._states = dict.fromkeys(states)
        self._waiting = [one for name, state in states.items() for one in self._set(name, state)]

    @property
    def reader(self) -> str | None:
        """The reader in which the card is, where there is one."""
        filled = self._filled()
        return filled[0] if filled else None

    @property
    def fault(self) -> ReasonCode | None:
        """Why that card is not to be worked with: not alone, or it does not answer."""
        return self._fault() if self._filled() else None

    def at_start(self) -> tuple[i.Input, ...]:
        """Return what a visit is told of how it stood when we came."""
        return tuple(self._waiting)

    def take(self, happening: h.AtReader) -> tuple[i.Input, ...]:
        """Return what a visit is told after something happened at a reader."""
        if happening.reader not in self._states or type(happening) not in _AFTER:
            return ()
        return self._set(happening.reader, _AFTER[type(happening)])

    def _set(self, name: str, state: ReaderState | None) -> tuple[i.Input, ...]:
        there, filled = self._there(), self._filled()
        again = state is ReaderState.CARD and self._states[name] is ReaderState.CARD
        self._states[name] = state
        told: list[i.Input] = []
        if there != self._there():
            told.append(i.ReaderChanged(self._there()))
        if filled == self._filled() and not again:
            return tuple(told)
        if filled and self._there():
            told.append(i.CardTaken())
        if self._filled():
            told.append(i.CardPut(self._fault()))
        return tuple(told)

    def _there(self) -> bool:
        return any(state is not None for state in self._states.values())

    def _filled(self) -> list[str]:
        full = (ReaderState.CARD, ReaderState.MUTE)
        return [name for name, state in self._states.items() if state in full]

    def _fault(self) -> ReasonCode | None:
        filled = self._filled()
        if len(filled) > 1:
            return ReasonCode.SEVERAL_CARDS
        mute = self._states[filled[0]] is ReaderState.MUTE
        return ReasonCode.CARD_SILENT if mute else None

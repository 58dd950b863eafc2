"""The kiosk's view of its readers: which card is meant, and what that is to a visit."""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from reader_agent import events
from reader_agent.desk_readers import ReaderView, SeenCard, choose_card, view_after
from reader_agent.kiosk import inputs as i

_NO_READER = frozenset({ReasonCode.SERVICE_UNAVAILABLE, ReasonCode.NO_READER})


class ReaderWatch:
    """Turns what happens at all readers into what a visit is told.

    Args:
        wanted: the reader's name or part of it; empty is whichever holds a card.
    """

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._view = ReaderView()
        self._seen = SeenCard(reason=ReasonCode.SERVICE_UNAVAILABLE)

    @property
    def reader(self) -> str | None:
        """The reader in which the card is, where there is one."""
        return self._seen.reader

    def take(self, event: events.ReaderEvent) -> tuple[i.Input, ...]:
        """Return what a visit is told after an event."""
        self._view = view_after(self._view, event)
        before, self._seen = self._seen, choose_card(self._view, self._wanted)
        if self._seen == before:
            return ()
        told: list[i.Input] = []
        had, has = before.reason not in _NO_READER, self._seen.reason not in _NO_READER
        if had != has:
            told.append(i.ReaderChanged(has))
        if _holds(before) and has:
            told.append(i.CardTaken())
        if _holds(self._seen):
            told.append(i.CardPut(self._seen.reason))
        return tuple(told)


def _holds(seen: SeenCard) -> bool:
    return seen.reason not in _NO_READER | {ReasonCode.NO_CARD}

"""What the screen on the wall shows, counted at most every few seconds however many look at it.

A wall is seen by visitors, so small counts are shown together (``web.opendata.together``). Places
are told to the ten below: with their exact numbers what is hidden of services could be found.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.access_records import Enrolled
from cardsvc.clock import VIETNAM_TIME
from cardsvc.decision_counts import CountedBy, DecisionCount
from cardsvc.desk_records import AgentPresence
from web.opendata.dataset import start_of
from web.opendata.together import SafeTable, safe_table
from web.oversight.figures import ReaderHealth, reader_health

THRESHOLD = 10
COUNTED_EVERY = timedelta(seconds=5)
_MOST_ROWS = 8
_HOUR = timedelta(hours=1)


class BoardFigures(Protocol):
    """Counts; ``cardsvc.store.decision_figures.SqlDecisionFigures`` is one."""

    def counts(self, since: datetime, until: datetime, by: CountedBy) -> Sequence[DecisionCount]:
        """Count decisions of services that have a policy; by key."""
        ...

    def unread_taps(self, since: datetime, until: datetime) -> int:
        """Count what agents told of cards that could not be read."""
        ...


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place on the screen.

    Args:
        name: of its agent.
        decisions: today, to the ten below; None where there are few.
    """

    name: str
    decisions: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown.

    Args:
        at: as of when.
        last_hour: decisions in the last hour; None where too few to tell.
        results: today, granted and denied.
        services: today, by ``PARTNER/SERVICE``.
        titles: of services, Vietnamese.
        places: today, those with most first.
        unread: cards that could not be read in the last hour.
        health: of agents and readers.
        silent: names of agents that should be there and don't tell of themselves.
        median_seconds: of the last decisions; None where there were none.
        slow_seconds: so long or less took 95 of 100 of them.
    """

    at: datetime
    last_hour: int | None
    results: SafeTable
    services: SafeTable
    titles: Mapping[str, str]
    places: Sequence[PlaceLine]
    unread: int
    health: ReaderHealth
    silent: Sequence[str]
    median_seconds: float | None
    slow_seconds: float | None


@dataclass(frozen=True, slots=True)
class BoardSources:
    """Where the screen's numbers come from.

    Args:
        figures: counts decisions.
        agents: that are enrolled.
        presence: what agents tell of themselves.
        titles: of services that have a policy, by ``PARTNER/SERVICE``.
        recent_seconds: how long the last decisions took, shortest first.
    """

    figures: BoardFigures
    agents: Callable[[], Sequence[Enrolled]]
    presence: Callable[[], Sequence[AgentPresence]]
    titles: Callable[[datetime], Mapping[str, str]]
    recent_seconds: Callable[[], Sequence[float]]


class OperationsBoard:
    """Counts for all who look.

    Args:
        sources: where numbers come from.
    """

    def __init__(self, sources: BoardSources) -> None:
        self._sources = sources
        self._counting = threading.Lock()
        self._last: Board | None = None

    def shown(self, at: datetime) -> Board:
        """Return what is shown at an instant.

        Raises:
            StoreError: the database does not answer.
        """
        with self._counting:
            last = self._last
            if last is None or not timedelta(0) <= at - last.at < COUNTED_EVERY:
                last = self._last = self._count(at)
            return last

    def _count(self, at: datetime) -> Board:
        sources, figures = self._sources, self._sources.figures
        midnight = start_of(at.astimezone(VIETNAM_TIME).date())
        enrolled = {one.id: one for one in sources.agents()}
        known = [one for one in sources.presence() if one.agent in enrolled]
        there = [one for one in known if enrolled[one.agent].enabled]
        health = reader_health(there, at)
        online = {one.agent for one, is_online, _ in health.agents if is_online}
        took = sources.recent_seconds()
        hour = safe_table(figures.counts(at - _HOUR, at, CountedBy.RESULT), THRESHOLD)
        return Board(
            at=at,
            last_hour=hour.total,
            results=safe_table(figures.counts(midnight, at, CountedBy.RESULT), THRESHOLD),
            services=_shortened(
                safe_table(figures.counts(midnight, at, CountedBy.SERVICE), THRESHOLD)
            ),
            titles=sources.titles(at),
            places=_places(figures.counts(midnight, at, CountedBy.PLACE), enrolled),
            unread=figures.unread_taps(at - _HOUR, at),
            health=health,
            silent=[enrolled[one.agent].name for one in there if one.agent not in online],
            median_seconds=_quantile(took, 0.5),
            slow_seconds=_quantile(took, 0.95),
        )


def _shortened(table: SafeTable) -> SafeTable:
    """Return a table that fits the screen; what does not fit is shown together, too."""
    beyond = sum(decisions for _, decisions in table.rows[_MOST_ROWS:])
    hidden = table.hidden_rows + len(table.rows[_MOST_ROWS:])
    return SafeTable(table.rows[:_MOST_ROWS], table.others + beyond, hidden, table.total)


def _places(
    counts: Sequence[DecisionCount], enrolled: Mapping[str, Enrolled]
) -> Sequence[PlaceLine]:
    ours = [one for one in counts if one.key in enrolled]  # others are partners' own readers
    ours.sort(key=lambda one: (-one.decisions, one.key))
    return [
        PlaceLine(
            enrolled[one.key].name,
            one.decisions // THRESHOLD * THRESHOLD if one.cards >= THRESHOLD else None,
        )
        for one in ours[:_MOST_ROWS]
    ]


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None

"""The open data set: decisions a day by service and by result, small counts together.

The tables divide the same decisions and are never crossed: a table of services by results could be
solved for a cell that is hidden in one of them. Places are left out: everybody knows which service
is given where, so a place's number would tell what its service's was hidden for.

Days are whole days in Vietnam that are over, so that the same day is published alike each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from cardsvc.clock import VIETNAM_TIME
from cardsvc.decision_counts import CountedBy, DecisionCount
from web.opendata.together import SafeTable, safe_table

MOST_DAYS = 366
PUBLISHED = (CountedBy.SERVICE, CountedBy.RESULT)
OTHERS = "*"
"""Stands for what is shown together."""


class DecisionFigures(Protocol):
    """Counts; ``cardsvc.store.decision_figures.SqlDecisionFigures`` is one."""

    def counts(self, since: datetime, until: datetime, by: CountedBy) -> Sequence[DecisionCount]:
        """Count decisions of services that have a policy; by key."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A published number.

    Args:
        day: in Vietnam.
        key: a service or result; ``*`` for those that are shown together.
        decisions: how many.
    """

    day: date
    key: str
    decisions: int


@dataclass(frozen=True, slots=True)
class DataSet:
    """What is published.

    Args:
        first: day.
        last: day.
        threshold: as many cards are behind each number, or more.
        tables: rows by what they are counted by.
        silent_days: days of which nothing may be said.
    """

    first: date
    last: date
    threshold: int
    tables: dict[CountedBy, tuple[Row, ...]]
    silent_days: int


def last_whole_day(at: datetime) -> date:
    """Return the last day in Vietnam that is over at an instant."""
    return at.astimezone(VIETNAM_TIME).date() - timedelta(days=1)


def start_of(day: date) -> datetime:
    """Return the first instant of a day in Vietnam, in UTC."""
    return datetime.combine(day, time(), VIETNAM_TIME).astimezone(UTC)


def make_dataset(
    figures: DecisionFigures, first: date, last: date, *, threshold: int, at: datetime
) -> DataSet:
    """Count and make safe what may be published.

    Args:
        figures: counts.
        first: day.
        last: day, over already.
        threshold: so many cards have to be behind each number.
        at: now.

    Raises:
        ValueError: no such period, a day that is not over, or a low threshold.
    """
    days = (last - first).days + 1
    if not 0 < days <= MOST_DAYS:
        raise ValueError(f"1 to {MOST_DAYS} days can be exported")
    if last > last_whole_day(at):
        raise ValueError("the last day is not over yet")
    tables: dict[CountedBy, list[Row]] = {by: [] for by in PUBLISHED}
    silent = 0
    for day in (first + timedelta(days=number) for number in range(days)):
        since, until = start_of(day), start_of(day + timedelta(days=1))
        safe = {by: safe_table(figures.counts(since, until, by), threshold) for by in PUBLISHED}
        if any(one.total is None for one in safe.values()):
            # one division that can't be shown at all keeps the total from being shown by another
            silent += any(one.hidden_rows for one in safe.values())
            continue
        for by, table in safe.items():
            tables[by] += _rows(day, table)
    return DataSet(first, last, threshold, {by: tuple(rows) for by, rows in tables.items()}, silent)


def _rows(day: date, table: SafeTable) -> list[Row]:
    rows = [Row(day, key, decisions) for key, decisions in table.rows]
    return [*rows, Row(day, OTHERS, table.others)] if table.others else rows

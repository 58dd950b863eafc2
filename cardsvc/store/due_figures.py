"""How much of each kind of data is due to go: a walk over every person, so counted ahead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.counted_figures import CountedFigures, Kept
from cardsvc.store.engine import Database

_Kind = TypeVar("_Kind", bound=str)


@dataclass(frozen=True, slots=True)
class DueFigures:
    """What is due.

    Args:
        at: when it was counted.
        due: quantities by kind of data.
    """

    at: datetime
    due: Mapping[str, int]


class SqlDueFigures:
    """Counts and keeps what is due.

    Args:
        database: migrated.
        count: counts what is due at an instant, by kind of data.
    """

    def __init__(
        self, database: Database, count: Callable[[datetime], Mapping[_Kind, int]]
    ) -> None:
        self._figures = CountedFigures(database, "due")
        self._count = count

    def current(self, at: datetime) -> DueFigures:
        """Return the figures that were counted last; counts them where nobody has yet.

        Raises:
            StoreError: what was kept is not what we wrote (RECORD_CORRUPT).
        """
        kept = self._figures.kept()
        return _read(kept if kept is not None else Kept(at, self._keep(at)))

    def count_if_due(self, at: datetime) -> int:
        """Count anew unless that would take more than its share of the time; 1 where it did."""
        if not self._figures.is_due(at):
            return 0
        self._keep(at)
        return 1

    def _keep(self, at: datetime) -> bytes:
        return self._figures.keep(at, lambda: json.dumps(dict(self._count(at))).encode("ascii"))


def _read(kept: Kept) -> DueFigures:
    try:
        due = json.loads(kept.octets)
    except ValueError:
        due = None
    if not isinstance(due, dict) or not all(isinstance(one, int) for one in due.values()):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "counted figures")
    return DueFigures(kept.at, due)

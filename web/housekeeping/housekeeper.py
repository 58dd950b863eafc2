"""Does what is due, step by step: one that fails keeps no other from running."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from cardsvc.housekeeping_records import StepName, StepRecord
from web.housekeeping.ports import HousekeepingStore

_LOG = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""After which another process takes over from one that died. Taken anew before each step; a step
that lasts longer may run twice at once, so steps are safe to run twice."""
RETRY_AFTER = timedelta(minutes=1)
"""A step that failed is tried again no later than this."""
_CLOCK_SET_BACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of regular work.

    Args:
        name: which.
        every: how long from the beginning of one run to that of the next.
        act: does it, at an instant; returns how many things it did. Safe to run twice.
    """

    name: StepName
    every: timedelta
    act: Callable[[datetime], int]


class Housekeeper:
    """Runs the steps of one process.

    Args:
        store: the lease and the last runs, shared by all processes.
        clock: asked once per step.
        holder: this process's name, unlike any other's.
        steps: in the order in which they run.
    """

    def __init__(
        self, store: HousekeepingStore, clock: Clock, holder: str, steps: Sequence[Step]
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._steps = steps

    def run_due(self) -> Sequence[StepRecord]:
        """Run what is due, unless another process has the lease; return what ran.

        Raises:
            StoreError: the database does not answer; nothing is lost, all is due again.
        """
        last = {record.step: record for record in self._store.records()}
        return self._run(last, lambda step, at: _is_due(step, last.get(step.name), at))

    def run_all(self) -> Sequence[StepRecord]:
        """Run every step now, unless another process has the lease; return what ran.

        Raises:
            StoreError: as ``run_due``.
        """
        last = {record.step: record for record in self._store.records()}
        return self._run(last, lambda _step, _at: True)

    def give_back(self) -> None:
        """Let another process take over at once.

        Raises:
            StoreError: the database does not answer; the lease ends by itself.
        """
        self._store.give_back(self._holder, self._clock.now())

    def _run(
        self,
        last: Mapping[StepName, StepRecord],
        wanted: Callable[[Step, datetime], bool],
    ) -> Sequence[StepRecord]:
        ran: list[StepRecord] = []
        for step in self._steps:
            at = self._clock.now()
            if not wanted(step, at):
                continue
            if not self._store.take_lease(self._holder, at, at + LEASE):
                break
            record = _attempt(step, last.get(step.name), at)
            self._store.note(record)
            ran.append(record)
        return ran


def _is_due(step: Step, last: StepRecord | None, at: datetime) -> bool:
    if last is None or last.ran_at > at + _CLOCK_SET_BACK:
        return True
    every = min(step.every, RETRY_AFTER) if last.failure else step.every
    return last.ran_at + every <= at


def _attempt(step: Step, last: StepRecord | None, at: datetime) -> StepRecord:
    """Run a step; whatever goes wrong in it is noted and stays in it."""
    succeeded_at = last.succeeded_at if last else None
    try:
        done = step.act(at)
    except CardsvcError as error:
        failure = error.reason.value
        _LOG.warning("housekeeping: %s: %s", step.name.value, failure)
    except Exception as error:  # noqa: BLE001 - one step's fault must not end the others
        failure = type(error).__name__
        _LOG.exception("housekeeping: %s", step.name.value)
    else:
        return StepRecord(step.name, at, at, done)
    return StepRecord(step.name, at, succeeded_at, failure=failure)

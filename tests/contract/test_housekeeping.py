"""Regular work: one process at a time, each step by itself, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.housekeeping_records import StepName, StepRecord
from cardsvc.store.engine import Database
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from tests.support.issuance_store_contract import AT
from web.housekeeping.housekeeper import LEASE, RETRY_AFTER, Housekeeper, Step

HOUR = timedelta(hours=1)


class Work:
    """Steps that count their runs, and fail when told to."""

    def __init__(self, database: Database, holder: str = "a", clock: SettableClock | None = None):
        self.clock = clock or SettableClock(AT)
        self.store = SqlHousekeepingStore(database)
        self.ran: list[StepName] = []
        self.fault: Exception | None = None
        self.keeper = Housekeeper(
            self.store,
            self.clock,
            holder,
            [
                Step(StepName.RESUME_RETURNS, HOUR, self._first),
                Step(StepName.FORGET_EXPIRED, 2 * HOUR, self._second),
            ],
        )

    def _first(self, at: datetime) -> int:
        del at
        self.ran.append(StepName.RESUME_RETURNS)
        if self.fault is not None:
            raise self.fault
        return 3

    def _second(self, at: datetime) -> int:
        del at
        self.ran.append(StepName.FORGET_EXPIRED)
        return 0

    def look(self, after: timedelta = timedelta(0)) -> list[StepName]:
        self.clock.advance(after)
        self.ran.clear()
        self.keeper.run_due()
        return list(self.ran)


def test_each_step_runs_at_its_time(database: Database) -> None:
    work = Work(database)
    assert work.look() == [StepName.RESUME_RETURNS, StepName.FORGET_EXPIRED]
    assert work.look() == []
    assert work.look(HOUR) == [StepName.RESUME_RETURNS]
    assert work.look(HOUR) == [StepName.RESUME_RETURNS, StepName.FORGET_EXPIRED]
    first, second = sorted(work.store.records(), key=lambda one: one.step, reverse=True)
    at = AT + 2 * HOUR
    assert first == StepRecord(StepName.RESUME_RETURNS, at, at, 3)
    assert second.done == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (StoreError(ReasonCode.SERVICE_UNAVAILABLE, "away"), "service_unavailable"),
        (ZeroDivisionError("a bug"), "ZeroDivisionError"),
    ],
)
def test_a_step_that_fails_stops_no_other_and_is_tried_again_soon(
    database: Database, fault: Exception, code: str
) -> None:
    work = Work(database)
    work.fault = fault
    assert work.look() == [StepName.RESUME_RETURNS, StepName.FORGET_EXPIRED]
    failed = {one.step: one for one in work.store.records()}[StepName.RESUME_RETURNS]
    assert (failed.failure, failed.succeeded_at) == (code, None)
    assert work.look(RETRY_AFTER / 2) == []
    work.fault = None
    assert work.look(RETRY_AFTER / 2) == [StepName.RESUME_RETURNS]
    mended = {one.step: one for one in work.store.records()}[StepName.RESUME_RETURNS]
    assert (mended.failure, mended.succeeded_at) == ("", AT + RETRY_AFTER)


def test_one_process_works_until_it_ends_or_dies(database: Database) -> None:
    first = Work(database, "a")
    second = Work(database, "b", first.clock)
    assert first.look() != []
    assert second.keeper.run_all() == []
    assert second.ran == []
    lease = second.store.lease()
    assert lease is not None
    assert lease.holder == "a"
    first.clock.advance(LEASE)
    assert len(second.keeper.run_all()) == 2
    assert first.keeper.run_all() == []
    second.keeper.give_back()
    assert len(first.keeper.run_all()) == 2


def test_a_clock_that_was_set_back_stops_nothing(database: Database) -> None:
    work = Work(database)
    work.look()
    other = Work(database, "b", work.clock)
    assert other.look(-24 * HOUR) == [StepName.RESUME_RETURNS, StepName.FORGET_EXPIRED]

"""What is due to go is counted ahead, no oftener than its price allows, on either database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.due_figures import SqlDueFigures
from cardsvc.store.engine import Database
from cardsvc.store.schema import CountedFiguresRow
from tests.support.issuance_store_contract import AT


class Counter:
    def __init__(self) -> None:
        self.asked: list[datetime] = []

    def __call__(self, at: datetime) -> dict[str, int]:
        self.asked.append(at)
        return {"holder": len(self.asked)}


def _price(database: Database, milliseconds: int) -> None:
    with database.writing() as session:
        session.execute(update(CountedFiguresRow).values(milliseconds=milliseconds))


def test_a_page_counts_only_where_nobody_has(database: Database) -> None:
    count = Counter()
    figures = SqlDueFigures(database, count)
    first = figures.current(AT)
    later = SqlDueFigures(database, count).current(AT + timedelta(days=1))
    assert (first.at, dict(first.due)) == (AT, {"holder": 1})
    assert (later.at, dict(later.due)) == (AT, {"holder": 1})
    assert count.asked == [AT]


def test_counting_anew_takes_its_share_of_the_time_and_no_more(database: Database) -> None:
    count = Counter()
    figures = SqlDueFigures(database, count)
    assert figures.count_if_due(AT) == 1
    _price(database, 3_000)
    assert figures.count_if_due(AT + timedelta(seconds=59)) == 0
    assert figures.count_if_due(AT + timedelta(seconds=60)) == 1
    assert figures.current(AT).due == {"holder": 2}


def test_what_we_did_not_write_is_not_shown(database: Database) -> None:
    figures = SqlDueFigures(database, Counter())
    figures.current(AT)
    with database.writing() as session:
        session.execute(update(CountedFiguresRow).values(octets=b'{"holder": "many"}'))
    with pytest.raises(StoreError) as caught:
        figures.current(AT)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT

"""Small counts are told by no number that is published, and by no sum or difference of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.decision_counts import CountedBy, DecisionCount
from web.opendata.dataset import OTHERS, last_whole_day, make_dataset, start_of
from web.opendata.files import dataset_files
from web.opendata.together import safe_table

K = 5
DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
COUNTS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 8)), max_size=7
).map(
    lambda rows: [
        DecisionCount(f"s{number}", cards + more if cards else 0, cards)
        for number, (cards, more) in enumerate(rows)
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(COUNTS)
def test_every_sum_that_can_be_made_is_of_many_cards(counts: Sequence[DecisionCount]) -> None:
    table = safe_table(counts, K)
    by_key = {one.key: one for one in counts}
    assert all(by_key[key].cards >= K for key, _ in table.rows)
    assert all(by_key[key].decisions == shown for key, shown in table.rows)
    shown = {key for key, _ in table.rows}
    hidden = [one for one in counts if one.decisions and one.key not in shown]
    assert len(hidden) == table.hidden_rows
    if table.total is None:
        assert not shown
        return
    assert table.total == sum(one.decisions for one in counts)
    assert table.others == sum(one.decisions for one in hidden)
    if hidden:  # what the total gives away is of several rows, one of them large
        assert len(hidden) >= 2
        assert max(one.cards for one in hidden) >= K


def test_one_small_row_takes_the_smallest_large_one_with_it() -> None:
    counts = [DecisionCount("a", 40, 30), DecisionCount("b", 9, 7), DecisionCount("c", 3, 2)]
    table = safe_table(counts, K)
    assert (table.rows, table.others, table.total) == ([("a", 40)], 12, 52)
    # somebody who comes forty times is one
    assert safe_table([DecisionCount("a", 40, 1)], K).total is None
    with pytest.raises(ValueError, match="5 or more"):
        safe_table(counts, 4)


class Figures:
    """Counts by day, as a test set them."""

    def __init__(self, days: dict[date, dict[CountedBy, list[DecisionCount]]]) -> None:
        self._days = {start_of(day): counts for day, counts in days.items()}

    def counts(self, since: datetime, until: datetime, by: CountedBy) -> Sequence[DecisionCount]:
        assert until - since == timedelta(days=1)
        return self._days.get(since, {}).get(by, [])


def day_of(granted: int, denied: int, at: str = "ki-ot") -> dict[CountedBy, list[DecisionCount]]:
    both = granted + denied
    return {
        CountedBy.SERVICE: [DecisionCount("=p/s", both, both)],
        CountedBy.RESULT: [
            DecisionCount("granted", granted, granted), DecisionCount("denied", denied, denied),
        ],
        CountedBy.PLACE: [DecisionCount(at, both, both)],
    }  # fmt: skip


def test_a_data_set_says_what_it_may() -> None:
    days = {DAY: day_of(20, 10), DAY - timedelta(days=1): day_of(20, 1),
            DAY - timedelta(days=2): day_of(3, 1)}  # fmt: skip
    data = make_dataset(Figures(days), DAY - timedelta(days=3), DAY, threshold=K, at=AT)
    results = [(row.day, row.key, row.decisions) for row in data.tables[CountedBy.RESULT]]
    assert results == [
        (DAY - timedelta(days=1), OTHERS, 21), (DAY, "granted", 20), (DAY, "denied", 10),
    ]  # fmt: skip
    assert data.silent_days == 1
    files = dataset_files(data, "Sở TT&TT", AT)
    rows = list(csv.DictReader(io.StringIO(files["decisions-by-service.csv"].decode())))
    assert rows[-1] == {"day": "2026-11-20", "service": "'=p/s", "decisions": "30"}
    assert json.loads(files["decisions.json"])["result"][-1] == {
        "day": "2026-11-20", "result": "denied", "decisions": 10,
    }  # fmt: skip
    assert b"ki-ot" not in b"".join(files.values())
    described = json.loads(files["datapackage.json"])
    assert [one["path"] for one in described["resources"]] == [
        name for name in files if name.endswith(".csv")
    ]
    assert described["threshold"] == K


def test_days_that_are_not_over_and_long_periods_are_refused() -> None:
    assert last_whole_day(AT) == DAY
    assert last_whole_day(datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) == DAY - timedelta(days=1)
    figures = Figures({})
    for first, last in (
        (DAY, DAY + timedelta(days=1)), (DAY, DAY - timedelta(days=1)),
        (DAY - timedelta(days=366), DAY),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="day"):
            make_dataset(figures, first, last, threshold=K, at=AT)

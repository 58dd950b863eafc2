"""The benchmark still runs: one tiny round of each part, no timing asserted."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bench.batch_issue import measure_batch_issue
from bench.core import measure_core
from bench.decisions import measure_decisions, measure_revocation
from bench.imports import measure_import
from bench.many_cards import measure_many_cards
from bench.measure import Measurement, p95
from bench.offline import measure_offline
from bench.parts import issue_cards, measure_chuid, measure_crl, measure_look_ups
from bench.presentations import measure_presentations
from bench.service import measure_personalisation, measure_round_trips, werkzeug
from bench.stage import IssuedCard, Stage, open_stage
from bench.status_list import measure_status_list
from bench.table import print_table, write_results
from bench.taps import measure_in_process

KEYS = {"name", "value", "unit", "bare_limit", "ratio"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


@pytest.fixture(scope="module")
def cards(stage: Stage) -> list[IssuedCard]:
    issued, row = issue_cards(stage, range(2))
    assert row.value > 0
    return issued


def test_every_row_has_a_value(stage: Stage, cards: list[IssuedCard], tmp_path: Path) -> None:
    rows = [
        *measure_core(stage, cards, rounds=1),
        *measure_decisions(stage, cards, each=2, rounds=1),
        measure_many_cards(600, 1200, rounds=1),
        *measure_batch_issue(stage, cards=2),
        *measure_in_process(stage, cards[0], count=10),
        measure_chuid(cards[0].card, rounds=1),
        *measure_crl(stage, entries=50),
        *measure_look_ups(stage, cards[0], rounds=1),
        *measure_status_list(cards=1000, rounds=1),
        *measure_import(rows=20),
        *measure_offline(stage, cards=30, taps=3),
    ]
    with werkzeug(stage) as url:
        rows += measure_round_trips(stage, cards[0], url, "werkzeug", 150.0, count=2)
        rows += measure_presentations(stage, cards, url, "werkzeug", count=8, callers=2, rounds=1)
        rows.append(measure_revocation(stage, cards[1], [url], rounds=1))
        rows.append(measure_personalisation(stage, url, range(2, 3)))
    assert all(row.value > 0 for row in rows)
    write_results(rows, tmp_path / "latest.json")
    written = json.loads((tmp_path / "latest.json").read_text("utf-8"))
    assert [row["name"] for row in written] == [row.name for row in rows]
    assert all(row.keys() - {"detail"} == KEYS for row in written)
    printed = io.StringIO()
    print_table(rows, Console(file=printed, width=200))
    assert all(row.name in printed.getvalue() for row in rows)


def test_ratio_and_percentile() -> None:
    assert Measurement("a", 3.0, "us", 2.0).ratio == 1.5
    assert Measurement("a", 3.0, "us").ratio is None
    assert p95([float(number) for number in range(1, 101)]) == 95.0
    assert p95([7.0]) == 7.0

"""The screen's numbers: small ones together, places to the ten below, counted once for all."""

from __future__ import annotations

from datetime import UTC, datetime

from cardsvc.decision_counts import CountedBy
from tests.support.operations_board import AT, Figures, make_board
from web.operations.board import COUNTED_EVERY, Board, PlaceLine


def test_what_the_wall_shows() -> None:
    figures = Figures()
    shown: Board = make_board(figures, 0.02, 0.03, 0.9, *[0.01] * 20).shown(AT)
    assert (shown.last_hour, shown.results.total) == (172, 172)
    assert dict(shown.results.rows) == {"granted": 160, "denied": 12}
    assert len(shown.services.rows) == 8
    # the rare one, the smallest large one, and what does not fit
    assert shown.services.others == 3 + 100 + 91
    assert shown.places == [PlaceLine("Bộ phận một cửa", 120), PlaceLine("Bệnh viện", None)]
    assert (shown.health.online, shown.health.offline, shown.health.faults) == (1, 1, 1)
    assert shown.silent == ["Bệnh viện"]
    assert (shown.median_seconds, shown.slow_seconds, shown.unread) == (0.01, 0.03, 4)
    midnight = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert (midnight, AT, CountedBy.SERVICE) in figures.asked


def test_it_is_counted_once_for_all_who_look() -> None:
    figures = Figures()
    board = make_board(figures)
    first = board.shown(AT)
    assert board.shown(AT + COUNTED_EVERY / 2) is first
    asked = len(figures.asked)
    later = board.shown(AT + COUNTED_EVERY)
    assert (later is first, len(figures.asked)) == (False, 2 * asked)
    assert board.shown(AT).at == AT  # a clock that was set back shows the present again
    assert (later.median_seconds, later.slow_seconds) == (None, None)

"""A screen of an operations centre over counts that a test sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cardsvc.access_records import Enrolled
from cardsvc.decision_counts import CountedBy, DecisionCount
from cardsvc.desk_records import AgentPresence, ReaderState
from web.operations.board import BoardSources, OperationsBoard

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class Figures:
    """Counts that a test set."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime, CountedBy]] = []

    def counts(self, since: datetime, until: datetime, by: CountedBy) -> Sequence[DecisionCount]:
        self.asked.append((since, until, by))
        if by is CountedBy.RESULT:
            return [DecisionCount("granted", 160, 90), DecisionCount("denied", 12, 11)]
        if by is CountedBy.PLACE:
            return [
                DecisionCount("a", 127, 80), DecisionCount("b", 9, 4),
                DecisionCount("partner:x", 36, 30),
            ]  # fmt: skip
        many = [DecisionCount(f"p/s{number:02}", 100 - number, 50) for number in range(10)]
        return [*many, DecisionCount("p/rare", 3, 2)]

    def unread_taps(self, since: datetime, until: datetime) -> int:
        assert until - since == timedelta(hours=1)
        return 4


def make_board(figures: Figures, *seconds: float) -> OperationsBoard:
    def seen(agent: str, ago: timedelta, state: ReaderState = ReaderState.EMPTY) -> AgentPresence:
        return AgentPresence(agent, "1", pcsc=True, readers=(("r", state),), seen_at=AT - ago)

    return OperationsBoard(
        BoardSources(
            figures,
            lambda: [
                Enrolled("a", "Bộ phận một cửa", True),
                Enrolled("b", "Bệnh viện", True),
                Enrolled("c", "Đã bỏ", False),
            ],
            lambda: [
                seen("a", timedelta(seconds=3), ReaderState.MUTE),
                seen("b", timedelta(hours=2)),
                seen("c", timedelta(days=2)),
                seen("gone", timedelta(days=9)),
            ],
            lambda _at: {"p/s00": "Tra cứu"},
            lambda: sorted(seconds),
        )
    )

"""The report on offline decisions, page by page: nothing left out, nothing twice, nobody waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.agent_event_records import AgentEventSearch, EventPlace, KeptEvent
from cardsvc.card.guid import CardGuid
from cardsvc.card_history_records import CardChange
from cardsvc.event_chain import AgentEvent
from cardsvc.offline_records import DECIDED_OFFLINE, OfflineDecision
from verification.reconcile import Finding
from web.oversight import offline_desk
from web.oversight.offline_desk import OfflineDesk

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CHAIN = bytes(16)
EVERY = AgentEventSearch(frozenset())


class MemoryEvents:
    """Events of one agent, a second apart; every third is a grant of a card that we never made."""

    def __init__(self, count: int) -> None:
        self._events = [_event(number) for number in range(count, 0, -1)]

    def find(
        self, search: AgentEventSearch, after: EventPlace | None, limit: int
    ) -> Sequence[KeptEvent]:
        assert search.kinds == {DECIDED_OFFLINE}
        behind = [one for one in self._events if after is None or one.event.seq < after.seq]
        return behind[:limit]

    def changes(self, guid: CardGuid) -> Sequence[CardChange]:
        del guid  # no card was ever made
        return ()


def _event(number: int) -> KeptEvent:
    at, granted = AT + timedelta(seconds=number), number % 3 == 0
    decision = OfflineDecision(
        id=f"d-{number}", at=at, relying_party="p", service="s", granted=granted, level="X1",
        reasons=() if granted else ("card_unknown",), guid=CardGuid(bytes(15) + b"\1"),
        policy_version=1, rule=None, bundle_seq=1, bundle_at=AT, time_certain=True,
    )  # fmt: skip
    return KeptEvent(
        "cua-1", AgentEvent(CHAIN, number, bytes(32), at, DECIDED_OFFLINE, decision.facts()), at
    )


@pytest.mark.parametrize(("everything", "found"), [(True, 30), (False, 10)])
@pytest.mark.parametrize(("looked_at", "limit"), [(1000, 50), (7, 50), (1000, 4), (3, 1)])
def test_pages_together_are_the_whole(
    monkeypatch: pytest.MonkeyPatch, looked_at: int, limit: int, *, everything: bool, found: int
) -> None:
    monkeypatch.setattr(offline_desk, "LOOKED_AT", looked_at)
    events = MemoryEvents(30)
    desk, place, ids, seen = OfflineDesk(events, events), None, list[str](), 0
    while True:
        page = desk.page(EVERY, place, limit, everything=everything)
        assert len(page.rows) <= limit
        assert page.looked_at <= looked_at
        ids += [one.decision.id for one in page.rows if one.decision]
        seen, place = seen + page.looked_at, page.next_place
        if place is None:
            break
    assert seen == 30
    wanted = [f"d-{number}" for number in range(30, 0, -1) if everything or number % 3 == 0]
    assert ids == wanted
    assert len(ids) == found


def test_what_a_newer_list_would_have_made_otherwise_is_named() -> None:
    events = MemoryEvents(3)
    (row,) = OfflineDesk(events, events).page(EVERY, None, 9).rows
    assert row.finding is Finding.GRANTED_UNKNOWN

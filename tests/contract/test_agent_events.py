"""Agents' events are kept once and in order, on both databases; what does not fit is an alarm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardsvc.agent_event_records import AgentEventSearch, EventPlace
from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.event_chain import ChainBreak, ChainBroken, ChainHead
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_event_search import SqlAgentEventSearch
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from tests.support.outbox_events import AT, CHAIN, chained, head_of

AGENT, OTHER = "cua-1", "cua-2"
OTHER_CHAIN = bytes(16)


@pytest.fixture
def kept(database: Database) -> SqlAgentEvents:
    for agent in (AGENT, OTHER):
        SqlAccessStore(database).enrol_agent(agent, "Cửa", operator="admin", at=AT)
    return SqlAgentEvents(database)


def audited(database: Database, action: AuditAction) -> list[dict[str, object]]:
    events = [one.event for one in AuditLog(database).events()][::-1]  # oldest first
    return [dict(one.facts) for one in events if one.action is action]


def test_what_is_sent_twice_is_kept_once(database: Database, kept: SqlAgentEvents) -> None:
    events = chained(6)
    assert kept.head(AGENT, CHAIN) == ChainHead.of_empty(CHAIN)
    assert kept.take(AGENT, CHAIN, events[:4], AT) == head_of(events[:4])
    assert kept.take(AGENT, CHAIN, events[:4], AT) == head_of(events[:4])
    assert kept.take(AGENT, CHAIN, events[2:], AT) == head_of(events) == kept.head(AGENT, CHAIN)
    assert [one.event for one in kept.events()] == [one.event for one in events]
    taken = audited(database, AuditAction.AGENT_EVENTS_TAKEN)
    assert [(one["first"], one["last"]) for one in taken] == [(1, 4), (5, 6)]
    assert not kept.alarms(10)


def test_deliveries_at_once_are_kept_once(kept: SqlAgentEvents) -> None:
    events = chained(20)
    with ThreadPoolExecutor(4) as pool:
        heads = list(pool.map(lambda _: kept.take(AGENT, CHAIN, events, AT), range(4)))
    assert set(heads) == {head_of(events)}
    assert len(list(kept.events())) == 20


@pytest.mark.reason(ReasonCode.EVENT_CHAIN_GAP)
def test_a_gap_is_refused_and_raised_once(database: Database, kept: SqlAgentEvents) -> None:
    events = chained(5)
    kept.take(AGENT, CHAIN, events[:2], AT)
    for _ in range(2):
        with pytest.raises(ChainBroken) as caught:
            kept.take(AGENT, CHAIN, events[3:], AT)
        assert caught.value.reason is ReasonCode.EVENT_CHAIN_GAP
    assert kept.head(AGENT, CHAIN) == head_of(events[:2])
    (alarm,) = kept.alarms(10)
    assert (alarm.agent, alarm.chain, alarm.seq, alarm.how) == (AGENT, CHAIN, 4, ChainBreak.GAP)
    assert len(audited(database, AuditAction.AGENT_ALARM)) == 1
    kept.take(AGENT, CHAIN, events[2:], AT)


@pytest.mark.reason(ReasonCode.EVENT_CHAIN_FORKED)
def test_a_copied_disk_is_found_out(database: Database, kept: SqlAgentEvents) -> None:
    before = chained(3)
    kept.take(AGENT, CHAIN, before, AT)
    ours = chained(2, after=head_of(before), says="the original")
    copied = chained(2, after=head_of(before), says="the copy")
    kept.take(AGENT, CHAIN, ours, AT)
    with pytest.raises(ChainBroken) as caught:
        kept.take(AGENT, CHAIN, copied, AT)
    assert caught.value.reason is ReasonCode.EVENT_CHAIN_FORKED
    assert [(one.how, one.seq) for one in kept.alarms(10)] == [(ChainBreak.FORK, 4)]
    assert [one.event for one in kept.events()] == [one.event for one in [*before, *ours]]
    (fact,) = audited(database, AuditAction.AGENT_ALARM)
    assert fact == {"how": "fork", "chain": CHAIN.hex(), "seq": 4}


def test_a_chain_is_one_agents(kept: SqlAgentEvents) -> None:
    events = chained(2)
    kept.take(AGENT, CHAIN, events, AT)
    assert kept.head(OTHER, CHAIN) == ChainHead.of_empty(CHAIN)
    with pytest.raises(ChainBroken):
        kept.take(OTHER, CHAIN, events, AT)
    assert [one.agent for one in kept.alarms(10)] == [OTHER]


def test_a_new_chain_of_a_known_agent_is_taken_and_raised(kept: SqlAgentEvents) -> None:
    kept.take(AGENT, CHAIN, chained(2), AT)
    kept.take(AGENT, OTHER_CHAIN, chained(2, chain=OTHER_CHAIN), AT)
    kept.take(OTHER, bytes([1] * 16), chained(1, chain=bytes([1] * 16)), AT)
    assert [(one.agent, one.chain, one.how) for one in kept.alarms(10)] == [
        (AGENT, OTHER_CHAIN, ChainBreak.RESTART)
    ]
    assert len(list(kept.events())) == 5


def test_events_are_found_by_kind_agent_and_time(kept: SqlAgentEvents) -> None:
    events = chained(5)
    kept.take(AGENT, CHAIN, events, AT)
    since, until = AT + timedelta(seconds=1), AT + timedelta(seconds=3)
    found = [one.event.seq for one in kept.events(kind="test.said", since=since, until=until)]
    assert found == [2, 3]
    assert not list(kept.events(kind="tap.decided"))
    assert not list(kept.events(agent=OTHER))
    assert all(one.received_at == AT for one in kept.events(agent=AGENT))


def test_a_row_that_is_not_ours_is_a_typed_error(database: Database, kept: SqlAgentEvents) -> None:
    kept.take(AGENT, CHAIN, chained(1), AT)
    with database.writing() as session:
        session.execute(text("UPDATE agent_events SET octets = sha256"))
    with pytest.raises(StoreError) as caught:
        list(kept.events())
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT


def test_events_are_searched_newest_first(database: Database, kept: SqlAgentEvents) -> None:
    events = chained(6)
    kept.take(AGENT, CHAIN, events[:5], AT)
    kept.take(OTHER, OTHER_CHAIN, chained(5, chain=OTHER_CHAIN), AT)
    finder, every = SqlAgentEventSearch(database), AgentEventSearch(frozenset({"test.said"}))
    walked, place = list[EventPlace](), None
    while found := finder.find(every, place, 3):
        walked += map(EventPlace.of, found)
        place = walked[-1]
    assert len(walked) == 10
    assert walked == sorted(walked, key=lambda one: (one.at, one.seq, one.chain), reverse=True)
    own = replace(every, agent=AGENT, since=events[1].event.at, until=events[4].event.at)
    assert [one.event.seq for one in finder.find(own, None, 9)] == [4, 3, 2]
    assert not finder.find(replace(every, kinds=frozenset({"door.forced"})), None, 9)

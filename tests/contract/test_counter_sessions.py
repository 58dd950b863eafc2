"""Sessions at counters on both databases: one of two next steps, all of a step or nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.counter_records import MOST_STEPS, SESSION_LIFETIME, CounterSession
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.service_records import Challenge, DecisionRecord
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.counter_sessions import SqlCounterSessions
from cardsvc.store.engine import Database
from cardsvc.store.expired import SqlExpired
from cardsvc.store.verification_store import SqlDecisionHistory
from cardsvc.terms import AssuranceLevel

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PARTY = "trung-tam-hcc"
NEW = CounterSession("s-1", PARTY, "tra-cuu", "quay-1", AT, AT + SESSION_LIFETIME)
CHALLENGE = Challenge(
    b"nonce", PARTY, "tra-cuu", "quay-1", AssuranceLevel.X1, AT + timedelta(minutes=1)
)


@pytest.fixture
def sessions(database: Database) -> SqlCounterSessions:
    SqlAccessStore(database).enrol_relying_party(PARTY, "Trung tâm", operator="admin", at=AT)
    kept = SqlCounterSessions(database)
    kept.add(NEW, actor="partner:x")
    return kept


def decision(number: int) -> DecisionRecord:
    return DecisionRecord(
        f"d-{number}", AT, "quay-1", PARTY, "tra-cuu", granted=True, level=AssuranceLevel.X1,
        reasons=(), guid=None, policy_version=1, receipt="a.b.c",
    )  # fmt: skip


def step(number: int) -> CounterSession:
    return replace(NEW, steps=number, receipt_sha256=f"{number:064x}", consent="2026-1.x")


def test_a_session_comes_back_as_it_stands(sessions: SqlCounterSessions) -> None:
    assert sessions.find("s-1") == NEW
    assert sessions.find("s-2") is None
    assert sessions.ask(NEW, b"question")
    assert sessions.find("s-1") == replace(NEW, question_sha256=b"question")
    assert sessions.advance(step(1), decision(1), CHALLENGE)
    assert sessions.find("s-1") == step(1)
    sessions.close(step(1), actor="quay-1", at=AT)
    sessions.close(step(1), actor="quay-1", at=AT + timedelta(seconds=1))
    assert sessions.find("s-1") == replace(step(1), closed_at=AT)


def test_a_step_that_comes_late_leaves_nothing(
    sessions: SqlCounterSessions, database: Database
) -> None:
    assert sessions.advance(step(1), decision(1), CHALLENGE)
    size, history = AuditLog(database).head(AT).size, SqlDecisionHistory(database)
    other = structs.replace(CHALLENGE, nonce=b"another")
    assert not sessions.advance(step(1), decision(2), other)  # that step was taken
    assert not sessions.advance(step(2), decision(2), CHALLENGE)  # that nonce was answered
    assert not sessions.ask(NEW, b"question")
    assert history.decision("d-2") is None
    assert sessions.find("s-1") == step(1)
    assert AuditLog(database).head(AT).size == size
    assert sessions.advance(step(2), decision(2), other)  # it was not spent in vain
    sessions.close(step(2), actor="quay-1", at=AT)
    assert not sessions.advance(step(3), decision(3), None)
    assert not sessions.ask(step(2), b"question")


def test_of_two_steps_at_once_one_is_taken(sessions: SqlCounterSessions) -> None:
    barrier = threading.Barrier(4)

    def take(number: int) -> bool:
        barrier.wait()
        return sessions.advance(step(1), decision(number), None)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(take, range(4))) == [False, False, False, True]


def test_a_photo_match_names_the_officer_in_the_log(
    sessions: SqlCounterSessions, database: Database
) -> None:
    assert sessions.advance(step(1), decision(1), None, "can-bo-lan")
    newest = AuditLog(database).events(subject="s-1")[0].event
    assert newest.action is AuditAction.COUNTER_PHOTO_MATCHED
    assert newest.facts == {"officer": "can-bo-lan", "decision": "d-1", "granted": True}


def test_a_level_belongs_to_a_card_that_we_issued(sessions: SqlCounterSessions) -> None:
    unknown = replace(step(1), level=AssuranceLevel.X1, guid=CardGuid(bytes(16)))
    with pytest.raises(StoreError) as caught:
        sessions.advance(unknown, decision(1), None)
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    assert sessions.find("s-1") == NEW


def test_a_session_without_a_step_is_forgotten(
    sessions: SqlCounterSessions, database: Database
) -> None:
    kept = replace(NEW, id="s-2")
    sessions.add(kept, actor="quay-1")
    assert sessions.advance(replace(step(1), id="s-2"), decision(1), None)
    expired = SqlExpired(database)
    assert expired.forget(NEW.expires_at, AT) == 0
    assert expired.forget(NEW.expires_at + SESSION_LIFETIME, AT) == 1
    assert sessions.find("s-1") is None
    found = sessions.find("s-2")
    assert found is not None
    assert found.is_open(AT)
    assert not replace(found, steps=MOST_STEPS).is_open(AT)

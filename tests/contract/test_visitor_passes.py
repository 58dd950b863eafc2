"""Visitor passes on both databases: no more entries than a pass has, whoever asks at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.pass_records import PASSES_KEPT, PassClaims, VisitorPass
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.expired import SqlExpired
from cardsvc.store.visitor_passes import SqlVisitorPasses

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
UNTIL = AT + timedelta(hours=4)
PARTY = "trung-tam-hcc"
PASS = VisitorPass("p-1", PARTY, "phong-1", "nha-b", AT, AT, UNTIL, entries=3)
CLAIMS = PassClaims("p-1", "us", PARTY, "nha-b", "Họp", "Trần Thị B", 3, AT, AT, UNTIL)


@pytest.fixture
def passes(database: Database) -> SqlVisitorPasses:
    SqlAccessStore(database).enrol_relying_party(PARTY, "Trung tâm", operator="admin", at=AT)
    kept = SqlVisitorPasses(database)
    kept.add(PASS, actor="lan")
    return kept


def test_a_pass_comes_back_and_is_kept_once(passes: SqlVisitorPasses) -> None:
    assert passes.find("p-1") == PASS
    assert passes.find("p-2") is None
    for other in (PASS, replace(PASS, id="p-2", relying_party="khong-co")):
        with pytest.raises(StoreError) as caught:
            passes.add(other, actor="lan")
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE


def test_of_many_at_once_as_many_enter_as_the_pass_has_entries(
    passes: SqlVisitorPasses, database: Database
) -> None:
    barrier = threading.Barrier(8)

    def enter(_: int) -> VisitorPass | ReasonCode:
        barrier.wait()
        return passes.enter(CLAIMS, actor="cong-1", at=AT)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(enter, range(8)))
    assert sorted(one.used for one in found if isinstance(one, VisitorPass)) == [1, 2, 3]
    assert found.count(ReasonCode.PASS_USED) == 5
    entered = [one.event for one in AuditLog(database).events(subject="p-1")]
    assert [one.action for one in entered] == [AuditAction.VISIT_ENTERED] * 3 + [
        AuditAction.VISIT_PERMITTED
    ]
    assert "Trần" not in str(entered)


def test_what_is_revoked_or_anothers_opens_nothing(passes: SqlVisitorPasses) -> None:
    anothers = replace(CLAIMS, relying_party="khac")
    assert passes.enter(anothers, actor="c", at=AT) is ReasonCode.PASS_UNKNOWN
    unknown = replace(CLAIMS, id="p-2")
    assert passes.enter(unknown, actor="c", at=AT) is ReasonCode.PASS_UNKNOWN
    assert passes.revoked(AT) == []
    passes.revoke("p-1", actor="c", at=AT)
    passes.revoke("p-1", actor="c", at=UNTIL)
    passes.revoke("p-2", actor="c", at=AT)
    assert passes.enter(CLAIMS, actor="c", at=AT) is ReasonCode.PASS_REVOKED
    assert passes.find("p-1") == replace(PASS, revoked_at=AT)
    assert passes.revoked(UNTIL) == ["p-1"]
    assert passes.revoked(UNTIL + timedelta(seconds=1)) == []


def test_a_refusal_is_recorded_and_a_pass_is_forgotten_in_the_end(
    passes: SqlVisitorPasses, database: Database
) -> None:
    passes.refuse(PARTY, ReasonCode.PASS_EXPIRED, actor="cong-1", at=AT)
    newest = AuditLog(database).events(subject=PARTY)[0].event
    assert (newest.action, newest.facts) == (AuditAction.VISIT_REFUSED, {"reason": "pass_expired"})
    expired = SqlExpired(database)
    assert expired.forget(UNTIL + PASSES_KEPT - timedelta(seconds=1), AT) == 0
    assert expired.forget(UNTIL + PASSES_KEPT, AT) == 1


def test_passes_are_listed_page_by_page_those_first_that_end_last(
    passes: SqlVisitorPasses, database: Database
) -> None:
    SqlAccessStore(database).enrol_relying_party("khac", "Khác", operator="admin", at=AT)
    for number in (2, 3, 4):
        ends = UNTIL + timedelta(hours=number // 2)
        passes.add(replace(PASS, id=f"p-{number}", expires_at=ends), actor="lan")
    passes.add(replace(PASS, id="p-9", relying_party="khac"), actor="partner:khac")
    first = passes.latest(2)
    rest = passes.latest(9, after=first[-1].id)
    assert [one.id for one in (*first, *rest)] == ["p-4", "p-3", "p-2", "p-9", "p-1"]
    assert [one.id for one in passes.latest(9, relying_party="khac")] == ["p-9"]
    (permitted,) = [one.event for one in AuditLog(database).events(subject="p-9")]
    assert permitted.actor == "partner:khac"

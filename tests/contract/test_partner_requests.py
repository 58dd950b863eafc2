"""Counted and named requests of partners, named ones of agents, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.partner_records import (
    ANSWERS_KEPT,
    KeptAnswer,
    PartnerProfile,
    RequestClaim,
    RequestLimits,
)
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.answered_requests import CLAIM_HOLDS, SqlAnsweredRequests
from cardsvc.store.engine import Database
from cardsvc.store.expired import SqlExpired
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.request_windows import SqlRequestWindows
from cardsvc.store.schema import AgentAnsweredRequestRow, AnsweredRequestRow
from cardsvc.store.sealed import Sealer
from web.partners.limits import RequestQuota, TooManyRequests, rate_limit_headers

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
NAME = ("bv", b"k" * 32)
ONE, OTHER = b"1" * 32, b"2" * 32
ANSWER = KeptAnswer(200, '{"holder_name": "Nguyễn Thị Minh Khuê"}')


@pytest.fixture
def party(database: Database) -> str:
    SqlPartnerStore(database).put("bv", PartnerProfile("Bệnh viện"), operator="a", at=AT)
    return "bv"


@pytest.fixture(params=[AnsweredRequestRow, AgentAnsweredRequestRow], ids=["partner", "agent"])
def book(
    request: pytest.FixtureRequest, database: Database, sealer: Sealer, party: str
) -> SqlAnsweredRequests:
    if request.param is AgentAnsweredRequestRow:
        SqlAccessStore(database).enrol_agent(party, "Ki-ốt", operator="a", at=AT)
    return SqlAnsweredRequests(database, sealer, request.param)


def test_a_request_is_claimed_once_and_answered_from_then_on(book: SqlAnsweredRequests) -> None:
    assert book.claim(NAME, ONE, AT) is RequestClaim.FIRST
    assert book.claim(NAME, ONE, AT) is RequestClaim.RUNNING
    assert book.claim(NAME, OTHER, AT) is RequestClaim.ANOTHER_REQUEST
    book.conclude(NAME, ANSWER)
    assert book.claim(NAME, ONE, AT + timedelta(hours=23)) == ANSWER
    assert book.claim(NAME, OTHER, AT) is RequestClaim.ANOTHER_REQUEST
    # a second conclusion changes nothing
    book.conclude(NAME, KeptAnswer(400, "{}"))
    assert book.claim(NAME, ONE, AT) == ANSWER
    assert book.claim(NAME, OTHER, AT + ANSWERS_KEPT) is RequestClaim.FIRST


def test_a_claim_is_given_back_or_taken_over(book: SqlAnsweredRequests) -> None:
    assert book.claim(NAME, ONE, AT) is RequestClaim.FIRST
    book.release(NAME)
    assert book.claim(NAME, OTHER, AT) is RequestClaim.FIRST
    # its process was stopped
    assert book.claim(NAME, OTHER, AT + CLAIM_HOLDS) is RequestClaim.FIRST
    book.conclude(NAME, ANSWER)
    book.release(NAME)
    assert book.claim(NAME, OTHER, AT + CLAIM_HOLDS) == ANSWER


def test_one_of_many_claims_a_request(book: SqlAnsweredRequests) -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(book.claim(NAME, ONE, AT))) for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found.count(RequestClaim.FIRST) == 1
    assert found.count(RequestClaim.RUNNING) == 7


def test_answers_are_sealed_and_forgotten(book: SqlAnsweredRequests, database: Database) -> None:
    book.claim(NAME, ONE, AT)
    book.conclude(NAME, ANSWER)
    with database.engine.connect() as connection:
        (sealed,) = connection.exec_driver_sql(
            "SELECT answer_sealed FROM answered_requests UNION "
            "SELECT answer_sealed FROM agent_answered_requests"
        ).scalars()
    assert "Khuê".encode() not in bytes(sealed)
    assert SqlExpired(database).forget(AT + ANSWERS_KEPT, AT) == 1


def test_processes_together_give_out_no_more_than_the_limit(database: Database, party: str) -> None:
    limits = RequestLimits(per_minute=45, per_day=1000)
    processes = [RequestQuota(SqlRequestWindows(database)) for _ in range(3)]
    through = [0, 0, 0]

    def ask(number: int) -> None:
        for _ in range(30):
            try:
                processes[number].take(party, limits, AT)
            except TooManyRequests:
                continue
            through[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(through) == 45


@pytest.mark.reason(ReasonCode.TOO_MANY_REQUESTS)
def test_a_window_ends_and_another_begins(database: Database, party: str) -> None:
    quota, limits = RequestQuota(SqlRequestWindows(database)), RequestLimits(2, 5)
    at = AT + timedelta(seconds=15)
    states = quota.take(party, limits, at)
    assert rate_limit_headers(states) == {
        "RateLimit-Policy": '"minute";q=2;w=60, "day";q=5;w=86400',
        "RateLimit": '"minute";r=1;t=45, "day";r=4;t=79185',
    }
    quota.take(party, limits, at)
    with pytest.raises(TooManyRequests) as caught:
        quota.take(party, limits, at)
    assert caught.value.retry_after_seconds == 45
    for minute in (1, 2):
        later = at + timedelta(minutes=minute)
        quota.take(party, limits, later)
        if minute == 1:
            quota.take(party, limits, later)
    with pytest.raises(TooManyRequests) as caught:
        quota.take(party, limits, at + timedelta(minutes=2, seconds=1))
    assert caught.value.retry_after_seconds == 79185 - 121
    quota.take(party, RequestLimits(3, 6), at + timedelta(minutes=2, seconds=2))  # agreed anew
    assert quota.take(party, limits, AT + timedelta(days=1))[1].left == 4
    assert SqlExpired(database).forget(AT + timedelta(days=3, hours=1), AT) >= 5

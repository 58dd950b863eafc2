"""Job stores: one contract, in memory and over both databases; orders survive the way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from sqlalchemy import text

from cardsvc.access_records import PersonalisationJob
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.store.application_directory import SqlApplicationDirectory
from cardsvc.store.engine import Database
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.sealed import Sealer
from issuance.card_jobs import place_card_job
from issuance.job_records import JobOrder
from issuance.orders import (
    OrderState,
    cancel_order,
    fail_order,
    finish_order,
    order_of,
    place_order,
)
from issuance.personalise.factory import FactoryState
from issuance.personalise.plan import KeyPlan
from issuance.ports import JobBoard, JobStore
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from tests.support.memory_job_store import MemoryJobStore
from tests.support.portraits import jpeg

ORDER = JobOrder(
    "application-1",
    "desk-1",
    "mai",
    photo_jpeg=jpeg(),
    keys=(
        KeyPlan(KeySlot.AUTHENTICATION, (Algorithm.RSA_2048,)),
        KeyPlan(KeySlot.CARD_AUTHENTICATION),
    ),
    validity=timedelta(days=400),
    factory=FactoryState("654321", "87654321", bytes(range(24))),
    blank="PHOI-000001",
)


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises((IssuanceError, StoreError)) as caught:
        call()
    return caught.value.reason


class WatchedJobs(JobStore, JobBoard, Protocol):
    """What both stores are."""


class JobStoreContract:
    def test_an_order_comes_back_whole(self, jobs: JobStore) -> None:
        place_order(jobs, ORDER, job_id="job-1", at=AT)
        kept = jobs.find("job-1")
        assert kept is not None
        assert order_of(kept) == ORDER
        assert (kept.state, kept.created_at, kept.updated_at) == (OrderState.OPEN, AT, AT)
        assert jobs.find("job-2") is None
        assert "654321" not in repr(kept)

    def test_an_order_is_finished_or_cancelled_once(self, jobs: JobStore) -> None:
        for job_id in ("job-1", "job-2"):
            place_order(jobs, ORDER, job_id=job_id, at=AT)
        finish_order(jobs, "job-1", LATER)
        cancel_order(jobs, "job-2", LATER)
        done, cancelled = jobs.find("job-1"), jobs.find("job-2")
        assert done is not None
        assert cancelled is not None
        assert (done.state, done.updated_at) == (OrderState.DONE, LATER)
        assert not done.plan  # nobody needs the photo any more
        assert cancelled.state == OrderState.CANCELLED
        changed = ReasonCode.CONCURRENT_CHANGE
        assert refusal(lambda: cancel_order(jobs, "job-1", LATER)) is changed
        assert refusal(lambda: finish_order(jobs, "job-2", LATER)) is changed
        assert refusal(lambda: cancel_order(jobs, "job-3", LATER)) is ReasonCode.JOB_UNKNOWN
        taken = refusal(lambda: place_order(jobs, ORDER, job_id="job-1", at=AT))
        assert taken is changed

    def test_an_agent_gets_its_oldest_open_job(self, jobs: JobStore) -> None:
        place_order(jobs, ORDER, job_id="job-2", at=LATER)
        place_order(jobs, ORDER, job_id="job-1", at=AT)
        place_order(jobs, replace(ORDER, agent="desk-2"), job_id="job-0", at=AT)

        def following() -> str | None:
            job = jobs.next_job("desk-1", OrderState.OPEN)
            return None if job is None else job.id

        assert following() == "job-1"
        cancel_order(jobs, "job-1", LATER)
        assert following() == "job-2"
        finish_order(jobs, "job-2", LATER)
        assert following() is None

    def test_progress_is_a_feed_that_a_cursor_follows(self, jobs: WatchedJobs) -> None:
        assert (jobs.cursor(), list(jobs.changes(0, 9))) == (0, [])
        assert jobs.progress("job-1") is None
        for job_id in ("job-1", "job-2"):
            place_order(jobs, ORDER, job_id=job_id, at=AT)
        begun = jobs.cursor()
        first, second = jobs.changes(0, 9)
        assert (first.job_id, first.stage, first.kind) == (
            "job-1", JobStage.WAITING_AGENT, JobKind.PERSONALISE,
        )  # fmt: skip
        jobs.note("job-1", JobStage.KEYS, LATER)
        jobs.note("job-1", JobStage.TORN, LATER, ReasonCode.CARD_REMOVED)
        jobs.note("job-1", JobStage.TORN, LATER, ReasonCode.CARD_REMOVED)
        (changed,) = jobs.changes(begun, 9)
        assert changed == jobs.progress("job-1")
        assert (changed.stage, changed.reason) == (JobStage.TORN, ReasonCode.CARD_REMOVED)
        assert (changed.agent, changed.application_id, changed.at) == (
            "desk-1", "application-1", LATER,
        )  # fmt: skip
        assert jobs.cursor() == changed.change > second.change
        assert [one.job_id for one in jobs.changes(0, 1)] == ["job-2"]

    def test_what_is_over_stays_over(self, jobs: WatchedJobs) -> None:
        place_order(jobs, ORDER, job_id="job-1", at=AT)
        fail_order(jobs, "job-1", ReasonCode.CARD_EXPIRED, LATER)
        jobs.note("job-1", JobStage.KEYS, LATER)
        ended = jobs.progress("job-1")
        assert ended is not None
        assert (ended.stage, ended.reason) == (JobStage.FAILED, ReasonCode.CARD_EXPIRED)


class TestMemory(JobStoreContract):
    @pytest.fixture
    def jobs(self) -> JobStore:
        return MemoryJobStore()


class TestSql(JobStoreContract):
    @pytest.fixture
    def jobs(self, database: Database, sealer: Sealer) -> JobStore:
        with SqlIssuanceStore(database, sealer).transaction() as unit:
            unit.add_application(make_application())
        return SqlJobStore(database, sealer)


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"keys": 1, "factory": {}, "validity_seconds": 1, "photo": None},
        {"keys": [{"slot": 1}], "factory": {}, "validity_seconds": 1, "photo": None},
        {"keys": [], "factory": {}, "validity_seconds": 1, "photo": "?"},
        {"keys": [], "factory": {}, "validity_seconds": 10**30, "photo": None},
        {"keys": [], "factory": [], "validity_seconds": "1", "photo": None},
    ],
)
@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
def test_a_plan_that_is_not_ours_is_a_typed_error(plan: dict[str, object]) -> None:
    job = PersonalisationJob("j", "a", "desk", "mai", "open", plan, AT, AT)  # type: ignore[arg-type]
    assert refusal(lambda: order_of(job)) is ReasonCode.RECORD_CORRUPT


def test_changes_by_many_at_once_are_numbered_without_a_gap_for_the_cursor(
    database: Database, sealer: Sealer
) -> None:
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(make_application())
    jobs = SqlJobStore(database, sealer)
    names = [f"job-{number}" for number in range(8)]
    seen: list[int] = []

    def place(job_id: str) -> None:
        place_order(jobs, ORDER, job_id=job_id, at=AT)
        jobs.note(job_id, JobStage.KEYS, LATER)
        jobs.note(job_id, JobStage.OBJECTS, LATER)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(place, job_id) for job_id in names]
        cursor = 0
        latest = {}
        while cursor < 24:
            assert not any(one.done() and one.exception() for one in running)
            for one in jobs.changes(cursor, 100):
                seen.append(one.change)
                latest[one.job_id] = one.stage
                cursor = one.change
    assert seen == sorted(set(seen))
    assert latest == dict.fromkeys(names, JobStage.OBJECTS)


def test_a_job_about_a_finished_card_comes_back(database: Database, sealer: Sealer) -> None:
    application = make_application()
    card = replace(make_card(application), state=CardState.ISSUED)
    store = SqlIssuanceStore(database, sealer)
    with store.transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    jobs = SqlJobStore(database, sealer)
    arguments = {"agent": "desk-1", "operator": "mai", "at": AT}
    place_card_job(store, jobs, JobKind.ACTIVATE, card.guid, job_id="job-1", **arguments)
    kept = jobs.next_job("desk-1", OrderState.OPEN)
    assert kept is not None
    assert (kept.kind, kept.guid, kept.application_id) == (
        JobKind.ACTIVATE, card.guid, application.id,
    )  # fmt: skip
    wrong = refusal(
        lambda: place_card_job(store, jobs, JobKind.SET_PIN, card.guid, job_id="job-2", **arguments)
    )
    assert wrong is ReasonCode.ILLEGAL_TRANSITION


def test_a_database_lists_open_orders_and_seals_what_they_hold(
    database: Database, sealer: Sealer
) -> None:
    application = make_application()
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
    store = SqlJobStore(database, sealer)
    missing = replace(ORDER, application_id="nowhere")
    unknown = refusal(lambda: place_order(store, missing, job_id="job-0", at=AT))
    assert unknown is ReasonCode.CONCURRENT_CHANGE
    place_order(store, ORDER, job_id="job-2", at=LATER)
    place_order(store, ORDER, job_id="job-1", at=AT)
    assert [job.id for job in store.in_state(OrderState.OPEN)] == ["job-1", "job-2"]
    assert not store.in_state(OrderState.DONE)
    with database.writing() as session:
        sealed = session.scalar(text("SELECT plan_sealed FROM personalisation_jobs"))
        assert b"654321" not in bytes(sealed)
        session.execute(text("DELETE FROM job_progress WHERE job_id = 'job-1'"))
        session.execute(text("UPDATE personalisation_jobs SET id = 'job-3' WHERE id = 'job-1'"))
    assert refusal(lambda: store.find("job-3")) is ReasonCode.RECORD_CORRUPT


def test_applications_and_cards_are_listed(database: Database, sealer: Sealer) -> None:
    application = make_application()
    card = make_card(application)
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    directory = SqlIssuanceDirectory(database)
    (listed,) = SqlApplicationDirectory(database, sealer).page()
    assert (listed.id, listed.holder_name) == (application.id, application.holder.name.value)
    assert application.holder.personal_number.value not in repr(listed)
    assert [one.guid for one in directory.cards(card.state, application.id)] == [card.guid]
    assert not directory.cards(application_id="another")

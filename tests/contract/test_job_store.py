"""Job stores: one contract, in memory and over both databases; orders survive the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from cardsvc.access_records import PersonalisationJob
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.engine import Database
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.sealed import Sealer
from issuance.job_records import JobOrder
from issuance.orders import OrderState, cancel_order, finish_order, order_of, place_order
from issuance.personalise.factory import FactoryState
from issuance.personalise.plan import KeyPlan
from issuance.ports import JobStore
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
)


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises((IssuanceError, StoreError)) as caught:
        call()
    return caught.value.reason


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
        session.execute(text("UPDATE personalisation_jobs SET id = 'job-3' WHERE id = 'job-1'"))
    assert refusal(lambda: store.find("job-3")) is ReasonCode.RECORD_CORRUPT


def test_applications_and_cards_are_listed(database: Database, sealer: Sealer) -> None:
    application = make_application()
    card = make_card(application)
    with SqlIssuanceStore(database, sealer).transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    directory = SqlIssuanceDirectory(database)
    (listed,) = directory.applications(application.state)
    assert (listed.id, listed.holder_name) == (application.id, application.holder.name.value)
    assert application.holder.personal_number.value not in repr(listed)
    assert [one.guid for one in directory.cards(card.state, application.id)] == [card.guid]
    assert not directory.cards(application_id="another")

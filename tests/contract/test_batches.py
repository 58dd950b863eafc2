"""Batches on either database: what was shown is done, to each card once, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.batch_records import (
    BatchAction,
    BatchKind,
    BatchOrder,
    BatchState,
    Exclusion,
    NewPost,
    Selection,
    StepState,
)
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.records import CardRecord, Suspension
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.batch_directory import SqlBatchDirectory
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore, SqlIssuanceTransaction
from cardsvc.store.sealed import Sealer
from cardsvc.terms import ApplicationKind, CardType, SuspensionCause
from issuance import lifecycle
from issuance.batches.plan import BatchPlan, cancel_batch, plan_batch
from issuance.batches.run import BatchReport, begin_batch, run_batch
from issuance.enrol import request_card
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from tests.support.people import another

HOME = AgencyCode.parse("H57")
STAFF = Selection(agency_code=HOME)
RENAMED = BatchOrder(BatchKind.UNIT_RENAMED, NewPost(HOME, "Sở Nội vụ và Lao động"))
RETIRED = BatchOrder(BatchKind.RETIREMENT)


class Office:
    """Staff of one agency, with cards in different states."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database = database
        self.store = SqlIssuanceStore(database, sealer)
        self.directory = SqlBatchDirectory(database)

    def card(
        self,
        state: CardState = CardState.ACTIVE,
        suspension: Suspension | None = None,
        card_type: CardType = CardType.CIVIL_SERVANT,
    ) -> CardGuid:
        application = replace(
            make_application(f"a-{another(card_type).id}", card_type),
            holder=another(card_type),
            state=ApplicationState.FULFILLED,
            approved_by="operator-2",
            approved_at=AT,
        )
        card = make_card(application)
        with self.store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
            unit.save_card(replace(card, state=state, suspension=suspension))
        return card.guid

    def plan(
        self, order: BatchOrder, selection: Selection = STAFF, batch_id: str = "b-1"
    ) -> BatchPlan:
        return plan_batch(
            self.store, batch_id=batch_id, order=order, selection=selection,
            operator="lan", at=AT,
        )  # fmt: skip

    def run(self, batch_id: str = "b-1", operator: str = "hoa") -> BatchReport:
        return run_batch(self.store, batch_id, operator=operator, at=LATER)

    def record(self, guid: CardGuid) -> CardRecord:
        with self.store.transaction() as unit:
            return unit.card(guid)

    def actions(self) -> list[AuditAction]:
        return [entry.event.action for entry in AuditLog(self.database).events(limit=1000)]


@pytest.fixture
def office(database: Database, sealer: Sealer) -> Office:
    return Office(database, sealer)


def test_a_plan_says_what_happens_to_which_card_and_does_nothing(office: Office) -> None:
    loss, leave = SuspensionCause.LOSS, SuspensionCause.LEAVE
    expected = {
        office.card(): (BatchAction.REPLACE, None),
        office.card(CardState.ISSUED): (BatchAction.REPLACE, None),
        office.card(CardState.SUSPENDED, Suspension(leave)): (BatchAction.REPLACE, None),
        office.card(CardState.SUSPENDED, Suspension(loss)): (
            BatchAction.NOTHING, Exclusion.REPORTED_LOST,
        ),
        office.card(CardState.PERSONALISED): (BatchAction.NOTHING, Exclusion.NOT_HANDED_OVER),
    }  # fmt: skip
    office.card(CardState.REVOKED)
    office.card(card_type=CardType.INDIVIDUAL)
    plan = office.plan(RENAMED)
    assert {step.guid: (step.action, step.exclusion) for step in plan.steps} == expected
    assert plan.counts == {BatchAction.REPLACE: 3, BatchAction.NOTHING: 2}
    assert office.actions() == [AuditAction.BATCH_PLANNED]
    kept = office.directory.steps("b-1")
    assert tuple(kept) == plan.steps
    assert office.directory.batch("b-1") == plan.batch


def test_a_new_name_asks_for_cards_and_the_old_ones_work_on(office: Office) -> None:
    guids = [office.card() for _ in range(3)]
    office.plan(RENAMED)
    report = office.run()
    assert (report.done, report.left_out, report.batch.state) == (3, {}, BatchState.FINISHED)
    for step in office.directory.steps("b-1"):
        assert step.state is StepState.DONE
        assert step.application_id is not None
        with office.store.transaction() as unit:
            asked = unit.application(step.application_id)
        assert (asked.kind, asked.replaces) == (ApplicationKind.REPLACE_CHANGED, step.guid)
        assert asked.requested_by == "hoa"
        assert asked.holder.employment is not None
        assert asked.holder.employment.agency_name == "Sở Nội vụ và Lao động"
    assert all(office.record(guid).state is CardState.ACTIVE for guid in guids)
    # the same name again touches nothing
    again = office.plan(RENAMED, batch_id="b-2")
    assert {step.exclusion for step in again.steps} == {Exclusion.DATA_UNCHANGED}


@pytest.mark.parametrize(
    ("kind", "cause"), [(BatchKind.RETIREMENT, "retired"), (BatchKind.LEAVING, "left")]
)
def test_those_who_go_lose_their_cards_whatever_state_they_are_in(
    office: Office, kind: BatchKind, cause: str
) -> None:
    lost = Suspension(SuspensionCause.LOSS)
    guids = [office.card(), office.card(CardState.SUSPENDED, lost), office.card(CardState.ISSUED)]
    office.plan(BatchOrder(kind))
    assert office.run().done == 3
    assert {office.record(guid).state for guid in guids} == {CardState.REVOKED}
    events = [entry.event for entry in AuditLog(office.database).events(limit=1000)]
    revoked = [event for event in events if event.action is AuditAction.CARD_REVOKED]
    assert {event.facts["cause"] for event in revoked} == {cause}


def test_a_leave_locks_named_people_until_their_day(office: Office) -> None:
    guid, other = office.card(), office.card()
    until = AT + timedelta(days=90)
    only = Selection(holders=frozenset({office.record(guid).holder_id}))
    office.plan(BatchOrder(BatchKind.LEAVE, until=until), only)
    assert office.run().done == 1
    assert office.record(guid).suspension == Suspension(SuspensionCause.LEAVE, until)
    assert office.record(other).state is CardState.ACTIVE


def test_what_changed_since_the_plan_is_left_out_and_told(office: Office) -> None:
    guids = [office.card() for _ in range(4)]
    office.plan(RENAMED)
    touched, corrected, asked_for, _ = guids
    lifecycle.suspend(office.store, touched, operator="lan", at=AT)
    with office.store.transaction() as unit:
        application = unit.application(unit.card(corrected).application_id)
        post = application.holder.employment
        assert post is not None
        holder = replace(application.holder, employment=replace(post, position="Phó phòng"))
        unit.save_application(replace(application, holder=holder))
    with office.store.transaction() as unit:
        holder = unit.application(unit.card(asked_for).application_id).holder
    request_card(
        office.store, application_id="somebody-else", card_type=CardType.CIVIL_SERVANT,
        holder=holder, operator="mai", at=AT, kind=ApplicationKind.RENEW, replaces=asked_for,
    )  # fmt: skip
    report = office.run()
    assert report.done == 1
    assert report.left_out == {
        touched: ReasonCode.CONCURRENT_CHANGE,
        corrected: ReasonCode.CONCURRENT_CHANGE,
        asked_for: ReasonCode.APPLICATION_OPEN,
    }
    assert report.batch.state is BatchState.FINISHED
    counts = office.directory.counts("b-1")
    assert {state: count for (_, _, state), count in counts.items()} == {
        StepState.DONE: 1,
        StepState.CHANGED: 2,
        StepState.REFUSED: 1,
    }


class PowerCut(Exception):
    pass


class DyingStore:
    """A store whose machine goes down in its n-th transaction, before or after the commit."""

    def __init__(self, store: SqlIssuanceStore, after: int, *, committed: bool) -> None:
        self._store = store
        self._left = after
        self._committed = committed

    @contextmanager
    def transaction(self) -> Iterator[SqlIssuanceTransaction]:
        self._left -= 1
        with self._store.transaction() as unit:
            yield unit
            if self._left == 0 and not self._committed:
                raise PowerCut
        if self._left == 0:
            raise PowerCut


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("after", [1, 2, 3, 4, 5, 6])
def test_after_a_crash_the_rest_is_done_and_each_card_once(
    office: Office, after: int, *, committed: bool
) -> None:
    for _ in range(3):
        office.card()
    office.plan(RETIRED)
    dying = DyingStore(office.store, after, committed=committed)
    with pytest.raises(PowerCut):
        run_batch(dying, "b-1", operator="hoa", at=LATER)
    report = office.run(operator="mai")
    assert (report.batch.state, report.left_out) == (BatchState.FINISHED, {})
    assert office.actions().count(AuditAction.CARD_REVOKED) == 3
    assert office.actions().count(AuditAction.BATCH_STEP) == 3
    events = len(office.actions())
    assert office.run().done == 0
    assert len(office.actions()) == events


def test_two_who_run_it_at_once_change_each_card_once(office: Office) -> None:
    for _ in range(6):
        office.card()
    office.plan(RETIRED)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda who: office.run(operator=who), ("hoa", "mai")))
    assert sum(report.done for report in reports) == 6
    assert office.actions().count(AuditAction.CARD_REVOKED) == 6
    batch = office.directory.batch("b-1")
    assert batch is not None
    assert batch.state is BatchState.FINISHED


@pytest.mark.reason(ReasonCode.BATCH_UNKNOWN)
def test_a_cancelled_or_unknown_batch_is_not_run(office: Office) -> None:
    guid = office.card()
    office.plan(RETIRED)
    cancelled = cancel_batch(office.store, "b-1", operator="lan", at=LATER)
    assert cancel_batch(office.store, "b-1", operator="lan", at=LATER) == cancelled
    for batch_id, reason in (
        ("b-1", ReasonCode.ILLEGAL_TRANSITION),
        ("nobody", ReasonCode.BATCH_UNKNOWN),
    ):
        with pytest.raises(IssuanceError) as caught:
            office.run(batch_id)
        assert caught.value.reason is reason
    assert office.record(guid).state is CardState.ACTIVE
    office.plan(RETIRED, batch_id="b-2")
    office.run("b-2")
    with pytest.raises(IssuanceError):
        cancel_batch(office.store, "b-2", operator="lan", at=LATER)
    with pytest.raises(IssuanceError):
        office.plan(RETIRED, batch_id="b-2")
    assert [one.id for one in office.directory.batches()] == ["b-2", "b-1"]


def test_an_order_that_does_not_fit_together_is_refused(office: Office) -> None:
    for make in (
        lambda: BatchOrder(BatchKind.TRANSFER),
        lambda: BatchOrder(BatchKind.RETIREMENT, NewPost(HOME, "Sở Nội vụ")),
        lambda: BatchOrder(BatchKind.LEAVING, until=LATER),
        Selection,
        lambda: Selection(frozenset({"x"}), HOME),
    ):
        with pytest.raises(ValueError, match=r"batch|post|leave"):
            make()
    with pytest.raises(IssuanceError):
        office.plan(BatchOrder(BatchKind.LEAVE, until=AT))


def test_what_is_running_and_whom_it_concerns_is_listed(office: Office) -> None:
    office.card()
    office.plan(RETIRED)
    assert office.directory.running() == []
    begin_batch(office.store, "b-1", operator="hung", at=LATER)
    (running,) = office.directory.running()
    assert (running.id, running.run_by, running.state) == ("b-1", "hung", BatchState.RUNNING)
    assert office.directory.agencies(["b-1", "none"]) == {"b-1": frozenset({"H57"})}
    run_batch(office.store, "b-1", operator="hung", at=LATER)
    assert office.directory.running() == []

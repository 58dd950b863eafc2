"""The stores pass the workflow's contract; and what only a database can get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text

from cardsvc.access_records import Operator
from cardsvc.agency_records import AgencySettings
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import LossCase, LossChannel, LostCard
from cardsvc.records import Application, CardRecord, DecisionNote, Holder, Suspension
from cardsvc.store.agency_store import SqlAgencyStore
from cardsvc.store.engine import Database
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType, SuspensionCause
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.lifecycle import resume_due
from issuance.ports import IssuanceStore
from issuance.registry.agencies import NewAgency, import_agencies, put_settings
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.people import another
from tests.support.workflow_store_contract import WorkflowStoreContract, with_cards

ROUNDS = 3


class TestMemoryWorkflowStore(WorkflowStoreContract):
    @pytest.fixture
    def store(self) -> IssuanceStore:
        return MemoryIssuanceStore(MemoryCertificateLedger())


@pytest.fixture
def store(database: Database, sealer: Sealer) -> SqlIssuanceStore:
    return SqlIssuanceStore(database, sealer)


class TestSqlWorkflowStore(WorkflowStoreContract):
    pass


def at_once(deeds: Sequence[Callable[[], object]]) -> Counter[str]:
    ready = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> str:
        ready.wait()
        try:
            deed()
        except IssuanceError as error:
            return error.reason.value
        return "ok"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return Counter(pool.map(run, deeds))


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("column", ["personalised_by", "handed_over_by"])
@pytest.mark.parametrize("operator", ["operator-1", "operator-2"])
def test_the_database_itself_keeps_three_people_apart(
    database: Database, store: SqlIssuanceStore, column: str, operator: str
) -> None:
    application = replace(
        make_application(),
        state=ApplicationState.APPROVED,
        approved_by="operator-2",
        approved_at=LATER,
    )
    with store.transaction() as unit:
        unit.add_application(application)
    card = _card_of(store, application)
    with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
        unit.save_card(replace(card, **{column: operator}))
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    with store.transaction() as unit:
        unit.save_card(replace(card, **{column: "operator-3"}))


def _card_of(store: SqlIssuanceStore, application: Application) -> CardRecord:
    card = make_card(application)
    with store.transaction() as unit:
        unit.add_card(card)
    return card


def ask_as(store: SqlIssuanceStore, holder: Holder, round_: int, number: int) -> None:
    typed = replace(holder, id=f"{holder.id}-{number}")
    request_card(
        store, application_id=f"{round_}-{number}", card_type=CardType.CIVIL_SERVANT,
        holder=typed, operator=f"clerk-{number}", at=AT,
    )  # fmt: skip


def test_a_person_who_is_asked_for_twice_at_once_gets_one_request(
    store: SqlIssuanceStore,
) -> None:
    for round_ in range(ROUNDS):
        holder = another(CardType.CIVIL_SERVANT)

        outcomes = at_once([partial(ask_as, store, holder, round_, n) for n in range(4)])
        assert outcomes == {"ok": 1, "application_open": 3}


def test_of_two_who_decide_at_once_one_does(store: SqlIssuanceStore) -> None:
    for round_ in range(ROUNDS):
        name = f"a-{round_}"
        request_card(
            store, application_id=name, card_type=CardType.INDIVIDUAL,
            holder=another(CardType.INDIVIDUAL), operator="lan", at=AT,
        )  # fmt: skip
        outcomes = at_once(
            [partial(approve, store, name, operator=who, at=LATER) for who in ("hung", "mai")]
        )
        assert outcomes == {"ok": 1, "illegal_transition": 1}


def test_units_and_what_agencies_set_are_read_in_the_same_transaction(
    database: Database, store: SqlIssuanceStore
) -> None:
    code = AgencyCode.parse("H57")
    new = NewAgency(code, "Sở Nội vụ")
    agencies, today = SqlAgencyStore(database), date(2026, 3, 2)
    import_agencies(agencies, [(new, date(2020, 1, 1))], operator="admin", at=AT)
    clerk = Operator("lan", "Lan", frozenset(), "", unit="Phòng Tổ chức")
    SqlOperatorStore(database).save(clerk, by="admin", at=AT)
    with store.transaction() as unit:
        assert not unit.approver_outside_unit(code, today)
        assert unit.unit_of("lan") == "Phòng Tổ chức"
        assert unit.unit_of("nobody") is None
    put_settings(agencies, code, AgencySettings(approver_outside_unit=True), operator="a", at=AT)
    with store.transaction() as unit:
        assert unit.approver_outside_unit(code, today)
        assert not unit.approver_outside_unit(AgencyCode.parse("H58"), today)


def test_the_same_decision_at_once_by_one_person_is_one(
    database: Database, store: SqlIssuanceStore
) -> None:
    request_card(
        store, application_id="a-1", card_type=CardType.INDIVIDUAL,
        holder=another(CardType.INDIVIDUAL), operator="lan", at=AT,
    )  # fmt: skip
    outcomes = at_once([partial(approve, store, "a-1", operator="hung", at=LATER)] * 4)
    assert outcomes == {"ok": 4}
    with database.reading() as session:
        counted = session.scalar(
            text("SELECT count(*) FROM audit_events WHERE action = 'application.approved'")
        )
    assert counted == 1


def test_returns_that_are_due_are_listed_in_order_and_resumed_once(
    database: Database, store: SqlIssuanceStore
) -> None:
    _, cards = with_cards(store, 4)
    late, early, not_yet, expired = cards
    days = {late: 2, early: 1, not_yet: 9, expired: 1}
    with store.transaction() as unit:
        for card, day in days.items():
            leave = Suspension(SuspensionCause.LEAVE, AT + timedelta(days=day))
            changed = replace(card, state=CardState.SUSPENDED, suspension=leave)
            if card is expired:
                changed = replace(changed, expires_at=AT + timedelta(days=1, hours=1))
            unit.save_card(changed)
    directory = SqlIssuanceDirectory(database)
    at = AT + timedelta(days=3)
    assert list(directory.due_returns(at, 10)) == [early.guid, late.guid]
    assert list(directory.due_returns(at, 1)) == [early.guid]
    assert resume_due(store, directory, at=at) == (early.guid, late.guid)
    assert resume_due(store, directory, at=at) == ()


def test_a_notes_text_is_not_readable_in_the_database(
    database: Database, store: SqlIssuanceStore
) -> None:
    application = make_application()
    note = DecisionNote("NAME", "operator-2", LATER, (), "tên bà Hoà")
    with store.transaction() as unit:
        unit.add_application(application)
        unit.save_application(replace(application, note=note))
    with database.reading() as session:
        sealed = session.scalar(text("SELECT note_sealed FROM applications"))
    assert "Hoà".encode() not in bytes(sealed)


def test_cases_of_loss_are_listed_page_by_page(database: Database, store: SqlIssuanceStore) -> None:
    cases = []
    for number in range(5):
        application = replace(
            make_application(f"a-{number}"), holder=another(CardType.CIVIL_SERVANT)
        )
        with store.transaction() as unit:
            unit.add_application(application)
        card = _card_of(store, application)
        case = LossCase(
            f"case-{number}", application.holder.id, LossChannel.KIOSK, "ki-ot-1",
            AT + timedelta(hours=number // 2), (LostCard(card.guid),),
        )  # fmt: skip
        with store.transaction() as unit:
            unit.add_loss_case(case)
        cases.append(case)
    directory = SqlIssuanceDirectory(database)
    first = directory.loss_cases(limit=2)
    second = directory.loss_cases(after=first[-1], limit=10)
    assert [*first, *second] == cases

"""One request at a time, one effect of each decision, and notes that stay with the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, IllegalTransition
from cardsvc.records import Application
from cardsvc.terms import ApplicationKind, CardType
from issuance.approve import approve, reject, return_for_completion, withdraw
from issuance.decisions import approve_together, make_decision
from issuance.enrol import request_card, resubmit
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.people import CIVIL_SERVANT, INDIVIDUAL, another

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
CLERK, OTHER_CLERK, APPROVER = "lan", "hoa", "hung"


@pytest.fixture
def store() -> MemoryIssuanceStore:
    return MemoryIssuanceStore(MemoryCertificateLedger())


def ask(
    store: MemoryIssuanceStore, name: str = "a-1", operator: str = CLERK, **more: object
) -> Application:
    given = {"card_type": CardType.CIVIL_SERVANT, "holder": CIVIL_SERVANT, "at": AT} | more
    return request_card(store, application_id=name, operator=operator, **given)


def send_back(store: MemoryIssuanceStore, **more: str) -> Application:
    given = {"note_code": "NAME", "operator": APPROVER, "text": "Họ tên thiếu dấu"} | more
    fields = ["holder.name"]
    return return_for_completion(store, "a-1", at=LATER, fields=fields, **given)


# --- the same thing twice


def test_a_double_submit_is_one_request(store: MemoryIssuanceStore) -> None:
    first = ask(store)
    assert ask(store, operator=" LAN ", at=LATER) == first
    assert len(store.applications) == len(store.events) == 1


@pytest.mark.reason(ReasonCode.CONCURRENT_CHANGE)
@pytest.mark.parametrize(
    "other",
    [
        {"operator": OTHER_CLERK},
        {"holder": INDIVIDUAL, "card_type": CardType.INDIVIDUAL},
        {"card_type": CardType.INDIVIDUAL},
    ],
)
def test_an_identifier_is_no_other_requests(
    store: MemoryIssuanceStore, other: dict[str, object]
) -> None:
    first = ask(store)
    with pytest.raises(IssuanceError) as caught:
        ask(store, **other)
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    assert store.applications == {"a-1": first}


Step = Callable[[MemoryIssuanceStore, str], object]
DECISIONS: dict[ApplicationState, Step] = {
    ApplicationState.APPROVED: lambda store, who: approve(store, "a-1", operator=who, at=LATER),
    ApplicationState.RETURNED: lambda store, who: send_back(store, operator=who),
    ApplicationState.REJECTED: lambda store, who: reject(
        store, "a-1", note_code="DOUBLE", operator=who, at=LATER
    ),
    ApplicationState.WITHDRAWN: lambda store, who: withdraw(store, "a-1", operator=who, at=LATER),
}


@pytest.mark.parametrize("state", DECISIONS)
def test_a_decision_sent_twice_has_one_effect_and_one_answer(
    store: MemoryIssuanceStore, state: ApplicationState
) -> None:
    ask(store)
    first = DECISIONS[state](store, APPROVER)
    assert store.applications["a-1"].state is state
    assert DECISIONS[state](store, APPROVER.upper()) == first
    assert len(store.events) == 2
    with pytest.raises(IllegalTransition):
        DECISIONS[state](store, "mai")
    assert len(store.events) == 2


def test_another_decision_after_the_first_is_refused() -> None:
    for first, decide in DECISIONS.items():
        for second in DECISIONS.keys() - {first, ApplicationState.WITHDRAWN}:
            store = MemoryIssuanceStore(MemoryCertificateLedger())
            ask(store)
            decide(store, APPROVER)
            with pytest.raises(IllegalTransition):
                DECISIONS[second](store, APPROVER)


def test_a_resubmission_sent_twice_is_one(store: MemoryIssuanceStore) -> None:
    ask(store)
    send_back(store)
    corrected = replace(CIVIL_SERVANT, name=PersonName.parse("Nguyễn Thị Hoa"))
    first = resubmit(store, "a-1", holder=corrected, operator=CLERK, at=LATER)
    assert resubmit(store, "a-1", holder=corrected, operator=CLERK, at=LATER) == first
    assert len(store.events) == 3
    with pytest.raises(IllegalTransition):
        resubmit(store, "a-1", holder=CIVIL_SERVANT, operator=CLERK, at=LATER)


# --- one request a person


@pytest.mark.reason(ReasonCode.APPLICATION_OPEN)
@pytest.mark.parametrize("state", [None, ApplicationState.RETURNED, ApplicationState.APPROVED])
def test_an_open_request_is_named_and_no_second_one_made(
    store: MemoryIssuanceStore, state: ApplicationState | None
) -> None:
    ask(store)
    if state is not None:
        DECISIONS[state](store, APPROVER)
    with pytest.raises(IssuanceError, match="a-1") as caught:
        ask(store, "a-2", OTHER_CLERK)
    assert caught.value.reason is ReasonCode.APPLICATION_OPEN
    with pytest.raises(IssuanceError):
        # the same person, typed in once more
        ask(store, "a-2", OTHER_CLERK, holder=replace(CIVIL_SERVANT, id="typed-again"))
    assert list(store.applications) == ["a-1"]


@pytest.mark.parametrize("state", [ApplicationState.REJECTED, ApplicationState.WITHDRAWN])
def test_after_the_end_another_request_may_be_made(
    store: MemoryIssuanceStore, state: ApplicationState
) -> None:
    ask(store)
    DECISIONS[state](store, APPROVER)
    ask(store, "a-2")
    assert store.applications["a-2"].state is ApplicationState.REQUESTED


def test_another_type_of_card_is_another_request(store: MemoryIssuanceStore) -> None:
    ask(store)
    ask(store, "a-2", card_type=CardType.INDIVIDUAL)
    assert len(store.applications) == 2


def test_somebody_typed_in_again_is_the_person_on_record(store: MemoryIssuanceStore) -> None:
    ask(store)
    DECISIONS[ApplicationState.REJECTED](store, APPROVER)
    again = replace(CIVIL_SERVANT, id="typed-again", birth_date=None)
    made = ask(store, "a-2", holder=again)
    assert (made.holder.id, made.holder.birth_date) == ("holder-1", date(1990, 5, 2))


def test_a_replacement_names_a_card_and_a_new_one_none(store: MemoryIssuanceStore) -> None:
    with pytest.raises(IssuanceError) as caught:
        ask(store, kind=ApplicationKind.RENEW)
    assert caught.value.reason is ReasonCode.APPLICATION_INCOMPLETE
    assert not store.applications


# --- the approver's unit


@pytest.mark.reason(ReasonCode.SAME_UNIT)
@pytest.mark.parametrize(
    "units",
    [
        {CLERK: "Phòng Tổ chức", APPROVER: "Phòng Tổ chức"},
        {CLERK: "Phòng Tổ chức", APPROVER: " phòng TỔ CHỨC "},
        {CLERK: "Phòng Tổ chức"},
        {CLERK: "Phòng Tổ chức", APPROVER: ""},
    ],
)
def test_where_the_agency_sets_it_the_approver_is_of_another_unit(
    store: MemoryIssuanceStore, units: dict[str, str]
) -> None:
    ask(store)
    ask(store, "a-2", holder=another(CardType.INDIVIDUAL), card_type=CardType.INDIVIDUAL)
    store.units = units
    assert CIVIL_SERVANT.employment is not None
    store.outside_unit = {CIVIL_SERVANT.employment.agency_code}
    with pytest.raises(IssuanceError) as caught:
        approve(store, "a-1", operator=APPROVER, at=LATER)
    assert caught.value.reason is ReasonCode.SAME_UNIT
    approve(store, "a-2", operator=APPROVER, at=LATER)  # of no agency
    store.units = units | {APPROVER: "Thanh tra"}
    approve(store, "a-1", operator=APPROVER.upper(), at=LATER)


def test_where_no_agency_sets_it_units_do_not_matter(store: MemoryIssuanceStore) -> None:
    ask(store)
    store.units = {CLERK: "Phòng Tổ chức", APPROVER: "Phòng Tổ chức"}
    approve(store, "a-1", operator=APPROVER, at=LATER)


# --- notes


def test_a_note_says_what_to_complete_and_its_text_stays_out_of_the_log(
    store: MemoryIssuanceStore,
) -> None:
    ask(store)
    note = send_back(store).note
    assert note is not None
    assert (note.code, note.fields, note.by) == ("NAME", ("holder.name",), APPROVER)
    assert note.text == "Họ tên thiếu dấu"
    assert store.events[-1].facts == {"note": "NAME", "fields": "holder.name"}
    assert "thiếu dấu" not in repr(note)


@pytest.mark.parametrize(
    "bad",
    [
        {"note_code": ""},
        {"note_code": "Nguyễn Thị Hoà"},
        {"note_code": "001190012345"},
        {"text": "x" * 1001},
        {"text": "a\x00b"},
        {"operator": " "},
    ],
)
def test_a_note_of_another_form_decides_nothing(
    store: MemoryIssuanceStore, bad: dict[str, str]
) -> None:
    ask(store)
    with pytest.raises(Malformed):
        send_back(store, **bad)
    assert store.applications["a-1"].state is ApplicationState.REQUESTED


# --- many under one decision


def test_many_are_approved_under_one_decision_and_the_rest_is_listed(
    store: MemoryIssuanceStore,
) -> None:
    for number in range(3):
        ask(store, f"a-{number}", holder=another(CardType.CIVIL_SERVANT))
    ask(store, "mine", APPROVER, holder=another(CardType.CIVIL_SERVANT))
    withdraw(store, "a-2", operator=CLERK, at=AT)
    decision = make_decision(
        "d-1", number="12/QĐ-SNV", decided_on=date(2026, 3, 2), signer="Trần A",
        operator=APPROVER, at=AT,
    )  # fmt: skip
    asked = ["a-0", "mine", "a-1", "a-2", "nobody", "a-0"]
    done = approve_together(store, decision, asked, at=LATER)
    assert done.approved == ("a-0", "a-1")
    assert {one.application_id: one.reason for one in done.refused} == {
        "mine": ReasonCode.SAME_OPERATOR,
        "a-2": ReasonCode.ILLEGAL_TRANSITION,
        "nobody": ReasonCode.APPLICATION_UNKNOWN,
    }
    assert store.applications["a-1"].decision_id == "d-1"
    assert store.applications["mine"].decision_id is None
    events = list(store.events)
    assert events[-1].facts == {"decision": "d-1"}
    # after a crash, or by a second click: the same again
    again = replace(decision, id="d-2", recorded_at=LATER)
    assert approve_together(store, again, asked, at=LATER).approved == done.approved
    assert store.events == events
    assert [event.action for event in events].count(AuditAction.DECISION_RECORDED) == 1
    assert "Trần A" not in str(events)


def test_a_number_and_day_are_one_decisions(store: MemoryIssuanceStore) -> None:
    given = {"number": "12/QĐ-SNV", "decided_on": date(2026, 3, 2), "operator": APPROVER, "at": AT}
    approve_together(store, make_decision("d-1", signer="Trần A", **given), [], at=AT)
    for other in ({"signer": "Lê B"}, {"signer": "Trần A", "operator": "mai"}):
        with pytest.raises(IssuanceError) as caught:
            approve_together(store, make_decision("d-2", **given | other), [], at=AT)
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    next_year = given | {"decided_on": date(2025, 3, 2), "signer": "Lê B"}
    approve_together(store, make_decision("d-3", **next_year), [], at=AT)
    assert set(store.decisions) == {"d-1", "d-3"}


@pytest.mark.parametrize(
    "bad",
    [{"number": "12"}, {"number": "12/QĐ SNV; x"}, {"signer": " "},
     {"decided_on": date(2026, 3, 3)}],
)  # fmt: skip
def test_a_decision_of_another_form_is_refused(bad: dict[str, object]) -> None:
    given = {"number": "12/QĐ-SNV", "decided_on": date(2026, 3, 2), "signer": "Trần A"}
    with pytest.raises(Malformed):
        make_decision("d-1", operator=APPROVER, at=AT, **given | bad)

"""A request needs complete facts and a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, IllegalTransition
from cardsvc.records import ApprovedApplication, Holder
from cardsvc.terms import CardType
from issuance.approve import approve, reject, return_for_completion, withdraw
from issuance.completeness import ApplicationIncomplete
from issuance.enrol import request_card, resubmit
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.people import CIVIL_SERVANT, DELEGATE, HOLDERS, INDIVIDUAL

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)


@pytest.fixture
def store() -> MemoryIssuanceStore:
    return MemoryIssuanceStore(MemoryCertificateLedger())


def ask_for(
    store: MemoryIssuanceStore, card_type: CardType, holder: Holder | None = None, at: datetime = AT
) -> str:
    return request_card(
        store,
        application_id="application-1",
        card_type=card_type,
        holder=holder or HOLDERS[card_type],
        operator="operator-1",
        at=at,
    ).id


@pytest.mark.parametrize("card_type", list(CardType))
def test_complete_facts_make_a_request(store: MemoryIssuanceStore, card_type: CardType) -> None:
    ask_for(store, card_type)
    (event,) = store.events
    assert event.action is AuditAction.APPLICATION_REQUESTED
    assert event.facts == {
        "card_type": card_type.value,
        "holder": HOLDERS[card_type].id,
        "kind": "new",
        "replaces": None,
        "realm": "production",
    }
    assert store.applications["application-1"].state is ApplicationState.REQUESTED


assert CIVIL_SERVANT.employment is not None
assert DELEGATE.delegation is not None


@pytest.mark.reason(ReasonCode.APPLICATION_INCOMPLETE)
@pytest.mark.parametrize(
    ("card_type", "holder", "missing"),
    [
        (CardType.CIVIL_SERVANT, INDIVIDUAL, ("employment",)),
        (
            CardType.CIVIL_SERVANT,
            replace(
                CIVIL_SERVANT,
                employment=replace(CIVIL_SERVANT.employment, agency_name=" ", position=""),
            ),
            ("employment.agency_name", "employment.position"),
        ),
        (CardType.BUSINESS, INDIVIDUAL, ("delegation",)),
        (
            CardType.BUSINESS,
            replace(
                DELEGATE,
                delegation=replace(DELEGATE.delegation, scope="\u3000", until=date(2026, 3, 1)),
            ),
            ("delegation.scope", "delegation.until"),
        ),
        (CardType.INDIVIDUAL, replace(INDIVIDUAL, id=""), ("holder.id",)),
    ],
)
def test_missing_facts_are_named_and_nothing_is_kept(
    store: MemoryIssuanceStore, card_type: CardType, holder: Holder, missing: tuple[str, ...]
) -> None:
    with pytest.raises(ApplicationIncomplete) as caught:
        ask_for(store, card_type, holder)
    assert caught.value.missing == missing
    assert caught.value.reason is ReasonCode.APPLICATION_INCOMPLETE
    assert holder.name.value not in str(caught.value)
    assert not store.applications
    assert not store.events


def test_a_delegation_lasts_to_the_end_of_its_day_in_vietnam(store: MemoryIssuanceStore) -> None:
    # 31 December 2027 in Hà Nội ends at 17:00 UTC
    ask_for(store, CardType.BUSINESS, at=datetime(2027, 12, 31, 16, 59, tzinfo=UTC))
    with pytest.raises(ApplicationIncomplete):
        ask_for(store, CardType.BUSINESS, at=datetime(2027, 12, 31, 17, 0, tzinfo=UTC))


def test_a_second_person_approves(store: MemoryIssuanceStore) -> None:
    ask_for(store, CardType.CIVIL_SERVANT)
    result = approve(store, "application-1", operator="operator-2", at=LATER)
    assert isinstance(result, ApprovedApplication)
    assert result.application == store.applications["application-1"]
    assert (result.application.approved_by, result.application.approved_at) == ("operator-2", LATER)
    assert store.events[-1].action is AuditAction.APPLICATION_APPROVED
    with pytest.raises(IllegalTransition):
        approve(store, "application-1", operator="operator-3", at=LATER)


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("operator", ["operator-1", "OPERATOR-1", " operator-1 "])
def test_the_requester_does_not_approve(store: MemoryIssuanceStore, operator: str) -> None:
    ask_for(store, CardType.CIVIL_SERVANT)
    with pytest.raises(IssuanceError) as caught:
        approve(store, "application-1", operator=operator, at=LATER)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    assert store.applications["application-1"].state is ApplicationState.REQUESTED
    assert len(store.events) == 1


def test_whoever_corrected_the_facts_does_not_approve_them(store: MemoryIssuanceStore) -> None:
    ask_for(store, CardType.CIVIL_SERVANT)
    return_for_completion(store, "application-1", note_code="name", operator="operator-2", at=LATER)
    corrected = replace(CIVIL_SERVANT, name=PersonName.parse("Nguyễn Thị Hoa"))
    resubmit(store, "application-1", holder=corrected, operator="operator-2", at=LATER)
    with pytest.raises(IssuanceError) as caught:
        approve(store, "application-1", operator="operator-2", at=LATER)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    # the first requester looks at another's correction: two people have seen it
    result = approve(store, "application-1", operator="operator-1", at=LATER)
    assert result.application.holder == corrected
    assert [event.action for event in store.events] == [
        AuditAction.APPLICATION_REQUESTED,
        AuditAction.APPLICATION_RETURNED,
        AuditAction.APPLICATION_RESUBMITTED,
        AuditAction.APPLICATION_APPROVED,
    ]


@pytest.mark.reason(ReasonCode.HOLDER_UNKNOWN)
def test_another_person_is_not_slipped_in(store: MemoryIssuanceStore) -> None:
    ask_for(store, CardType.CIVIL_SERVANT)
    return_for_completion(store, "application-1", note_code="name", operator="o-2", at=LATER)
    with pytest.raises(IssuanceError) as caught:
        resubmit(store, "application-1", holder=INDIVIDUAL, operator="operator-1", at=LATER)
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN
    assert store.applications["application-1"].state is ApplicationState.RETURNED


def test_facts_that_ran_out_are_not_approved(store: MemoryIssuanceStore) -> None:
    ask_for(store, CardType.BUSINESS)
    with pytest.raises(ApplicationIncomplete):
        approve(
            store,
            "application-1",
            operator="operator-2",
            at=datetime(2028, 1, 2, tzinfo=UTC),
        )


def test_what_was_rejected_or_withdrawn_is_over(store: MemoryIssuanceStore) -> None:
    ask_for(store, CardType.INDIVIDUAL)
    reject(store, "application-1", note_code="duplicate", operator="operator-2", at=LATER)
    assert store.events[-1].facts == {"note": "duplicate"}
    for step in (
        lambda: approve(store, "application-1", operator="operator-2", at=LATER),
        lambda: withdraw(store, "application-1", operator="operator-1", at=LATER),
        lambda: resubmit(
            store, "application-1", holder=INDIVIDUAL, operator="operator-1", at=LATER
        ),
    ):
        with pytest.raises(IllegalTransition):
            step()
    assert len(store.events) == 2


@pytest.mark.reason(ReasonCode.APPLICATION_UNKNOWN)
def test_an_unknown_application_is_told(store: MemoryIssuanceStore) -> None:
    with pytest.raises(IssuanceError) as caught:
        approve(store, "nobody", operator="operator-2", at=LATER)
    assert caught.value.reason is ReasonCode.APPLICATION_UNKNOWN

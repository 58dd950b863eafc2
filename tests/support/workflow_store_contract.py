"""What every issuance store must do for the workflow; each implementation runs this, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardsvc.decision_records import ApprovalDecision
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import CallerCheck, LossCase, LossChannel, LossState, LostCard
from cardsvc.records import Application, CardRecord, DecisionNote, Suspension
from cardsvc.terms import ApplicationKind, CardType, SuspensionCause
from issuance.ports import IssuanceStore
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card

NUMBER = PersonalNumber("001190012345")


def with_cards(store: IssuanceStore, count: int = 2) -> tuple[Application, list[CardRecord]]:
    application = make_application()
    cards = [make_card(application) for _ in range(count)]
    with store.transaction() as unit:
        unit.add_application(application)
        for card in cards:
            unit.add_card(card)
    return application, sorted(cards, key=lambda card: card.guid.octets)


class WorkflowStoreContract:
    """Sub-class it; give a fixture ``store``, empty for each test."""

    def test_a_replacement_keeps_its_kind_and_the_old_card(self, store: IssuanceStore) -> None:
        first, (old,) = with_cards(store, 1)
        asked = replace(
            make_application("application-2"),
            kind=ApplicationKind.REPLACE_DAMAGED,
            replaces=old.guid,
        )
        with store.transaction() as unit:
            unit.add_application(asked)
        with store.transaction() as unit:
            assert unit.application(asked.id) == asked
            assert unit.find_application(first.id) == first
            assert unit.find_application("nobody") is None

    def test_a_note_and_a_decision_come_back(self, store: IssuanceStore) -> None:
        application = make_application()
        decision = ApprovalDecision(
            "d-1", "12/QĐ-SNV", date(2026, 3, 2), "Trần A", "operator-2", AT
        )
        note = DecisionNote("NAME", "operator-2", LATER, ("holder.name",), "Thiếu dấu\nở tên")
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_decision(decision)
            unit.save_application(replace(application, note=note, decision_id="d-1"))
        with store.transaction() as unit:
            kept = unit.application(application.id)
            assert (kept.note, kept.decision_id) == (note, "d-1")
            assert unit.find_decision("12/QĐ-SNV", date(2026, 3, 2)) == decision
            assert unit.find_decision("12/QĐ-SNV", date(2025, 3, 2)) is None
            unit.save_application(replace(kept, note=None))
        with store.transaction() as unit:
            assert unit.application(application.id).note is None

    def test_a_number_and_day_are_one_decisions(self, store: IssuanceStore) -> None:
        decision = ApprovalDecision("d-1", "1/QĐ-X", date(2026, 3, 2), "A", "operator-2", AT)
        with store.transaction() as unit:
            unit.add_decision(decision)
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            unit.add_decision(replace(decision, id="d-2"))
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE

    def test_somebody_is_known_by_identifier_or_number(self, store: IssuanceStore) -> None:
        application = make_application()
        holder = application.holder
        with store.transaction() as unit:
            assert unit.known_holder(holder) is None
            unit.add_application(application)
        with store.transaction() as unit:
            assert unit.known_holder(replace(holder, id="typed-again")) == holder
            assert unit.known_holder(replace(holder, personal_number=NUMBER)) == holder
            assert unit.holder_with_number(holder.personal_number) == holder
            assert unit.holder_with_number(PersonalNumber("079085000123")) is None

    @pytest.mark.parametrize("state", list(ApplicationState))
    def test_an_application_is_open_until_it_led_to_a_card_or_ended(
        self, store: IssuanceStore, state: ApplicationState
    ) -> None:
        application = make_application()
        with store.transaction() as unit:
            unit.add_application(replace(application, state=state))
        is_open = state in {
            ApplicationState.REQUESTED, ApplicationState.RETURNED, ApplicationState.APPROVED,
        }  # fmt: skip
        with store.transaction() as unit:
            found = unit.open_application(application.holder.id, application.card_type)
            assert found == (application.id if is_open else None)
            assert unit.open_application(application.holder.id, CardType.BUSINESS) is None
            assert unit.open_application("nobody", application.card_type) is None

    def test_a_holders_cards_that_have_not_ended(self, store: IssuanceStore) -> None:
        application, cards = with_cards(store, 4)
        with store.transaction() as unit:
            for card, state in zip(cards, (CardState.REVOKED, CardState.DESTROYED), strict=False):
                unit.save_card(replace(card, state=state))
        with store.transaction() as unit:
            found = unit.cards_of_holder(application.holder.id)
            assert [card.guid for card in found] == [card.guid for card in cards[2:]]
            assert not unit.cards_of_holder("nobody")

    def test_why_and_by_whom_comes_back_with_a_card(self, store: IssuanceStore) -> None:
        _, (card,) = with_cards(store, 1)
        locked = replace(
            card,
            state=CardState.SUSPENDED,
            suspension=Suspension(SuspensionCause.LEAVE, LATER),
            personalised_by="operator-3",
            handed_over_by="operator-4",
        )
        with store.transaction() as unit:
            unit.save_card(locked)
        with store.transaction() as unit:
            assert unit.card(card.guid) == replace(locked, version=1)
            unit.save_card(replace(locked, version=1, state=CardState.ACTIVE, suspension=None))
        with store.transaction() as unit:
            assert unit.card(card.guid).suspension is None

    def test_a_case_of_loss_comes_back_grows_and_closes(self, store: IssuanceStore) -> None:
        application, cards = with_cards(store)
        lost = tuple(LostCard(card.guid) for card in cards)
        case = LossCase(
            "case-1", application.holder.id, LossChannel.TELEPHONE, "operator-1", AT,
            lost[:1], frozenset({CallerCheck.AGENCY, CallerCheck.CALLED_BACK}),
        )  # fmt: skip
        with store.transaction() as unit:
            assert unit.open_loss_case(case.holder_id) is None
            unit.add_loss_case(case)
        grown = replace(case, cards=(lost[0], replace(lost[1], leave_until=LATER)))
        with store.transaction() as unit:
            assert unit.open_loss_case(case.holder_id) == case
            unit.save_loss_case(grown)
        closed = replace(grown, state=LossState.FOUND, closed_by="operator-2", closed_at=LATER)
        with store.transaction() as unit:
            assert unit.loss_case(case.id) == grown
            unit.save_loss_case(closed)
        with store.transaction() as unit:
            assert unit.loss_case(case.id) == closed
            assert unit.open_loss_case(case.holder_id) is None
            unit.add_loss_case(replace(case, id="case-2"))

    def test_a_holder_has_one_open_case(self, store: IssuanceStore) -> None:
        application, (card,) = with_cards(store, 1)
        case = LossCase(
            "case-1", application.holder.id, LossChannel.COUNTER, "operator-1", AT,
            (LostCard(card.guid),),
        )  # fmt: skip
        with store.transaction() as unit:
            unit.add_loss_case(case)
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            unit.add_loss_case(replace(case, id="case-2"))
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE

    @pytest.mark.reason(ReasonCode.LOSS_CASE_UNKNOWN)
    def test_an_unknown_case_of_loss_is_refused(self, store: IssuanceStore) -> None:
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            unit.loss_case("nobody")
        assert caught.value.reason is ReasonCode.LOSS_CASE_UNKNOWN

    def test_reports_are_counted_by_agent_and_by_number(self, store: IssuanceStore) -> None:
        other = PersonalNumber("079085000123")
        with store.transaction() as unit:
            unit.count_report("ki-ot-1", NUMBER, AT)
            unit.count_report("ki-ot-1", other, LATER)
            unit.count_report("ki-ot-2", NUMBER, LATER)
        with store.transaction() as unit:
            assert unit.reports_since(AT, agent="ki-ot-1") == 2
            assert unit.reports_since(AT + timedelta(seconds=1), agent="ki-ot-1") == 1
            assert unit.reports_about_since(AT, number=NUMBER) == 2
            assert unit.reports_about_since(LATER, number=NUMBER) == 1
            assert unit.reports_since(AT, agent="nobody") == 0

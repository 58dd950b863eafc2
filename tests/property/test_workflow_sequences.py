"""Whatever people do in whatever order, what must never be is never so."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError
from cardsvc.lifecycle import CARD_TRANSITIONS as TABLE
from cardsvc.lifecycle import ENDED_STATES, OPEN_APPLICATIONS, CardEvent, CardState
from cardsvc.loss_records import CallerCheck, LossChannel, LossState
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import (
    ApplicationKind,
    AssuranceLevel,
    CardType,
    SuspensionCause,
    WithdrawalCause,
)
from issuance import lifecycle
from issuance.approve import approve, reject, return_for_completion, withdraw
from issuance.duties import require_third_person
from issuance.enrol import request_card, resubmit
from issuance.losses.report import report_to_operator
from issuance.losses.settle import close_as_found, confirm_loss
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.people import CIVIL_SERVANT

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PEOPLE = ("lan", "hung", "mai")
DEEDS = (
    "ask", "return", "resubmit", "approve", "reject", "withdraw", "make", "hand_over", "activate",
    "leave", "lock", "resume", "resume_due", "lose", "find", "confirm", "end", "spoil", "destroy",
)  # fmt: skip
steps = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from(PEOPLE), st.integers(0, 7)), max_size=60
)
REACHABLE = {
    state: {to for (start, _), to in TABLE.items() if start is state} for state in CardState
}


class Office:
    """One person's cards, and everybody who may do anything to them."""

    def __init__(self) -> None:
        self.store = MemoryIssuanceStore(MemoryCertificateLedger())
        self.numbers = itertools.count(1)
        self.at = START
        self.seen: dict[CardGuid, CardState] = {}

    def do(self, deed: str, who: str, number: int) -> None:
        self.at += timedelta(days=number)
        by = {"operator": who, "at": self.at}
        with suppress(IssuanceError):
            self._do(deed, number, by)

    def _do(self, deed: str, number: int, by: dict[str, object]) -> None:  # noqa: C901 - a list
        store, guid, name = self.store, self.some_card(number), self.some_application(number)
        match deed:
            case "ask":
                kind = list(ApplicationKind)[number % len(ApplicationKind)]
                old = None if kind is ApplicationKind.NEW else guid
                request_card(
                    store, application_id=f"a-{next(self.numbers)}", holder=CIVIL_SERVANT,
                    card_type=CardType.CIVIL_SERVANT, kind=kind, replaces=old, **by,
                )  # fmt: skip
            case "return":
                return_for_completion(store, name, note_code="NAME", **by)
            case "resubmit":
                resubmit(store, name, holder=CIVIL_SERVANT, **by)
            case "approve":
                approve(store, name, **by)
            case "reject":
                reject(store, name, note_code="NO", **by)
            case "withdraw":
                withdraw(store, name, **by)
            case "make":
                self.make(name, str(by["operator"]))
            case "hand_over":
                lifecycle.hand_over(store, guid, **by)
            case "activate":
                proof = lifecycle.ActivationProof(guid, AssuranceLevel.X2, self.at, "d")
                lifecycle.activate(store, guid, proof=proof, **by)
            case "leave":
                until = self.at + timedelta(days=number + 1)
                leave = Suspension(SuspensionCause.LEAVE, until)
                lifecycle.suspend(store, guid, suspension=leave, **by)
            case "lock":
                lifecycle.suspend(store, guid, **by)
            case "resume":
                lifecycle.resume(store, guid, **by)
            case "resume_due":
                lifecycle.resume_due(store, store, at=self.at)
            case "lose":
                report_to_operator(
                    store, CIVIL_SERVANT.id, case_id=f"c-{next(self.numbers)}",
                    channel=LossChannel.COUNTER, checks=frozenset({CallerCheck.AGENCY}), **by,
                )  # fmt: skip
            case "find":
                close_as_found(store, self.some_case(number), **by)
            case "confirm":
                again = (lambda: f"a-{next(self.numbers)}") if number % 2 else None
                confirm_loss(store, self.some_case(number), new_id=again, **by)
            case "end":
                cause = list(WithdrawalCause)[number]
                lifecycle.withdraw_card(store, guid, cause=cause, **by)
            case "spoil":
                with store.transaction() as unit:
                    state = unit.card(guid).state
                if (state, CardEvent.SPOIL) in TABLE:
                    lifecycle.spoil(store, guid, **by)
            case "destroy":
                lifecycle.destroy(store, guid, record="1/BB", witness=PEOPLE[number % 3], **by)

    def make(self, name: str, operator: str) -> None:
        """Put a personalised card on record, as the desk does."""
        with self.store.transaction() as unit:
            application = unit.application(name)
            if application.state != "approved" or unit.cards_of_application(name):
                return
            require_third_person(application, operator)
            unit.add_card(
                CardRecord(
                    CardGuid(next(self.numbers).to_bytes(16)),
                    application.card_type,
                    application.holder.id,
                    name,
                    CardState.PERSONALISED,
                    self.at + timedelta(days=100),
                    personalised_by=operator,
                )
            )

    def some_card(self, number: int) -> CardGuid:
        guids = list(self.store.cards)
        return guids[-1 - number % len(guids)] if guids else CardGuid(bytes(15) + b"\xff")

    def some_application(self, number: int) -> str:
        names = list(self.store.applications)
        return names[-1 - number % len(names)] if names else "nobody"

    def some_case(self, number: int) -> str:
        names = list(self.store.losses)
        return names[-1 - number % len(names)] if names else "nobody"

    def check(self) -> None:
        cards = list(self.store.cards.values())
        in_use = [one for one in cards if one.state in (CardState.ACTIVE, CardState.SUSPENDED)]
        assert len(in_use) <= 1
        applications = self.store.applications
        assert sum(one.state in OPEN_APPLICATIONS for one in applications.values()) <= 1
        cases = [one for one in self.store.losses.values() if one.state is LossState.OPEN]
        assert len(cases) <= 1
        named = {lost.guid for case in cases for lost in case.cards}
        for card in cards:
            self.check_card(card, named)

    def check_card(self, card: CardRecord, named: set[CardGuid]) -> None:
        assert (card.suspension is not None) <= (card.state is CardState.SUSPENDED)
        if card.suspension is not None and card.suspension.cause is SuspensionCause.LOSS:
            assert card.guid in named
        if card.state is CardState.ACTIVE:
            assert card.guid not in named
        application = self.store.applications[card.application_id]
        if card.handed_over_by is not None:
            others = {application.requested_by, application.approved_by}
            assert not others & {card.handed_over_by, card.personalised_by}
            assert len(others) == 2
        before = self.seen.get(card.guid)
        if before in ENDED_STATES:
            assert card.state is before or card.state in REACHABLE[before]
        if card.state is CardState.REPLACED:
            assert card.replaced_by in self.store.cards
        self.seen[card.guid] = card.state


@settings(max_examples=300, deadline=None)
@given(steps)
def test_no_order_of_deeds_breaks_what_must_hold(deeds: list[tuple[str, str, int]]) -> None:
    office = Office()
    for deed, who, number in deeds:
        office.do(deed, who, number)
        office.check()


WAY = ("ask", "approve", "make", "hand_over", "activate")
WHO = ("lan", "hung", "mai", "mai", "lan")


@settings(max_examples=300, deadline=None)
@given(steps)
def test_nor_does_it_once_there_is_a_card_in_use(deeds: list[tuple[str, str, int]]) -> None:
    office = Office()
    for deed, who in zip(WAY, WHO, strict=True):
        office.do(deed, who, 0)
    assert [card.state for card in office.store.cards.values()] == [CardState.ACTIVE]
    for deed, who, number in deeds:
        office.do(deed, who, number)
        office.check()

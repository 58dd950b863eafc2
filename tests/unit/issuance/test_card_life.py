"""Each step in a card's life: state, certificates and audit move together, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.lifecycle import (
    CARD_TRANSITIONS,
    ApplicationState,
    CardEvent,
    CardState,
    IllegalTransition,
)
from cardsvc.terms import (
    ApplicationKind,
    AssuranceLevel,
    CardType,
    RevocationReason,
    WithdrawalCause,
)
from issuance import lifecycle
from issuance.approve import withdraw
from issuance.lifecycle import ActivationProof
from tests.support.issuing_room import AGENT, APPROVER, AT, CLERK, ISSUER, IssuingRoom, blank

HOLD = RevocationReason.CERTIFICATE_HOLD
X2 = AssuranceLevel.X2


class Life:
    """One personalised card and short ways through its life."""

    def __init__(self, card_type: CardType = CardType.CIVIL_SERVANT) -> None:
        self.room = IssuingRoom()
        self.guid = self.personalise(card_type)

    def personalise(self, card_type: CardType = CardType.CIVIL_SERVANT) -> CardGuid:
        self.application = self.room.application(card_type)
        return self.make()

    def replacement(self, kind: ApplicationKind) -> CardGuid:
        """Return a second card of the same person, made to take the first one's place."""
        holder = self.room.store.applications[self.application].holder
        card_type = self.room.store.cards[self.guid].card_type
        self.application = self.room.application(card_type, holder, kind, self.guid)
        return self.make()

    def make(self) -> CardGuid:
        job = self.room.job(self.room.order(self.application))
        assert self.room.run(job, blank()) is CardState.PERSONALISED
        return self.room.record(self.application).guid

    def hand_over(self, guid: CardGuid | None = None) -> None:
        lifecycle.hand_over(self.room.store, guid or self.guid, operator=ISSUER, at=AT)

    def activate(self, guid: CardGuid | None = None) -> None:
        guid = guid or self.guid
        proof = ActivationProof(guid, X2, AT, "decision-1")
        lifecycle.activate(self.room.store, guid, proof=proof, operator=AGENT, at=AT)

    def suspend(self) -> None:
        lifecycle.suspend(self.room.store, self.guid, operator=APPROVER, at=AT)

    def resume(self) -> None:
        lifecycle.resume(self.room.store, self.guid, operator=APPROVER, at=AT)

    def revoke(self) -> None:
        lifecycle.revoke(
            self.room.store,
            self.guid,
            reason=RevocationReason.KEY_COMPROMISE,
            operator=APPROVER,
            at=AT,
        )

    def spoil(self) -> None:
        lifecycle.spoil(self.room.store, self.guid, operator=APPROVER, at=AT)

    @property
    def state(self) -> CardState:
        return self.room.store.cards[self.guid].state

    @property
    def certificates(self) -> set[RevocationReason | None]:
        return self.room.certificate_states(self.guid)

    @property
    def last_action(self) -> AuditAction:
        return self.room.store.events[-1].action


def test_certificates_are_good_from_hand_over_to_the_end() -> None:
    life = Life()
    assert life.certificates == {HOLD}
    life.hand_over()
    assert (life.state, life.certificates) == (CardState.ISSUED, {None})
    assert life.last_action is AuditAction.CARD_ISSUED
    application = life.room.store.applications[life.application]
    assert application.state is ApplicationState.FULFILLED
    life.activate()
    assert (life.state, life.certificates) == (CardState.ACTIVE, {None})
    assert life.room.store.events[-1].facts == {"proof": "decision-1"}
    life.suspend()
    assert (life.state, life.certificates) == (CardState.SUSPENDED, {HOLD})
    life.resume()
    assert (life.state, life.certificates) == (CardState.ACTIVE, {None})
    life.revoke()
    assert life.state is CardState.REVOKED
    assert life.certificates == {RevocationReason.KEY_COMPROMISE}
    assert life.room.store.events[-1].facts == {"reason": "keyCompromise"}


STEPS: dict[CardEvent, Callable[[Life], None]] = {
    CardEvent.HAND_OVER: Life.hand_over,
    CardEvent.ACTIVATE: Life.activate,
    CardEvent.SUSPEND: Life.suspend,
    CardEvent.RESUME: Life.resume,
    CardEvent.REVOKE: Life.revoke,
    CardEvent.SPOIL: Life.spoil,
}


@pytest.mark.reason(ReasonCode.ILLEGAL_TRANSITION)
@pytest.mark.parametrize("event", list(STEPS))
def test_steps_outside_the_table_change_nothing(event: CardEvent) -> None:
    life = Life()
    for state in CardState:
        if (state, event) in CARD_TRANSITIONS:
            continue
        card = life.room.store.cards[life.guid]
        life.room.store.cards[life.guid] = replace(card, state=state)
        before = dict(life.room.store.cards), list(life.room.store.events), life.certificates
        with pytest.raises(IllegalTransition):
            STEPS[event](life)
        assert before == (life.room.store.cards, life.room.store.events, life.certificates)


def test_a_card_whose_request_was_withdrawn_is_not_handed_over() -> None:
    life = Life()
    withdraw(life.room.store, life.application, operator=APPROVER, at=AT)
    with pytest.raises(IllegalTransition):
        life.hand_over()
    assert (life.state, life.certificates) == (CardState.PERSONALISED, {HOLD})


@pytest.mark.parametrize(
    ("level", "age", "reason"),
    [
        pytest.param(
            AssuranceLevel.X1,
            timedelta(0),
            ReasonCode.LEVEL_TOO_LOW,
            marks=pytest.mark.reason(ReasonCode.LEVEL_TOO_LOW),
        ),
        pytest.param(
            X2,
            timedelta(minutes=5, seconds=1),
            ReasonCode.CHALLENGE_EXPIRED,
            marks=pytest.mark.reason(ReasonCode.CHALLENGE_EXPIRED),
        ),
        (X2, timedelta(seconds=-1), ReasonCode.CHALLENGE_EXPIRED),
    ],
)
def test_activation_needs_a_fresh_proof_with_the_pin(
    level: AssuranceLevel, age: timedelta, reason: ReasonCode
) -> None:
    life = Life()
    life.hand_over()
    proof = ActivationProof(life.guid, level, AT - age, "decision-1")
    with pytest.raises(IssuanceError) as caught:
        lifecycle.activate(life.room.store, life.guid, proof=proof, operator=APPROVER, at=AT)
    assert caught.value.reason is reason
    assert life.state is CardState.ISSUED


@pytest.mark.reason(ReasonCode.GUID_MISMATCH)
def test_another_cards_proof_activates_nothing() -> None:
    life = Life()
    life.hand_over()
    proof = ActivationProof(CardGuid(bytes(15) + b"\1"), X2, AT, "decision-1")
    with pytest.raises(IssuanceError) as caught:
        lifecycle.activate(life.room.store, life.guid, proof=proof, operator=APPROVER, at=AT)
    assert caught.value.reason is ReasonCode.GUID_MISMATCH


@pytest.mark.reason(ReasonCode.CARD_EXPIRED)
def test_a_card_past_its_day_does_not_come_to_life() -> None:
    life = Life()
    late = life.room.store.cards[life.guid].expires_at + timedelta(seconds=1)
    proof = ActivationProof(life.guid, X2, late, "decision-1")
    store, who = life.room.store, ISSUER
    with pytest.raises(IssuanceError) as caught:
        lifecycle.hand_over(store, life.guid, operator=who, at=late)
    assert caught.value.reason is ReasonCode.CARD_EXPIRED
    life.hand_over()
    with pytest.raises(IssuanceError):
        lifecycle.activate(store, life.guid, proof=proof, operator=who, at=late)
    life.activate()
    life.suspend()
    with pytest.raises(IssuanceError):
        lifecycle.resume(store, life.guid, operator=who, at=late)
    assert life.certificates == {HOLD}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ApplicationKind.RENEW, RevocationReason.SUPERSEDED),
        (ApplicationKind.REPLACE_DAMAGED, RevocationReason.SUPERSEDED),
        (ApplicationKind.REPLACE_FAULTY, RevocationReason.SUPERSEDED),
        (ApplicationKind.REPLACE_CHANGED, RevocationReason.AFFILIATION_CHANGED),
    ],
)
def test_an_old_card_works_until_the_new_one_is_activated(
    kind: ApplicationKind, reason: RevocationReason
) -> None:
    life = Life()
    life.hand_over()
    life.activate()
    new = life.replacement(kind)
    life.hand_over(new)
    assert (life.state, life.certificates) == (CardState.ACTIVE, {None})
    life.activate(new)
    old = life.room.store.cards[life.guid]
    assert (old.state, old.replaced_by) == (CardState.REPLACED, new)
    assert life.certificates == {reason}
    assert life.room.store.cards[new].state is CardState.ACTIVE
    assert life.room.certificate_states(new) == {None}
    last_two = [(event.action, event.subject) for event in life.room.store.events[-2:]]
    assert last_two == [
        (AuditAction.CARD_REPLACED, str(life.guid)),
        (AuditAction.CARD_ACTIVATED, str(new)),
    ]


def test_a_card_that_was_withdrawn_meanwhile_stays_so_and_names_its_successor() -> None:
    life = Life()
    life.hand_over()
    life.activate()
    new = life.replacement(ApplicationKind.REPLACE_DAMAGED)
    life.hand_over(new)
    life.revoke()
    life.activate(new)
    old = life.room.store.cards[life.guid]
    assert (old.state, old.replaced_by) == (CardState.REVOKED, new)
    assert life.certificates == {RevocationReason.KEY_COMPROMISE}


@pytest.mark.reason(ReasonCode.HOLDER_HAS_CARD)
def test_nobody_is_given_a_second_card_that_replaces_none() -> None:
    life = Life()
    life.hand_over()
    life.activate()
    first, second = life.guid, life.personalise()
    # two requests of before the rule: the second person is the first one
    store = life.room.store
    store.cards[second] = replace(store.cards[second], holder_id=store.cards[first].holder_id)
    for step in (life.hand_over, life.activate):
        with pytest.raises(IssuanceError) as caught:
            step(second)
        assert caught.value.reason is ReasonCode.HOLDER_HAS_CARD
        store.cards[second] = replace(store.cards[second], state=CardState.ISSUED)


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("operator", [CLERK, APPROVER, f" {APPROVER.upper()} "])
def test_requester_and_approver_do_not_issue_the_card(operator: str) -> None:
    life = Life()
    with pytest.raises(IssuanceError) as caught:
        lifecycle.hand_over(life.room.store, life.guid, operator=operator, at=AT)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    order = replace(life.room.order(), operator=operator)
    with pytest.raises(IssuanceError) as caught:
        life.room.run(life.room.job(order), blank())
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    assert life.state is CardState.PERSONALISED


def test_the_record_names_who_made_and_who_gave_the_card() -> None:
    life = Life()
    life.hand_over()
    card = life.room.store.cards[life.guid]
    assert (card.personalised_by, card.handed_over_by) == (ISSUER, ISSUER)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (WithdrawalCause.RETIRED, RevocationReason.CESSATION_OF_OPERATION),
        (WithdrawalCause.TRANSFERRED, RevocationReason.AFFILIATION_CHANGED),
        (WithdrawalCause.DISCIPLINE, RevocationReason.PRIVILEGE_WITHDRAWN),
        (WithdrawalCause.LOST, RevocationReason.CESSATION_OF_OPERATION),
        (WithdrawalCause.STOLEN, RevocationReason.KEY_COMPROMISE),
    ],
)
def test_the_certificates_reason_follows_from_the_cause(
    cause: WithdrawalCause, reason: RevocationReason
) -> None:
    life = Life()
    life.hand_over()
    lifecycle.withdraw_card(life.room.store, life.guid, cause=cause, operator=APPROVER, at=AT)
    assert (life.state, life.certificates) == (CardState.REVOKED, {reason})
    facts = life.room.store.events[-1].facts
    assert facts == {"cause": cause.value, "reason": reason.value}


def test_an_ended_card_is_destroyed_before_a_witness() -> None:
    life = Life()
    life.hand_over()
    life.revoke()
    store = life.room.store

    def destroy(witness: str = CLERK, record: str = "12/BB-SNV") -> None:
        lifecycle.destroy(store, life.guid, record=record, witness=witness, operator=ISSUER, at=AT)

    with pytest.raises(IssuanceError) as caught:
        destroy(witness=ISSUER.upper())
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    with pytest.raises(Malformed):
        destroy(record="")
    destroy()
    assert life.state is CardState.DESTROYED
    assert life.certificates == {RevocationReason.KEY_COMPROMISE}
    assert store.events[-1].facts == {"record": "12/BB-SNV", "witness": CLERK}
    with pytest.raises(IllegalTransition):
        destroy()


def test_a_spoiled_card_gives_its_application_back() -> None:
    life = Life()
    life.spoil()
    assert life.state is CardState.SPOILED
    assert life.certificates == {RevocationReason.CESSATION_OF_OPERATION}
    job = life.room.job(life.room.order(life.application))
    assert life.room.run(job, blank()) is CardState.PERSONALISED
    assert life.room.record(life.application).guid != life.guid


def test_a_hold_is_not_a_revocation() -> None:
    life = Life()
    life.hand_over()
    with pytest.raises(ValueError, match="suspend"):
        lifecycle.revoke(life.room.store, life.guid, reason=HOLD, operator=APPROVER, at=AT)

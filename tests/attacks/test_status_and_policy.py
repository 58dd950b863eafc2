"""Genuine cards that are out of use, and services that do not take them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.card.piv import KeySlot
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.decisions import denial, outcome
from tests.support.verification_world import AT, World
from verification.remedy import STEP_UP, remedy_for
from verification.verdict import Denied, Verdict

STATES = {
    CardState.SUSPENDED: ReasonCode.CARD_SUSPENDED,
    CardState.REVOKED: ReasonCode.CARD_REVOKED,
    CardState.REPLACED: ReasonCode.CARD_REPLACED,
    CardState.ISSUED: ReasonCode.CARD_NOT_ACTIVE,
    CardState.PERSONALISED: ReasonCode.CARD_NOT_ACTIVE,
    CardState.PERSONALISING: ReasonCode.CARD_NOT_ACTIVE,
    CardState.TORN: ReasonCode.CARD_NOT_ACTIVE,
    CardState.SPOILED: ReasonCode.CARD_NOT_ACTIVE,
    CardState.DESTROYED: ReasonCode.CARD_REVOKED,
}


@pytest.mark.reason(ReasonCode.CARD_SUSPENDED)
@pytest.mark.reason(ReasonCode.CARD_REVOKED)
@pytest.mark.reason(ReasonCode.CARD_REPLACED)
@pytest.mark.reason(ReasonCode.CARD_NOT_ACTIVE)
@pytest.mark.parametrize(("state", "reason"), STATES.items())
def test_no_state_but_active_is_granted(world: World, state: CardState, reason: ReasonCode) -> None:
    card = world.card(state=state)
    decision = outcome(world, card.answer(world.challenge()))
    assert isinstance(decision, Denied)
    assert decision.reasons == (reason,)
    assert (decision.verdicts.facts, decision.verdicts.status) == (Verdict.PASS, Verdict.FAIL)
    assert decision.guid == card.guid


def test_every_state_has_its_reason() -> None:
    assert set(STATES) == set(CardState) - {CardState.ACTIVE}


@pytest.mark.reason(ReasonCode.CARD_EXPIRED)
def test_a_card_past_its_last_instant(world: World) -> None:
    card = world.card(expires_at=AT - timedelta(seconds=1))
    assert denial(world, card.answer(world.challenge())) is ReasonCode.CARD_EXPIRED


@pytest.mark.reason(ReasonCode.RELYING_PARTY_UNKNOWN)
def test_an_unknown_relying_party(world: World) -> None:
    challenge = world.challenge(relying_party="khong-co")
    assert denial(world, world.card().answer(challenge)) is ReasonCode.RELYING_PARTY_UNKNOWN


@pytest.mark.reason(ReasonCode.SERVICE_UNKNOWN)
def test_an_unknown_service(world: World) -> None:
    challenge = world.challenge(service="khong-co")
    assert denial(world, world.card().answer(challenge)) is ReasonCode.SERVICE_UNKNOWN


@pytest.mark.reason(ReasonCode.CARD_TYPE_NOT_ACCEPTED)
def test_a_card_type_the_service_does_not_take(world: World) -> None:
    world.put_policy(card_types=frozenset({CardType.CIVIL_SERVANT}))
    card = world.card(card_type=CardType.INDIVIDUAL)
    assert denial(world, card.answer(world.challenge())) is ReasonCode.CARD_TYPE_NOT_ACCEPTED


@pytest.mark.reason(ReasonCode.LEVEL_TOO_LOW)
def test_a_level_below_the_services(world: World) -> None:
    world.put_policy(AssuranceLevel.X2)
    card = world.card()
    assert denial(world, card.answer(world.challenge())) is ReasonCode.LEVEL_TOO_LOW
    both = (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION)
    decision = outcome(world, card.answer(world.challenge(), *both))
    assert not isinstance(decision, Denied)


@pytest.mark.reason(ReasonCode.LEVEL_TOO_LOW)
def test_an_answer_below_the_level_that_was_asked(world: World) -> None:
    """The service's policy is content with X1; whoever asked at X2 is not."""
    card = world.card()
    decision = outcome(world, card.answer(world.challenge(level=AssuranceLevel.X2)))
    assert isinstance(decision, Denied)
    assert decision.reasons == (ReasonCode.LEVEL_TOO_LOW,)
    assert remedy_for(decision.reasons[0], decision.level) is STEP_UP
    both = (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION)
    answered = card.answer(world.challenge(level=AssuranceLevel.X2), *both)
    assert not isinstance(outcome(world, answered), Denied)


@pytest.mark.parametrize("reason", [ReasonCode.SERVICE_UNKNOWN, ReasonCode.RELYING_PARTY_UNKNOWN])
def test_of_a_service_that_is_not_set_up_nothing_is_said_of_the_card(reason: ReasonCode) -> None:
    remedy = remedy_for(reason)
    assert remedy.public_code == "not_permitted"
    assert "hợp lệ" not in remedy.vi
    assert "valid" not in remedy.en


def test_every_objection_is_told(world: World) -> None:
    world.put_policy(AssuranceLevel.X2, frozenset({CardType.BUSINESS}))
    decision = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(decision, Denied)
    assert decision.reasons == (ReasonCode.CARD_TYPE_NOT_ACCEPTED, ReasonCode.LEVEL_TOO_LOW)
    assert decision.verdicts.policy is Verdict.FAIL


def test_the_public_code_never_tells_which_check_a_forger_failed(world: World) -> None:
    clone = world.card()
    denial(world, clone.answer(world.challenge(), message=b"x"))
    denial(world, world.card("z", on_record=False).answer(world.challenge()))
    codes = {claims["reason"] for claims in world.receipts.signed}
    assert codes == {"card_not_valid"}

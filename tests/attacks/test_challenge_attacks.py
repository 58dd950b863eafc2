"""Replayed, stale, carried-over and invented answers to a challenge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from cardsvc.card.piv import KeySlot
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from tests.support.decisions import denial, outcome
from tests.support.verification_world import AGENT, AT, RELYING_PARTY, SERVICE, World
from verification.challenge import binding_message
from verification.decide import Asked, decide_all
from verification.sealed_challenge import keyed, seal
from verification.verdict import Denied, Granted


@pytest.mark.reason(ReasonCode.CHALLENGE_UNKNOWN)
def test_an_answer_is_taken_once(world: World) -> None:
    answer = world.card().answer(world.challenge())
    assert isinstance(outcome(world, answer), Granted)
    assert denial(world, answer) is ReasonCode.CHALLENGE_UNKNOWN


def test_a_refused_answer_spends_the_challenge_too(world: World) -> None:
    card, challenge = world.card(), world.challenge()
    assert denial(world, card.answer(challenge, message=b"x")) is ReasonCode.CARD_KEY_PROOF_FAILED
    assert denial(world, card.answer(challenge)) is ReasonCode.CHALLENGE_UNKNOWN


def test_two_equal_answers_that_are_decided_together(world: World) -> None:
    answer, other = world.card().answer(world.challenge()), world.card("b")
    asked = [
        Asked(one, f"d{number}", AT)
        for number, one in enumerate([answer, answer, other.answer(world.challenge())])
    ]
    first, replay, third = (one.decision for one in decide_all(world.desk, asked))
    assert isinstance(first, Granted)
    assert isinstance(third, Granted)
    assert isinstance(replay, Denied)
    assert replay.reasons == (ReasonCode.CHALLENGE_UNKNOWN,)
    assert [one.granted for one in world.log.decisions] == [True, True, False]


@pytest.mark.parametrize(
    "lying",
    [{"service": "cap-phep-xay-dung"}, {"agent": "kiosk-2"}, {"level": AssuranceLevel.X2}],
    ids="+".join,
)
def test_a_challenge_sealed_by_somebody_else(world: World, lying: dict) -> None:
    question = structs.replace(world.challenge(), nonce=bytes(32), **lying)
    forged = structs.replace(question, nonce=seal(keyed(b"guessed".ljust(32)), question))
    assert denial(world, world.card().answer(forged)) is ReasonCode.CHALLENGE_UNKNOWN


def test_a_nonce_nobody_opened(world: World) -> None:
    answer = world.card().answer(world.challenge())
    assert denial(world, replace(answer, nonce=bytes(32))) is ReasonCode.CHALLENGE_UNKNOWN


@pytest.mark.reason(ReasonCode.CHALLENGE_EXPIRED)
@pytest.mark.parametrize("seconds", [60, 61, 86_400])
def test_an_answer_after_sixty_seconds(world: World, seconds: int) -> None:
    answer = world.card().answer(world.challenge())
    late = AT + timedelta(seconds=seconds)
    assert denial(world, answer, late) is ReasonCode.CHALLENGE_EXPIRED


def test_an_answer_just_in_time(world: World) -> None:
    answer = world.card().answer(world.challenge())
    assert isinstance(outcome(world, answer, AT + timedelta(seconds=59.9)), Granted)


@pytest.mark.reason(ReasonCode.CHALLENGE_MISBOUND)
def test_an_answer_brought_by_another_agent(world: World) -> None:
    answer = world.card().answer(world.challenge(), agent="kiosk-2")
    assert denial(world, answer) is ReasonCode.CHALLENGE_MISBOUND


@pytest.mark.reason(ReasonCode.CARD_KEY_PROOF_FAILED)
@pytest.mark.parametrize(
    "question",
    [
        {"service": "cap-phep-xay-dung"},
        {"relying_party": "benh-vien"},
        {"agent": "kiosk-2"},
        {"nonce": bytes(32)},
        # the same characters, cut elsewhere
        {"relying_party": RELYING_PARTY + SERVICE[:3], "service": SERVICE[3:]},
    ],
    ids="+".join,
)
def test_a_signature_given_to_another_question(world: World, question: dict) -> None:
    challenge = world.challenge()
    asked = {
        "relying_party": RELYING_PARTY,
        "service": SERVICE,
        "agent": AGENT,
        "nonce": challenge.nonce,
    } | question
    answer = world.card().answer(challenge, message=binding_message(**asked))
    assert denial(world, answer) is ReasonCode.CARD_KEY_PROOF_FAILED


def test_an_answer_without_a_signature(world: World) -> None:
    answer = world.card().answer(world.challenge())
    assert denial(world, replace(answer, proofs={})) is ReasonCode.CARD_KEY_PROOF_FAILED


def test_the_pin_key_can_not_stand_in_for_the_card_key(world: World) -> None:
    answer = world.card().answer(world.challenge(), KeySlot.AUTHENTICATION)
    assert denial(world, answer) is ReasonCode.CARD_KEY_PROOF_FAILED

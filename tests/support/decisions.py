"""Decide in a test, and read the outcome."""

from __future__ import annotations

from datetime import datetime

from cardsvc.errors import ReasonCode
from tests.support.verification_world import AT, World
from verification.decide import decide
from verification.presentation import UnverifiedPresentation
from verification.verdict import Denied, Granted


def outcome(world: World, answer: UnverifiedPresentation, at: datetime = AT) -> Granted | Denied:
    decision = decide(
        world.desk, answer, decision_id=f"d{len(world.log.decisions)}", at=at
    ).decision
    assert world.log.decisions[-1].granted is isinstance(decision, Granted)
    return decision


def denial(world: World, answer: UnverifiedPresentation, at: datetime = AT) -> ReasonCode:
    """Return the first reason of a denial; the receipt must say denied, too."""
    decision = outcome(world, answer, at)
    assert isinstance(decision, Denied)
    assert world.receipts.signed[-1]["decision"] == "denied"
    assert world.log.decisions[-1].reasons == tuple(reason.value for reason in decision.reasons)
    return decision.reasons[0]

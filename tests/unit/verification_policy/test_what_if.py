"""Decisions on record, judged again by a draft."""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.policies import inputs, policy_text
from verification.policy.parse import parse_policy
from verification.policy.what_if import PastDecision, replay

STRICTER = parse_policy(
    policy_text(
        'minimum_level = "X2"',
        '[[rules]]\nname = "staff"\neffect = "allow"\ncard_types = ["civil_servant"]\n',
    )
)


def past(
    number: int, reason: str | None = None, card_type: CardType = CardType.CIVIL_SERVANT,
    level: AssuranceLevel = AssuranceLevel.X1,
) -> PastDecision:  # fmt: skip
    asked = inputs(card_type, level)
    return PastDecision(f"d{number}", asked, reason is None, reason, "all")


def test_only_what_would_have_gone_otherwise_is_listed() -> None:
    decisions = [
        past(1, level=AssuranceLevel.X2),
        past(2),
        past(3, card_type=CardType.BUSINESS, level=AssuranceLevel.X2),
        past(4, "card_type_not_accepted", level=AssuranceLevel.X2),
        past(5, "level_too_low"),
    ]
    found = replay(STRICTER, decisions)
    assert found.replayed == 5
    assert [(one.past.id, one.would_grant, one.reason) for one in found.differences] == [
        ("d2", False, ReasonCode.LEVEL_TOO_LOW),
        ("d3", False, ReasonCode.CARD_TYPE_NOT_ACCEPTED),
        ("d4", True, None),
    ]
    assert found.counts == {
        ("granted", "level_too_low"): 1,
        ("granted", "card_type_not_accepted"): 1,
        ("card_type_not_accepted", "granted"): 1,
    }


def test_refusals_for_what_was_asked_can_not_be_replayed() -> None:
    assert replay(STRICTER, [past(1, "asks_too_much"), past(2, "consent_required")]).replayed == 1
    assert replay(STRICTER, [past(1, "attribute_not_allowed")]).replayed == 0

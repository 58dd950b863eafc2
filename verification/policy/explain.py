"""Explain mode: rule by rule, why it applied or not, and which one decided."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import ReasonCode
from cardsvc.service_records import PolicyInputs
from verification.policy.document import Effect, PolicyDocument
from verification.policy.evaluate import Judgement, evaluate, unmet_conditions
from verification.policy.schedule import national_year

_WORDS: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.CARD_TYPE_NOT_ACCEPTED: ("loại thẻ khác", "another type of card"),
    ReasonCode.CATEGORY_NOT_ACCEPTED: ("nhóm đối tượng khác", "another category of staff"),
    ReasonCode.AGENCY_NOT_ACCEPTED: ("cơ quan khác", "another agency"),
    ReasonCode.ZONE_NOT_ACCEPTED: ("khu vực khác", "another zone"),
    ReasonCode.OUTSIDE_SCHEDULE: ("ngoài thời gian của quy tắc", "outside the rule's time"),
}


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule's part in a judgement.

    Args:
        rule: its name.
        effect: allow or deny.
        unmet: why it did not apply; empty where it did.
        decided: True for the one rule that decided; rules after it were not asked.
    """

    rule: str
    effect: Effect
    unmet: tuple[ReasonCode, ...]
    decided: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A judgement with the way to it.

    Args:
        judgement: as ``evaluate`` gives it.
        rules: the rules that were asked, in order.
        holiday: the public holiday of that day, None on any other.
    """

    judgement: Judgement
    rules: tuple[RuleTrace, ...]
    holiday: str | None


def explain(document: PolicyDocument, inputs: PolicyInputs) -> Explanation:
    """Judge one card and tell how."""
    judgement = evaluate(document, inputs)
    local = inputs.at.astimezone(VIETNAM_TIME)
    traces = []
    for rule in document.rules:
        unmet = unmet_conditions(rule, document.calendar, inputs, local)
        traces.append(RuleTrace(rule.name, rule.effect, unmet, rule.name == judgement.rule))
        if rule.name == judgement.rule:
            break
    holiday = national_year(local.year).names.get(local.date())
    return Explanation(judgement, tuple(traces), holiday)


def unmet_words(unmet: tuple[ReasonCode, ...]) -> tuple[str, str]:
    """Return why a rule did not apply, in Vietnamese and English."""
    words = [_WORDS[one] for one in unmet]
    return "; ".join(vi for vi, _ in words), "; ".join(en for _, en in words)

"""Judges one card by a policy: the first rule that applies decides; where none does, refuse.

Pure, and quick: documents are compiled once, and a judgement takes microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.service_records import PolicyInputs
from verification.policy.document import Effect, PolicyDocument, Rule, Text, WhenStale
from verification.policy.parse import parse_policy
from verification.policy.schedule import Calendar, is_open


@dataclass(frozen=True, slots=True)
class Allowed:
    """The policy agrees."""

    rule: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The policy refuses.

    Args:
        reasons: why; the first is the one shown.
        rule: the rule that decided; None where none applied.
        stale: the card's status is too old, and that is why.
        note: the rule's own words for the screen.
    """

    reasons: tuple[ReasonCode, ...]
    rule: str | None = None
    stale: bool = False
    note: Text | None = None


Judgement: TypeAlias = Allowed | Refused

compiled = lru_cache(maxsize=1024)(parse_policy)
"""``parse_policy``, once for each document."""


def evaluate(document: PolicyDocument, inputs: PolicyInputs) -> Judgement:
    """Judge one card.

    A refusal that no rule decided tells the reasons of the allowing rule that came nearest to
    applying: the one with the fewest conditions unmet, the earliest of equals.
    """
    local = inputs.at.astimezone(VIETNAM_TIME)
    if not _within(document.first_day, document.last_day, local):
        return Refused((ReasonCode.POLICY_NOT_IN_FORCE,))
    nearest: tuple[tuple[ReasonCode, ...], Rule] | None = None
    for rule in document.rules:
        unmet = unmet_conditions(rule, document.calendar, inputs, local)
        if not unmet:
            return _decide(document, rule, inputs)
        if rule.effect is Effect.ALLOW and (nearest is None or len(unmet) < len(nearest[0])):
            nearest = unmet, rule
    if nearest is None:
        return Refused((ReasonCode.POLICY_FORBIDS,))
    unmet, rule = nearest
    too_low = (ReasonCode.LEVEL_TOO_LOW,) if inputs.level < rule.minimum_level else ()
    return Refused(unmet + too_low, note=rule.note)


def unmet_conditions(
    rule: Rule, calendar: Calendar, inputs: PolicyInputs, local: datetime
) -> tuple[ReasonCode, ...]:
    """Return why a rule does not apply; nothing where it does."""
    unmet = []
    if rule.card_types is not None and inputs.card_type not in rule.card_types:
        unmet.append(ReasonCode.CARD_TYPE_NOT_ACCEPTED)
    if rule.categories is not None and inputs.category not in rule.categories:
        unmet.append(ReasonCode.CATEGORY_NOT_ACCEPTED)
    if not _is_of_agency(rule, inputs.agency_code):
        unmet.append(ReasonCode.AGENCY_NOT_ACCEPTED)
    if rule.agents is not None and not any(_fits(one, inputs.agent) for one in rule.agents):
        unmet.append(ReasonCode.ZONE_NOT_ACCEPTED)
    if not _within(rule.first_day, rule.last_day, local) or not is_open(
        rule.schedule, calendar, local
    ):
        unmet.append(ReasonCode.OUTSIDE_SCHEDULE)
    return tuple(unmet)


def _decide(document: PolicyDocument, rule: Rule, inputs: PolicyInputs) -> Judgement:
    if rule.effect is Effect.DENY:
        return Refused((ReasonCode.POLICY_FORBIDS,), rule.name, note=rule.note)
    if inputs.level < rule.minimum_level:
        return Refused((ReasonCode.LEVEL_TOO_LOW,), rule.name, note=rule.note)
    status = document.status
    if inputs.status_age_seconds <= status.fresh_for_seconds:
        return Allowed(rule.name)
    match status.when_stale:
        case WhenStale.ALLOW:
            return Allowed(rule.name)
        case WhenStale.STEP_UP if inputs.level >= status.step_up_to:
            return Allowed(rule.name)
        case WhenStale.STEP_UP:
            reasons = (ReasonCode.LEVEL_TOO_LOW, ReasonCode.STATUS_STALE)
            return Refused(reasons, rule.name, stale=True)
        case WhenStale.DENY:
            return Refused((ReasonCode.STATUS_STALE,), rule.name, stale=True)


def _within(first_day: date | None, last_day: date | None, local: datetime) -> bool:
    if first_day is None and last_day is None:
        return True
    today = local.date()
    return (first_day is None or first_day <= today) and (last_day is None or today <= last_day)


def _is_of_agency(rule: Rule, code: str | None) -> bool:
    if rule.agencies is None and not rule.except_agencies:
        return True
    levels = _levels(code) if code is not None else ()
    if any(_is_below(levels, one) for one in rule.except_agencies):
        return False
    return rule.agencies is None or any(_is_below(levels, one) for one in rule.agencies)


def _is_below(levels: tuple[str, ...], above: tuple[str, ...]) -> bool:
    return levels[: len(above)] == above


@lru_cache(maxsize=4096)
def _levels(code: str) -> tuple[str, ...]:
    return AgencyCode.parse(code).levels


def _fits(pattern: str, agent: str) -> bool:
    return agent.startswith(pattern[:-1]) if pattern.endswith("*") else agent == pattern

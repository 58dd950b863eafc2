"""Policies and what they are asked about, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cardsvc.policy_records import Activation, PolicyVersion, Rehearsal
from cardsvc.service_records import DecisionRecord, HolderFacts, PolicyInputs, ServicePolicy
from cardsvc.terms import AssuranceLevel, CardType

HEAD = """
format = 1
service = "tra-cuu-ho-so"
title = { vi = "Tra cứu hồ sơ", en = "Dossier look-up" }
purpose = { code = "dossier.look-up", vi = "Tra cứu hồ sơ của mình", en = "One's own dossier" }
"""
ALLOW_ALL = '[[rules]]\nname = "all"\neffect = "allow"\n'
SATURDAY_MORNING = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
"""08:00 in Vietnam."""


def policy_text(body: str = "", rules: str = ALLOW_ALL) -> str:
    return f"{HEAD}{body}\n{rules}"


def inputs(
    card_type: CardType = CardType.CIVIL_SERVANT,
    level: AssuranceLevel = AssuranceLevel.X1,
    at: datetime = SATURDAY_MORNING,
    *,
    category: str | None = "CC",
    agency_code: str | None = "H46.12",
    agent: str = "kiosk-1",
    status_age_seconds: int = 0,
) -> PolicyInputs:
    return PolicyInputs(card_type, category, agency_code, level, agent, at, status_age_seconds)


class MemoryPolicyBook:
    """Keeps versions and activations. Implements ``verification.policy.life.PolicyBook``."""

    def __init__(self) -> None:
        self.kept: list[PolicyVersion] = []
        self.acts: list[tuple[str, str, Activation]] = []

    def put(self, policy: ServicePolicy, *, author: str, at: datetime) -> int:
        same = [
            one
            for one in self.kept
            if (one.policy.relying_party, one.policy.service)
            == (policy.relying_party, policy.service)
        ]
        version = len(same) + 1
        numbered = ServicePolicy(policy.relying_party, policy.service, version, policy.document)
        self.kept.append(PolicyVersion(numbered, author, at))
        return version

    def version(self, relying_party: str, service: str, version: int) -> PolicyVersion | None:
        wanted = (relying_party, service, version)
        for one in self.kept:
            if (one.policy.relying_party, one.policy.service, one.policy.version) == wanted:
                return one
        return None

    def activations(self, relying_party: str, service: str) -> Sequence[Activation]:
        return [act for *where, act in self.acts if where == [relying_party, service]]

    def rehearse(
        self, relying_party: str, service: str, version: int, rehearsal: Rehearsal
    ) -> None:
        found = self.version(relying_party, service, version)
        assert found is not None
        index = self.kept.index(found)
        self.kept[index] = PolicyVersion(found.policy, found.author, found.created_at, rehearsal)

    def activate(self, relying_party: str, service: str, activation: Activation) -> None:
        self.acts.append((relying_party, service, activation))


class MemoryPast:
    """Decisions on record. Implements ``verification.policy.life.PastDecisions``."""

    def __init__(self, decisions: Sequence[DecisionRecord]) -> None:
        self.decisions = decisions

    def of_service(
        self, relying_party: str, service: str, since: datetime, limit: int
    ) -> Sequence[DecisionRecord]:
        del relying_party, service
        return [one for one in self.decisions if one.at >= since][:limit]


class MemoryHolders:
    """Holders' facts, and how often they were read. Implements ``grant.HolderDirectory``."""

    def __init__(self, facts: HolderFacts | None) -> None:
        self.known = facts
        self.reads = 0
        self.photo = True

    def facts(self, holder_id: str) -> HolderFacts | None:
        del holder_id
        self.reads += 1
        return self.known

    def has_photo(self, holder_id: str) -> bool:
        del holder_id
        return self.photo

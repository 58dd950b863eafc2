"""A consent is told where something is released for it, and nowhere else."""

from __future__ import annotations

from cardsvc.service_records import ServicePolicy
from tests.support.policies import policy_text
from tests.support.verification_world import AT, RELYING_PARTY, SERVICE, World
from verification.policy.agreement import Agreement
from verification.release.consent import consent_for

RELEASE = """
[release]
attributes = ["name"]
consent = { version = "2026-1", vi = "Tôi đồng ý.", en = "I agree." }
"""


def told(world: World, body: str, agreement: str = "{}") -> str | None:
    policy = ServicePolicy(RELYING_PARTY, SERVICE, 1, policy_text(body), agreement=agreement)
    world.put(policy)
    consent = consent_for(world.policies, RELYING_PARTY, SERVICE, AT)
    return None if consent is None else consent.id


def test_the_words_have_an_identifier_and_other_words_another() -> None:
    world = World()
    first = told(world, RELEASE)
    assert first is not None
    assert first.startswith("2026-1.")
    assert told(world, RELEASE) == first
    assert told(world, RELEASE.replace("agree", "do agree")) != first
    assert told(world, RELEASE.replace("2026-1", "2026-2")) != first


def test_nothing_is_asked_for_nothing() -> None:
    world = World()
    assert told(world, "") is None
    nothing_agreed = Agreement(attributes=frozenset({"over_18"}))
    assert told(world, RELEASE, nothing_agreed.encode()) is None
    assert consent_for(world.policies, RELYING_PARTY, "khac", AT) is None

"""Each service template, played with cards: who is served, at which level, what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from msgspec import structs

from cardsvc.card.piv import KeySlot
from cardsvc.errors import ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable
from cardsvc.records import Delegation, Employment
from cardsvc.service_records import HolderFacts, PolicyInputs, ServicePolicy
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.decisions import outcome
from tests.support.policies import MemoryHolders
from tests.support.verification_world import RELYING_PARTY, World
from verification.policy.document import PolicyDocument
from verification.policy.evaluate import Allowed, compiled, evaluate
from verification.policy.templates import template_names, template_text
from verification.release.grant import ReleaseSources
from verification.verdict import Denied, Granted

OFFICE_HOURS = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday, 09:00 in Vietnam."""
CULTURE_DAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DOOR = "cua-1"
BOTH = (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION)
FACTS = HolderFacts(
    PersonalNumber("046099012345"),
    date(1960, 1, 5),
    Employment(AgencyCode("H46.12"), "Sở Tư pháp", "Phòng 1", "Chuyên viên", StaffCategory("CC")),
    Delegation(EnterpriseNumber.parse("0100109106"), "Công ty", "nộp hồ sơ", date(2026, 12, 31)),
    ProvinceCode(ProvinceTable.DECISION_19_2025, "46"),
)


def policy(name: str) -> PolicyDocument:
    return compiled(template_text(name))


def at_a_counter(name: str) -> World:
    world = World()
    world.desk = replace(world.desk, sources=ReleaseSources(MemoryHolders(FACTS)))
    world.put(ServicePolicy(RELYING_PARTY, name, 1, template_text(name)))
    return world


def show(
    world: World, name: str, card_type: CardType, *slots: KeySlot, at: datetime = OFFICE_HOURS
) -> Granted | Denied:
    card = world.card(f"{card_type.value[:8]}", card_type=card_type)
    found = world.cards.records[card.guid]
    if card_type is CardType.CIVIL_SERVANT:
        found = structs.replace(found, category="CC", agency_code="H46.12")
    world.cards.records[card.guid] = found
    challenge = world.challenge(at=at, service=name, agent=DOOR)
    consent = policy(name).release.consent
    agreed = None if consent is None else consent.id
    return outcome(world, replace(card.answer(challenge, *slots, agent=DOOR), consent=agreed), at)


def accepted(document: PolicyDocument) -> frozenset[CardType]:
    kinds = [rule.card_types for rule in document.rules]
    return frozenset().union(*(one for one in kinds if one is not None))


@pytest.mark.parametrize("name", template_names())
def test_a_template_serves_its_cards_and_tells_exactly_what_it_lists(name: str) -> None:
    document, world = policy(name), at_a_counter(name)
    for card_type in CardType:
        decision = show(world, name, card_type, *BOTH)
        if card_type not in accepted(document):
            assert isinstance(decision, Denied)
            assert decision.reasons[0] is ReasonCode.CARD_TYPE_NOT_ACCEPTED
        elif document.rules[0].minimum_level > AssuranceLevel.X2:
            assert isinstance(decision, Denied)
            assert decision.reasons == (ReasonCode.LEVEL_TOO_LOW,)
        else:
            assert isinstance(decision, Granted), decision
            wanted = [one for one in document.release.attributes if one != "delegate_of"]
            assert list(decision.release.values) == wanted
            if card_type is CardType.CIVIL_SERVANT or "category" not in wanted:
                assert decision.release.names == tuple(wanted)
            claims = world.receipts.signed[-1]
            assert claims["released"] == wanted
            assert ("card" in claims) is ("card" in wanted)


@pytest.mark.parametrize("name", template_names())
def test_a_template_refuses_a_level_below_its_own(name: str) -> None:
    document = policy(name)
    for card_type in accepted(document):
        level = document.rules[0].minimum_level
        for below in (AssuranceLevel(one) for one in range(level)):
            asked = PolicyInputs(card_type, "CC", "H46.12", below, DOOR, OFFICE_HOURS)
            assert not isinstance(evaluate(document, asked), Allowed)
        asked = PolicyInputs(card_type, "CC", "H46.12", level, DOOR, OFFICE_HOURS)
        assert evaluate(document, asked) == Allowed(document.rules[0].name)


@pytest.mark.parametrize("name", [n for n in template_names() if "office" in policy(n).schedules])
def test_a_counter_is_closed_on_holidays(name: str) -> None:
    world = at_a_counter(name)
    (card_type, *_) = sorted(accepted(policy(name)))
    decision = show(world, name, card_type, *BOTH, at=CULTURE_DAY)
    assert isinstance(decision, Denied)
    assert decision.reasons[0] is ReasonCode.OUTSIDE_SCHEDULE


@pytest.mark.parametrize("name", [n for n in template_names() if policy(n).release.consent])
def test_consent_is_given_with_the_pin(name: str) -> None:
    world = at_a_counter(name)
    (card_type, *_) = sorted(accepted(policy(name)))
    assert isinstance(show(world, name, card_type), Denied)
    assert isinstance(show(world, name, card_type, *BOTH), Granted)
    assert world.log.decisions[-1].consent == "2026-1"


def test_the_office_door_asks_for_the_pin_at_night() -> None:
    night = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    world = at_a_counter("civil-servant-door")
    door = "civil-servant-door", CardType.CIVIL_SERVANT
    assert isinstance(show(world, *door), Granted)
    refused = show(world, *door, at=night)
    assert isinstance(refused, Denied)
    assert refused.reasons == (ReasonCode.LEVEL_TOO_LOW,)
    assert isinstance(show(world, *door, *BOTH, at=night), Granted)

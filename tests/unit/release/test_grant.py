"""What a grant releases, and that holders' facts are read for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.service_records import HolderFacts, ServicePolicy
from cardsvc.terms import AssuranceLevel
from tests.support.decisions import outcome
from tests.support.policies import MemoryHolders, policy_text
from tests.support.verification_world import RELYING_PARTY, SERVICE, World
from verification.release.grant import ReleaseSources, apply_policy
from verification.release.pseudonym import PairwisePseudonyms, parse_pseudonym
from verification.verdict import Denied, Granted

FACTS = HolderFacts(PersonalNumber("046099012345"), date(2008, 11, 22))
RELEASE = 'release = { attributes = ["name", "over_18", "birth_date", "delegate_of"] }'


def partner_key(version: str, relying_party: str) -> bytes:
    return f"{version}/{relying_party}".encode().ljust(32, b"\0")


@pytest.fixture
def holders() -> MemoryHolders:
    return MemoryHolders(FACTS)


@pytest.fixture
def world(holders: MemoryHolders) -> World:
    made = World()
    sources = ReleaseSources(holders, PairwisePseudonyms("v1", partner_key))
    made.desk = replace(made.desk, sources=sources)
    made.put(ServicePolicy(RELYING_PARTY, SERVICE, 1, policy_text(RELEASE)))
    return made


def test_all_that_is_allowed_is_released_where_nothing_is_asked(world: World) -> None:
    granted = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(granted, Granted)
    # 18 tomorrow; delegate_of is a question that somebody must put
    assert granted.release.values == {
        "name": "Nguyễn Văn Ân",
        "over_18": False,
        "birth_date": "2008-11-22",
    }


def test_what_was_released_is_not_printed(world: World) -> None:
    granted = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(granted, Granted)
    shown = repr(granted)
    assert "birth_date" in shown
    assert "2008-11-22" not in shown


def test_no_more_is_read_or_released_than_is_asked(world: World, holders: MemoryHolders) -> None:
    card = world.card()
    for asked, values in (((), {}), (("name",), {"name": "Nguyễn Văn Ân"})):
        granted = outcome(world, replace(card.answer(world.challenge()), asked=asked))
        assert isinstance(granted, Granted)
        assert granted.release.values == values
        assert world.log.decisions[-1].released == asked
    assert holders.reads == 0
    outcome(world, replace(card.answer(world.challenge()), asked=("over_18",)))
    assert holders.reads == 1


def test_a_portrait_is_promised_where_a_card_was_shown_and_there_is_one(
    world: World, holders: MemoryHolders
) -> None:
    text = policy_text('release = { attributes = ["portrait"] }')
    world.put(ServicePolicy(RELYING_PARTY, SERVICE, 2, text))
    for photo, value, names in ((True, True, ("portrait",)), (False, None, ())):
        holders.photo = photo
        granted = outcome(world, world.card().answer(world.challenge()))
        assert isinstance(granted, Granted)
        assert granted.release.values == {"portrait": value}
        assert granted.release.names == names
    assert holders.reads == 0


def test_nobody_is_shown_for_a_qr_code_or_without_the_service(
    world: World, holders: MemoryHolders
) -> None:
    tapped = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(tapped, Granted)
    text = policy_text('minimum_level = "X0"\nrelease = { attributes = ["portrait"] }')
    policy = ServicePolicy(RELYING_PARTY, SERVICE, 1, text)
    for level, sources in (
        (AssuranceLevel.X0, ReleaseSources(holders)),
        (AssuranceLevel.X2, ReleaseSources()),
    ):
        granted = apply_policy(
            policy, sources, structs.replace(tapped.card, level=level), agent="ki-ot",
            unverified_asked=None, unverified_consent=None, at=tapped.at,
        )  # fmt: skip
        assert isinstance(granted, Granted)
        assert granted.release.values == {"portrait": None}


def test_facts_are_not_read_for_a_refusal(world: World, holders: MemoryHolders) -> None:
    text = policy_text(f'minimum_level = "X2"\n{RELEASE}')
    world.put(ServicePolicy(RELYING_PARTY, SERVICE, 2, text))
    assert isinstance(outcome(world, world.card().answer(world.challenge())), Denied)
    assert holders.reads == 0


def test_what_can_not_be_told_is_null_and_not_counted_as_released(world: World) -> None:
    world.desk = replace(world.desk, sources=ReleaseSources())
    granted = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(granted, Granted)
    assert granted.release.values["over_18"] is None
    assert granted.release.names == ("name",)
    assert granted.release.pseudonym is None
    assert "pseudonym" not in world.receipts.signed[-1]


def test_each_partner_knows_a_holder_by_another_name() -> None:
    names = PairwisePseudonyms("v1", partner_key)
    assert names.of("a", "holder-1") == names.of("a", "holder-1")
    found = {names.of(party, holder) for party in "ab" for holder in ("holder-1", "holder-2")}
    assert len(found) == 4
    assert all(one.startswith("v1.") and len(one) == 3 + 22 for one in found)


def test_a_new_key_gives_new_names_and_the_old_ones_can_still_be_made() -> None:
    old, new = PairwisePseudonyms("v1", partner_key), PairwisePseudonyms("v2", partner_key)
    assert new.of("a", "holder-1") != old.of("a", "holder-1")
    assert new.of("a", "holder-1", version="v1") == old.of("a", "holder-1")


def test_a_new_generation_renames_everybody_at_one_partner() -> None:
    names = PairwisePseudonyms("v3", partner_key)
    found = {names.of("a", "holder-1", generation=one) for one in (1, 2, 3)}
    assert len(found) == len({one.partition(".")[2] for one in found}) == 3
    for number, name in ((1, names.of("a", "h")), (12, names.of("a", "h", generation=12))):
        assert parse_pseudonym(name)[:2] == ("v3", number)
        assert name.endswith(parse_pseudonym(name)[2])


def test_the_receipt_carries_the_partners_name_for_the_holder(world: World) -> None:
    granted = outcome(world, world.card().answer(world.challenge()))
    assert isinstance(granted, Granted)
    expected = PairwisePseudonyms("v1", partner_key).of(RELYING_PARTY, "holder")
    assert world.receipts.signed[-1]["pseudonym"] == granted.release.pseudonym == expected

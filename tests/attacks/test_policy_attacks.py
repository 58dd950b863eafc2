"""Cards that a policy keeps out, partners that ask too much, operators that go past the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from cardsvc.card.piv import KeySlot
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.policy_records import ActivationKind, Rehearsal
from cardsvc.service_records import ServicePolicy
from tests.support.decisions import denial, outcome
from tests.support.policies import MemoryPast, MemoryPolicyBook, policy_text
from tests.support.verification_world import AGENT, AT, RELYING_PARTY, SERVICE, TestCard, World
from verification.policy.evaluate import compiled
from verification.policy.life import activate, put_draft, rehearse, require_version, roll_back
from verification.presentation import UnverifiedPresentation
from verification.verdict import Denied, Granted, Verdict

BOTH = (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION)
CONSENT = """
[release]
attributes = ["name"]
consent = { version = "2026-1", vi = "Tôi đồng ý.", en = "I agree." }
"""
REFUSALS = {
    ReasonCode.CATEGORY_NOT_ACCEPTED: ("", 'categories = ["CB"]'),
    ReasonCode.AGENCY_NOT_ACCEPTED: ("", 'agencies = ["H57"]'),
    ReasonCode.ZONE_NOT_ACCEPTED: ('zones = { door = ["cua-*"] }', 'zones = ["door"]'),
    # the world's instant is a Saturday, 08:00
    ReasonCode.OUTSIDE_SCHEDULE: (
        '[schedules.office]\nweekdays = ["07:30-17:00"]',
        'schedule = "office"',
    ),
    ReasonCode.POLICY_NOT_IN_FORCE: ("valid = { until = 2026-11-20 }", ""),
}


def put(world: World, body: str = "", conditions: str = "", effect: str = "allow") -> None:
    rule = f'[[rules]]\nname = "r"\neffect = "{effect}"\n{conditions}\n'
    document = policy_text(body, rule)
    world.put(ServicePolicy(RELYING_PARTY, SERVICE, 7, document))


def civil_servant(world: World) -> TestCard:
    card = world.card()
    found = world.cards.records[card.guid]
    world.cards.records[card.guid] = structs.replace(found, category="CC", agency_code="H46.12")
    return card


@pytest.mark.reason(ReasonCode.CATEGORY_NOT_ACCEPTED)
@pytest.mark.reason(ReasonCode.AGENCY_NOT_ACCEPTED)
@pytest.mark.reason(ReasonCode.ZONE_NOT_ACCEPTED)
@pytest.mark.reason(ReasonCode.OUTSIDE_SCHEDULE)
@pytest.mark.reason(ReasonCode.POLICY_NOT_IN_FORCE)
@pytest.mark.parametrize(("reason", "written"), REFUSALS.items())
def test_a_good_card_where_it_may_not_be(
    world: World, reason: ReasonCode, written: tuple[str, str]
) -> None:
    put(world, *written)
    decision = outcome(world, civil_servant(world).answer(world.challenge()))
    assert isinstance(decision, Denied)
    assert decision.reasons == (reason,)
    verdicts = decision.verdicts
    assert (verdicts.facts, verdicts.status) == (Verdict.PASS, Verdict.PASS)
    assert verdicts.policy is Verdict.FAIL
    kept = world.log.decisions[-1]
    assert kept.inputs is not None
    assert (kept.inputs.category, kept.inputs.agency_code) == ("CC", "H46.12")
    assert (kept.policy_version, kept.rule) == (7, None)


@pytest.mark.reason(ReasonCode.POLICY_FORBIDS)
def test_a_card_that_a_rule_shuts_out(world: World) -> None:
    put(world, effect="deny", conditions=f'zones = ["x"]\n[zones]\nx = ["{AGENT}"]')
    assert denial(world, civil_servant(world).answer(world.challenge())) is (
        ReasonCode.POLICY_FORBIDS
    )
    assert world.log.decisions[-1].rule == "r"


@pytest.mark.reason(ReasonCode.STATUS_STALE)
def test_a_copy_of_the_record_that_is_too_old(world: World) -> None:
    put(world, "status = { fresh_for_seconds = 60 }")
    card = civil_servant(world)
    found = world.cards.records[card.guid]
    world.cards.records[card.guid] = structs.replace(found, as_of=AT - timedelta(seconds=60))
    assert isinstance(outcome(world, card.answer(world.challenge())), Granted)
    world.cards.records[card.guid] = structs.replace(found, as_of=AT - timedelta(seconds=61))
    decision = outcome(world, card.answer(world.challenge()))
    assert isinstance(decision, Denied)
    assert decision.reasons == (ReasonCode.STATUS_STALE,)
    assert decision.verdicts.status is Verdict.FAIL


def asking(answer: UnverifiedPresentation, *names: str) -> UnverifiedPresentation:
    return replace(answer, asked=names)


@pytest.mark.reason(ReasonCode.ATTRIBUTE_NOT_ALLOWED)
@pytest.mark.parametrize(
    "names",
    [
        ("name", "birth_date"),
        ("over_17",),
        ("delegate_of:0101234567",),
        ("delegate_of:x",),
        ("name", "name"),
        ("name:1",),
        ("",),
        tuple(f"over_{years}" for years in range(1, 40)),
    ],
)
def test_who_asks_for_more_than_is_allowed_learns_nothing(
    world: World, names: tuple[str, ...]
) -> None:
    put(world, 'release = { attributes = ["name", "over_18"] }')
    card = civil_servant(world)
    decision = outcome(world, asking(card.answer(world.challenge()), *names))
    assert isinstance(decision, Denied)
    assert decision.reasons == (ReasonCode.ATTRIBUTE_NOT_ALLOWED,)
    assert world.log.decisions[-1].released == ()
    assert world.receipts.signed[-1]["reason"] == "asks_too_much"


@pytest.mark.reason(ReasonCode.CONSENT_REQUIRED)
def test_nothing_is_told_without_the_holders_consent(world: World) -> None:
    put(world, CONSENT)
    card = civil_servant(world)
    assert denial(world, card.answer(world.challenge())) is ReasonCode.CONSENT_REQUIRED
    # a service that asks for nothing needs no consent
    assert isinstance(outcome(world, asking(card.answer(world.challenge()))), Granted)
    assert world.log.decisions[-1].consent is None
    consent = compiled(policy_text(CONSENT)).release.consent
    assert consent is not None
    # the PIN alone agrees to nothing, nor does it to words that nobody wrote, or to older ones
    for shown in (None, "", "2026-1", f"2026-1.{16 * '0'}", f"{consent.id} "):
        answer = replace(card.answer(world.challenge(), *BOTH), consent=shown)
        assert denial(world, answer) is ReasonCode.CONSENT_REQUIRED
    chip_only = replace(card.answer(world.challenge()), consent=consent.id)
    assert denial(world, chip_only) is ReasonCode.CONSENT_REQUIRED
    granted = outcome(world, replace(card.answer(world.challenge(), *BOTH), consent=consent.id))
    assert isinstance(granted, Granted)
    assert granted.release.consent == world.log.decisions[-1].consent == "2026-1"
    assert world.receipts.signed[-1]["consent"] == "2026-1"


def test_receipts_and_records_name_what_was_released_and_not_its_value(world: World) -> None:
    put(world, 'release = { attributes = ["name", "category"], rely_for_seconds = 60 }')
    granted = outcome(world, civil_servant(world).answer(world.challenge()))
    assert isinstance(granted, Granted)
    assert granted.release.values == {"name": "Nguyễn Văn Ân", "category": "CC"}
    claims = world.receipts.signed[-1]
    assert claims["released"] == ["name", "category"]
    assert claims["rely_until"] == int(AT.timestamp()) + 60
    assert "Nguyễn" not in str(claims)
    assert "Nguyễn" not in str(world.log.decisions[-1])
    # the partner may not know the card, so that two partners can't compare their receipts
    assert "card" not in claims
    assert world.log.decisions[-1].guid is not None


@pytest.fixture
def book() -> MemoryPolicyBook:
    found = MemoryPolicyBook()
    for _ in range(2):
        put_draft(found, RELYING_PARTY, policy_text(), author="lan", at=AT)
    return found


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("operator", ["lan", "LAN", " lan "])
def test_nobody_activates_what_they_wrote(book: MemoryPolicyBook, operator: str) -> None:
    draft = require_version(book, RELYING_PARTY, SERVICE, 1)
    with pytest.raises(CardsvcError) as caught:
        activate(book, draft, operator=operator, active_from=AT, at=AT)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    assert book.acts == []


@pytest.mark.reason(ReasonCode.POLICY_NOT_REHEARSED)
def test_a_running_service_changes_only_after_a_rehearsal(book: MemoryPolicyBook) -> None:
    first, second = (require_version(book, RELYING_PARTY, SERVICE, number) for number in (1, 2))
    activate(book, first, operator="hung", active_from=AT, at=AT)
    with pytest.raises(CardsvcError) as caught:
        activate(book, second, operator="hung", active_from=AT, at=AT)
    assert caught.value.reason is ReasonCode.POLICY_NOT_REHEARSED
    rehearse(book, MemoryPast(()), second, operator="lan", since=AT, at=AT)
    rehearsed = require_version(book, RELYING_PARTY, SERVICE, 2)
    assert rehearsed.rehearsal == Rehearsal(AT, "lan", 0, 0)
    activate(book, rehearsed, operator="hung", active_from=AT, at=AT)
    act = roll_back(book, RELYING_PARTY, SERVICE, operator="lan", at=AT)
    assert (act.version, act.kind) == (1, ActivationKind.ROLLBACK)


@pytest.mark.reason(ReasonCode.POLICY_UNKNOWN)
def test_a_version_that_is_not_there(book: MemoryPolicyBook) -> None:
    for attempt in (
        lambda: require_version(book, RELYING_PARTY, SERVICE, 3),
        lambda: roll_back(book, RELYING_PARTY, SERVICE, operator="lan", at=AT),
    ):
        with pytest.raises(CardsvcError) as caught:
            attempt()
        assert caught.value.reason is ReasonCode.POLICY_UNKNOWN


def test_a_document_is_put_for_its_own_partner_alone(book: MemoryPolicyBook) -> None:
    with pytest.raises(CardsvcError) as caught:
        put_draft(book, "benh-vien", policy_text('partner = "truong"'), author="lan", at=AT)
    assert caught.value.reason is ReasonCode.MALFORMED_POLICY


def test_an_activation_is_never_backdated(book: MemoryPolicyBook) -> None:
    draft = require_version(book, RELYING_PARTY, SERVICE, 1)
    act = activate(book, draft, operator="hung", active_from=AT - timedelta(days=1), at=AT)
    assert act.active_from == AT

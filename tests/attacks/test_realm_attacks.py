"""Test cards where true ones are asked for, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec import structs

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.partner_records import PartnerProfile
from cardsvc.service_records import ServicePolicy
from cardsvc.terms import ApplicationKind, Realm
from issuance.enrol import request_card
from reader_agent.virtual.card import VirtualCard
from tests.support.decisions import denial, outcome
from tests.support.http_probe import Probe
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.policies import policy_text
from tests.support.taps import tap_at
from tests.support.verification_world import RELYING_PARTY as WORLDS_PARTY
from tests.support.verification_world import SERVICE as WORLDS_SERVICE
from tests.support.verification_world import TestCard, World
from verification.policy.simple import simple_policy
from verification.verdict import Denied, Granted, Verdict
from web.app import create_app
from web.partners.register import PartnerRegister

SANDBOX = "don-vi-thu"
Cards = tuple[tuple[VirtualCard, CardGuid], tuple[VirtualCard, CardGuid]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        register, at = PartnerRegister(running.installation.partners), running.clock.now()
        profile = PartnerProfile("Đơn vị thử nghiệm", Realm.SANDBOX)
        register.enrol(SANDBOX, profile, operator="admin", at=at)
        policy = simple_policy(SANDBOX, SERVICE)
        running.installation.access.put_policy(policy, operator="admin", at=at)
        yield running


@pytest.fixture(scope="module")
def cards(service: ServiceUnderTest) -> Cards:
    return service.active_card(), service.active_card(realm=Realm.SANDBOX)


def tap(service: ServiceUnderTest, card: VirtualCard, partner: str) -> str:
    decision = tap_at(service.kiosk, card, relying_party=partner)
    assert decision.granted is (decision.code == "granted")
    return decision.code


@pytest.mark.reason(ReasonCode.REALM_MISMATCH)
def test_cards_of_one_realm_open_nothing_in_the_other(
    service: ServiceUnderTest, cards: Cards
) -> None:
    (true_card, _), (test_card, _) = cards
    assert tap(service, true_card, RELYING_PARTY) == "granted"
    assert tap(service, test_card, SANDBOX) == "granted"
    assert tap(service, test_card, RELYING_PARTY) == "wrong_realm"
    assert service.last_reason() is ReasonCode.REALM_MISMATCH
    assert tap(service, true_card, SANDBOX) == "wrong_realm"
    assert service.last_reason() is ReasonCode.REALM_MISMATCH


def test_cards_of_the_other_realm_do_not_exist(service: ServiceUnderTest, cards: Cards) -> None:
    (_, true_guid), (_, test_guid) = cards
    access, at = service.installation.access, service.clock.now()
    tester = access.enrol_relying_party(SANDBOX, "Đơn vị", operator="admin", at=at)
    probe = Probe(create_app(service.installation.services), (tester,))
    for token, own, other in (
        (service.partner_token, true_guid, test_guid),
        (tester, test_guid, true_guid),
    ):
        seen = probe.send("GET", f"/api/v1/cards/{own}/status", token=token)
        assert seen.status_code == 200
        hidden = probe.refused("GET", f"/api/v1/cards/{other}/status", token=token)
        assert hidden == "404 card_unknown"
        for guid, expected in ((own, 200), (other, 404)):
            body = b'{"card": "%s"}' % str(guid).encode()
            assert probe.send("POST", "/partner/v1/status", body, token=token).status_code == (
                expected
            )


def test_a_card_in_a_test_cards_place_is_a_test_card(
    service: ServiceUnderTest, cards: Cards
) -> None:
    _, (_, test_guid) = cards
    store = service.installation.store
    with store.transaction() as unit:
        old = unit.card(test_guid)
        assert old.realm is Realm.SANDBOX
        holder = unit.application(old.application_id).holder
    again = request_card(
        store,
        application_id="a-renewal",
        card_type=old.card_type,
        holder=holder,
        operator="lan",
        at=service.clock.now(),
        kind=ApplicationKind.RENEW,
        replaces=test_guid,
    )
    assert again.realm is Realm.SANDBOX
    with store.transaction() as unit:
        assert unit.application("a-renewal").realm is Realm.SANDBOX


def put(world: World, agreement: str = "{}", realm: Realm = Realm.PRODUCTION) -> None:
    body = '[release]\nattributes = ["name", "card", "over_18"]'
    text = policy_text(body)
    policy = ServicePolicy(WORLDS_PARTY, WORLDS_SERVICE, 7, text, realm, agreement)
    world.put(policy)


def of_realm(world: World, realm: Realm) -> TestCard:
    card = world.card()
    found = world.cards.records[card.guid]
    world.cards.records[card.guid] = structs.replace(
        found, card=structs.replace(found.card, realm=realm)
    )
    return card


@pytest.mark.reason(ReasonCode.REALM_MISMATCH)
@pytest.mark.parametrize("card_realm", Realm)
@pytest.mark.parametrize("policy_realm", Realm)
def test_the_core_grants_within_one_realm_only(
    world: World, card_realm: Realm, policy_realm: Realm
) -> None:
    put(world, realm=policy_realm)
    decision = outcome(world, of_realm(world, card_realm).answer(world.challenge()))
    assert isinstance(decision, Granted) is (card_realm is policy_realm)
    if isinstance(decision, Denied):
        assert decision.reasons == (ReasonCode.REALM_MISMATCH,)
        assert decision.verdicts.facts is Verdict.FAIL


@pytest.mark.reason(ReasonCode.NOT_AGREED)
@pytest.mark.parametrize(
    ("agreement", "reason"),
    [
        ('{"services": ["khac"]}', ReasonCode.NOT_AGREED),
        ('{"services": []}', ReasonCode.NOT_AGREED),
        ('{"purposes": ["dossier.change"]}', ReasonCode.NOT_AGREED),
        ('{"minimum_level": "X2"}', ReasonCode.LEVEL_TOO_LOW),
    ],
)
def test_a_policy_that_goes_past_the_agreement(
    world: World, agreement: str, reason: ReasonCode
) -> None:
    put(world, agreement)
    assert denial(world, world.card().answer(world.challenge())) is reason


def test_an_old_status_is_refused_where_fresh_ones_were_agreed(world: World) -> None:
    put(world, '{"fresh_for_seconds": 60}')
    card = world.card()
    found, challenge = world.cards.records[card.guid], world.challenge()
    assert isinstance(outcome(world, card.answer(challenge)), Granted)
    old = found.card.expires_at.replace(year=2025)
    world.cards.records[card.guid] = structs.replace(found, as_of=old)
    assert denial(world, card.answer(world.challenge())) is ReasonCode.STATUS_STALE


def test_no_more_is_released_than_was_agreed(world: World) -> None:
    put(world, '{"attributes": ["over_18"]}')
    card = world.card()
    granted = outcome(world, card.answer(world.challenge()))
    assert isinstance(granted, Granted)
    assert set(granted.release.values) == {"over_18"}
    assert granted.trace is not None
    assert not granted.trace.names_card
    asked = replace(card.answer(world.challenge()), asked=("name",))
    assert denial(world, asked) is ReasonCode.ATTRIBUTE_NOT_ALLOWED

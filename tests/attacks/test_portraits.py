"""Portraits: fetched by others, for refused cards, too late, of a QR code, without being agreed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image

from cardsvc.audit import AuditAction
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.partner_records import ALL_SCOPES, USUAL_SCOPES, PartnerProfile, Scope
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import parse_object
from cardsvc.wire.tap import DecisionMessage
from cardsvc_client.receipts import decision_named
from issuance import lifecycle
from issuance.registry.photos import MAX_SCREEN_OCTETS
from reader_agent.client import ServiceClient
from reader_agent.portrait import released_portrait
from reader_agent.virtual.card import VirtualCard
from tests.support.counter import Counter
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.partner import X1, X2, Partner, answer, conforming_partner
from tests.support.portrait_policy import may_see, photograph
from tests.support.taps import tap_at
from verification.release.portrait import PORTRAIT_LIFETIME
from web.partners.register import PartnerRegister

X3 = AssuranceLevel.X3
SEES, MATCHES = "kiem-tra-tu-cach", "khu-vuc-han-che"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        may_see(running, SEES)
        may_see(running, MATCHES, X3)
        yield running


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    made, guid = service.active_card()
    photograph(service, guid)
    return made


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    agree(service, ALL_SCOPES)
    with conforming_partner(service) as made:
        yield made


def agree(service: ServiceUnderTest, scopes: frozenset[Scope]) -> None:
    register, at = PartnerRegister(service.installation.partners), service.clock.now()
    agreed = PartnerProfile("Trung tâm", scopes=scopes)
    register.enrol(RELYING_PARTY, agreed, operator="admin", at=at)


def tap(service: ServiceUnderTest, card: VirtualCard, name: str = SEES) -> DecisionMessage:
    return tap_at(service.kiosk, card, service=name)


def refusal(client: ServiceClient, decision: str) -> ReasonCode:
    with pytest.raises(CardsvcError) as caught:
        client.portrait(decision)
    return caught.value.reason


def releases(service: ServiceUnderTest) -> list[dict[str, object]]:
    kept = service.installation.audit.events(limit=1000)
    return [
        {"by": one.event.actor, "of": one.event.subject} | one.event.facts
        for one in kept
        if one.event.action is AuditAction.PORTRAIT_RELEASED
    ]


@pytest.mark.reason(ReasonCode.PORTRAIT_UNKNOWN)
def test_the_agent_that_brought_the_card_gets_the_portrait_and_nobody_else(
    service: ServiceUnderTest, card: VirtualCard
) -> None:
    decision = tap(service, card)
    assert decision.released["portrait"] is True
    name = released_portrait(decision)
    assert name is not None
    octets = service.kiosk.portrait(name)
    assert octets == service.kiosk.portrait(name)  # an answer can be lost on the way
    assert len(octets) <= MAX_SCREEN_OCTETS
    assert b"Da Nang" not in octets
    with Image.open(io.BytesIO(octets)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (360, 480))
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    told = {"by": "ki-ot-1", "of": name, "relying_party": RELYING_PARTY, "purpose": "card-check"}
    assert [told.items() <= one.items() for one in releases(service)] == [True, True]
    for stranger in (name, str(uuid.uuid4()), "\x00", "x" * 80, "..", "%2e%2e"):
        assert refusal(service.desk, stranger) is not ReasonCode.PORTRAIT_NOT_RELEASED
    assert refusal(service.desk, name) is ReasonCode.PORTRAIT_UNKNOWN
    assert len(releases(service)) == 2


@pytest.mark.reason(ReasonCode.PORTRAIT_NOT_RELEASED)
def test_a_service_that_was_not_promised_portraits_gets_none(
    service: ServiceUnderTest, card: VirtualCard
) -> None:
    decision = tap(service, card, SERVICE)
    assert decision.granted
    assert "portrait" not in decision.released
    assert released_portrait(decision) is None
    named = decision_named(decision.receipt)
    assert refusal(service.kiosk, named) is ReasonCode.PORTRAIT_NOT_RELEASED


def test_a_refused_card_shows_nobody(service: ServiceUnderTest, card: VirtualCard) -> None:
    suspended, guid = service.active_card()
    photograph(service, guid)
    store, at = service.installation.store, service.clock.now()
    lifecycle.suspend(store, guid, operator="lan", at=at)
    for refused in (tap(service, suspended), tap(service, card, MATCHES)):
        assert not refused.granted
        assert released_portrait(refused) is None
        named = decision_named(refused.receipt)
        assert refusal(service.kiosk, named) is ReasonCode.PORTRAIT_NOT_RELEASED


@pytest.mark.reason(ReasonCode.PORTRAIT_EXPIRED)
def test_a_portrait_is_there_for_a_minute(service: ServiceUnderTest, card: VirtualCard) -> None:
    name = released_portrait(tap(service, card)) or ""
    service.clock.advance(PORTRAIT_LIFETIME - timedelta(seconds=1))
    assert service.kiosk.portrait(name)
    service.clock.advance(timedelta(seconds=2))
    assert refusal(service.kiosk, name) is ReasonCode.PORTRAIT_EXPIRED


def test_who_has_no_photo_is_told_as_not_proven(service: ServiceUnderTest) -> None:
    decision = tap(service, service.active_card()[0])
    assert decision.granted
    assert decision.released["portrait"] is None
    named = decision_named(decision.receipt)
    assert refusal(service.kiosk, named) is ReasonCode.PORTRAIT_NOT_RELEASED


def test_a_partner_needs_the_scope_and_its_own_decision(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    shown = answer(card, partner.challenge(SEES))
    decision = partner.call("/api/v1/presentations", parse_object(shown.encode()))
    mine = f"/partner/v1/decisions/{decision_named(decision['receipt'])}/portrait"
    agree(service, USUAL_SCOPES)
    assert partner.refused(mine, {}, method="GET") == "403 scope_missing"
    agree(service, ALL_SCOPES)
    got = partner.probe.send("GET", mine, token=partner.token)
    assert (got.status_code, got.mimetype) == (200, "image/jpeg")
    assert got.headers["Cache-Control"] == "no-store"
    at_our_kiosk = f"/partner/v1/decisions/{released_portrait(tap(service, card))}/portrait"
    assert partner.refused(at_our_kiosk, {}, method="GET") == "404 portrait_unknown"


def test_an_officer_sees_whom_to_match_once_the_pin_was_proven(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    session = Counter.open(partner, MATCHES)
    path = session.path("/portrait")
    before = len(releases(service))
    assert partner.refused(path, {}, method="GET") == "409 session_level_missing"
    session.tap(card, X1)
    assert partner.refused(path, {}, method="GET") == "409 session_level_missing"
    assert session.tap(card, X2)["code"] == "level_too_low"
    got = partner.probe.send("GET", path, token=partner.token)
    assert (got.status_code, got.mimetype) == (200, "image/jpeg")
    assert session.id in [one["of"] for one in releases(service)]
    assert session.confirm()["released"]["portrait"] is True
    assert partner.refused(path, {}, method="GET") == "403 portrait_not_released"
    assert len(releases(service)) == before + 1


def test_whom_a_match_would_not_help_is_shown_to_no_officer(
    service: ServiceUnderTest, partner: Partner
) -> None:
    lost, guid = service.active_card()
    photograph(service, guid)
    session = Counter.open(partner, MATCHES)
    session.tap(lost, X2)
    lifecycle.suspend(service.installation.store, guid, operator="lan", at=service.clock.now())
    refused = partner.refused(session.path("/portrait"), {}, method="GET")
    assert refused == "403 portrait_not_released"
    unseen = Counter.open(partner, SERVICE)
    unseen.tap(service.active_card()[0], X2)
    refused = partner.refused(unseen.path("/portrait"), {}, method="GET")
    assert refused == "403 portrait_not_released"

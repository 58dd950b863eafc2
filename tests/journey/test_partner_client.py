"""A partner's program with ``cardsvc_client``, against the real service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization

import cardsvc_client
from cardsvc.card.guid import CardGuid
from cardsvc.partner_records import ALL_SCOPES, PartnerProfile
from cardsvc.terms import AssuranceLevel, CardType
from cardsvc.wire.tap import ChallengeMessage, PresentationMessage
from cardsvc_client import (
    Challenge,
    ClockOff,
    Conflict,
    Decision,
    InvalidReceipt,
    NotAllowed,
    NotAuthorised,
    NotFound,
    PartnerClient,
    PartnerKey,
    RequestInvalid,
    StaticToken,
    Visit,
    verify_receipt,
)
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.partner_keys import AUDIENCE, SigningKey
from tests.support.portrait_policy import may_see, photograph
from tests.support.taps import answer_to
from verification.visitor_pass import verify_pass
from web.partners.register import KeyTerm, PartnerRegister

KEY = SigningKey()
PEM = KEY.private.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


@pytest.fixture(scope="module")
def client(service: ServiceUnderTest) -> Iterator[PartnerClient]:
    register, at = PartnerRegister(service.installation.partners), service.clock.now()
    profile = PartnerProfile("Trung tâm", scopes=ALL_SCOPES)
    register.enrol(RELYING_PARTY, profile, operator="admin", at=at)
    register.add_key_set(RELYING_PARTY, KEY.key_set, KeyTerm(), operator="admin", at=at)
    key = PartnerKey(
        service.url, RELYING_PARTY, PEM, KEY.kid, issuer=AUDIENCE,
        now=lambda: service.clock.now().timestamp(),
    )  # fmt: skip
    with PartnerClient(service.url, RELYING_PARTY, key) as one:
        yield one


def answer(challenge: Challenge, card: VirtualCard, level: str = "X1") -> dict[str, object]:
    asked = ChallengeMessage.read(challenge.document)
    assert asked.message == challenge.message
    shown = answer_to(asked, card, AssuranceLevel[level]).presentation
    return PresentationMessage(shown.nonce, shown.objects, shown.proofs).as_object()


def tap(client: PartnerClient, card: VirtualCard, level: str = "X1") -> Decision:
    return client.present(answer(client.open_challenge(SERVICE, level), card, level))


def test_a_card_is_decided_and_its_receipt_checked_without_the_service(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    card, guid = service.active_card()
    for level in ("X1", "X2"):
        decision = tap(client, card, level)
        assert (decision.granted, decision.level) == (True, level)
    with pytest.raises(TypeError):
        bool(decision)
    keys = client.receipt_keys()
    claims = verify_receipt(decision.receipt, keys, expected_partner=RELYING_PARTY)
    assert claims["card"] == guid.urn
    kept = client.decision(claims["jti"])
    assert (kept["granted"], kept["receipt"]) == (True, decision.receipt)
    with pytest.raises(InvalidReceipt, match="another partner"):
        verify_receipt(decision.receipt, keys, expected_partner="benh-vien")


def test_the_photo_that_a_decision_released_is_fetched(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    card, guid = service.active_card()
    may_see(service, "kiem-tra-tu-cach")
    photograph(service, guid)
    asked = client.open_challenge("kiem-tra-tu-cach")
    decision = client.present(answer(asked, card))
    assert decision.released["portrait"] is True
    assert client.portrait(decision).startswith(b"\xff\xd8\xff")
    with pytest.raises(NotAllowed):
        client.portrait(tap(client, card))
    with pytest.raises(InvalidReceipt):
        client.portrait(replace(decision, receipt="a.b"))


@pytest.mark.parametrize("spoil", ["signature", "payload", "none", "junk", "keys"])
def test_a_receipt_that_was_touched_is_none(
    service: ServiceUnderTest, client: PartnerClient, spoil: str
) -> None:
    card, _ = service.active_card()
    receipt, keys = tap(client, card).receipt, client.receipt_keys()
    head, body, signature = receipt.split(".")
    spoilt = {
        "signature": f"{head}.{body}.{signature[::-1]}",
        "payload": f"{head}.{body[:-4]}AAAA.{signature}",
        "none": f"eyJhbGciOiJub25lIiwidHlwIjoiY2FyZHN2Yy1yZWNlaXB0K2p3dCJ9.{body}.",
        "junk": "a.b",
        "keys": receipt,
    }[spoil]
    with pytest.raises(InvalidReceipt):
        verify_receipt(spoilt, {"keys": []} if spoil == "keys" else keys)


def test_many_cards_at_once_and_one_that_can_not_be_read(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    card, _ = service.active_card()
    good = answer(client.open_challenge(SERVICE), card)
    first, second, third = client.present_many([good, {"nonce": "x"}, good])
    assert isinstance(first, Decision)
    assert first.granted
    assert second == "malformed_message"
    assert isinstance(third, Decision)
    assert not third.granted


def test_where_a_card_stands(service: ServiceUnderTest, client: PartnerClient) -> None:
    card, guid = service.active_card()
    assert client.status_of_card(str(guid)).usable
    receipt = tap(client, card).receipt
    assert client.status_of_receipt(receipt).state == "active"
    pseudonym = tap(client, card).pseudonym
    assert pseudonym is not None
    assert client.status_of_pseudonym(pseudonym).state == "active"
    with pytest.raises(NotFound) as caught:
        client.status_of_card(str(CardGuid(b"\x01" * 16)))
    assert caught.value.reason == "card_unknown"
    assert caught.value.request_id
    with pytest.raises(RequestInvalid):
        client.status_of_card("no guid")


def test_a_session_goes_up_to_the_officer_who_matched_the_photo(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    card, _ = service.active_card()
    opened = client.sessions.open(SERVICE)
    assert (opened.is_open, opened.steps, opened.level) == (True, 0, None)
    for level in ("X1", "X2"):
        asked = client.sessions.ask(opened.id, level)
        assert client.sessions.answer(opened.id, answer(asked, card, level)).level == level
    with pytest.raises(NotAllowed):
        client.sessions.portrait(opened.id)
    matched = client.sessions.confirm_photo(opened.id, "can-bo-lan", asked=[])
    assert (matched.granted, matched.level) == (True, "X3")
    now = client.sessions.find(opened.id)
    assert (now.steps, now.level, now.expires_at) == (3, "X3", opened.expires_at)
    assert client.sessions.close(opened.id).state == client.sessions.close(opened.id).state
    with pytest.raises(Conflict):
        client.sessions.ask(opened.id)
    with pytest.raises(NotFound):
        client.sessions.find("../sessions")


def test_a_delegate_is_asked_about(service: ServiceUnderTest, client: PartnerClient) -> None:
    card, _ = service.active_card(CardType.BUSINESS)
    shown = answer(client.open_challenge(SERVICE), card)
    decision = client.check_delegation(shown, "0100109106", act="nộp hồ sơ")
    assert (decision.granted, decision.level) == (False, "X1")
    assert "delegation" in verify_receipt(decision.receipt, client.receipt_keys())
    with pytest.raises(RequestInvalid):
        client.check_delegation(shown, "no number")


def test_a_visitor_is_let_in_as_often_as_was_agreed(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    at = service.clock.now()
    visit = Visit("khoa-noi", "nha-b", "Họp giao ban", at, at + timedelta(hours=2), "Trần Thị Bình")
    issued = client.passes.issue(visit)
    assert issued.text is not None
    assert visit.visitor not in repr((visit, issued))
    elsewhere = client.passes.show(issued.text, "nha-c")
    assert (elsewhere.granted, elsewhere.code) == (False, "pass_elsewhere")
    shown = client.passes.show(issued.text, "nha-b")
    assert (shown.granted, shown.visitor, shown.entries_left) == (True, "Trần Thị Bình", 0)
    with pytest.raises(TypeError):
        bool(shown)
    found = client.passes.find(issued.id)
    assert (found.used, found.revoked, found.text) == (1, False, None)
    assert client.passes.revoke(issued.id).revoked
    assert client.passes.show(issued.text, "nha-b").code == "pass_revoked"
    keys = client.passes.keys()
    verify_pass(issued.text, keys, expected_issuer="cardsvc", at=service.clock.now(), zone="nha-b")
    assert client.passes.revoked_list().count(".") == 2
    with pytest.raises(ValueError, match="time zone"):
        client.passes.issue(replace(visit, not_before=at.replace(tzinfo=None)))


def test_what_happened_is_read_page_by_page(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    card, _ = service.active_card()
    tap(client, card)
    events = list(client.events())
    positions = [int(one["sequence"]) for one in events]
    assert positions == sorted(set(positions))
    assert list(client.events(after=positions[-1] if positions else 0)) == []


def test_a_client_whose_key_was_ended_is_let_in_no_more(
    service: ServiceUnderTest, client: PartnerClient
) -> None:
    _, guid = service.active_card()
    assert client.status_of_card(str(guid)).usable
    register, at = PartnerRegister(service.installation.partners), service.clock.now()
    second = SigningKey(kid="khoa-2")
    register.add_key_set(RELYING_PARTY, second.key_set, KeyTerm(), operator="admin", at=at)
    # the first key's tokens end; the client is told 401 and can't get another with that key
    register.revoke_key(RELYING_PARTY, KEY.kid, operator="admin", at=at)
    # the service of the tests lives in another year than the Date of its server
    with pytest.raises(ClockOff) as caught:
        client.status_of_card(str(guid))
    refused = caught.value.__cause__
    assert isinstance(refused, NotAuthorised)
    assert refused.reason == "invalid_client"


def test_a_strangers_token_is_refused(service: ServiceUnderTest) -> None:
    with (
        PartnerClient(service.url, RELYING_PARTY, StaticToken("nobody's")) as stranger,
        pytest.raises(NotAuthorised) as caught,
    ):
        stranger.open_challenge(SERVICE)
    assert (caught.value.status, caught.value.reason) == (401, "access_denied")


def test_what_the_package_offers_is_named() -> None:
    assert set(cardsvc_client.__all__) <= set(vars(cardsvc_client))

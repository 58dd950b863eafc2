"""One card from request to revocation, as people use it, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
import urllib3
from cryptography import x509

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.session import PivSession
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType, RevocationReason
from issuance import lifecycle
from keys.signers import verify_receipt
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import (
    RELYING_PARTY,
    SERVICE,
    ServiceUnderTest,
)
from tests.support.taps import answer_at, tap_at

FINAL = RevocationReason.KEY_COMPROMISE


@pytest.fixture(scope="module")
def service(service_on_either_database: ServiceUnderTest) -> ServiceUnderTest:
    return service_on_either_database


@pytest.mark.parametrize("card_type", CardType)
def test_every_type_of_card_is_granted_until_it_is_revoked(
    service: ServiceUnderTest, card_type: CardType
) -> None:
    card, guid = service.active_card(card_type)
    store, at = service.installation.store, service.clock.now()
    for level in (AssuranceLevel.X1, AssuranceLevel.X2):
        decision = tap_at(service.kiosk, card, level)
        assert (decision.granted, decision.level) == (True, level.name)
        assert decision.holder_name
    lifecycle.suspend(store, guid, operator="lan", at=at)
    assert tap_at(service.kiosk, card).code == "card_suspended"
    lifecycle.resume(store, guid, operator="hung", at=at)
    assert tap_at(service.kiosk, card).granted
    lifecycle.revoke(store, guid, reason=FINAL, operator="hung", at=at)
    decision = tap_at(service.kiosk, card)
    assert (decision.granted, decision.code) == (False, "card_revoked")
    assert service.last_reason() is ReasonCode.CARD_REVOKED


def test_a_tap_costs_four_apdus_and_under_900_octets(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    cost = answer_at(service.kiosk, card).cost
    assert cost.apdus <= 6
    assert cost.octets <= 900


def test_a_tap_without_a_pin_names_nobody(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    presentation = answer_at(service.kiosk, card).presentation
    shown = b"".join(presentation.objects.values()) + b"".join(presentation.proofs.values())
    assert "Hoà".encode() not in shown
    assert b"001190012345" not in shown
    assert str(guid).encode() in shown


def test_nothing_is_granted_before_activation(service: ServiceUnderTest) -> None:
    card = service.blank()
    guid = service.personalise(card, service.approved_application())
    assert tap_at(service.kiosk, card).code == "card_not_active"
    service.hand_over(guid)
    assert tap_at(service.kiosk, card).code == "card_not_active"
    service.activate(card, guid)
    assert tap_at(service.kiosk, card).granted


def test_an_answer_is_taken_once_over_http(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    presentation = answer_at(service.kiosk, card).presentation
    assert service.kiosk.present(presentation).granted
    assert service.kiosk.present(presentation).code == "try_again"
    assert service.last_reason() is ReasonCode.CHALLENGE_UNKNOWN


def test_an_answer_brought_by_another_agent(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    presentation = answer_at(service.kiosk, card).presentation
    assert not service.desk.present(presentation).granted
    assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND


def test_an_answer_after_a_minute(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    presentation = answer_at(service.kiosk, card).presentation
    service.clock.advance(timedelta(seconds=60))
    assert service.kiosk.present(presentation).code == "try_again"
    assert service.last_reason() is ReasonCode.CHALLENGE_EXPIRED


def test_an_activation_challenge_opens_no_service(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    given = answer_at(service.kiosk, card, AssuranceLevel.X1, "cardsvc", "activation")
    assert not service.kiosk.present(given.presentation).granted


def test_a_tap_cannot_activate(service: ServiceUnderTest) -> None:
    card = service.blank()
    guid = service.personalise(card, service.approved_application())
    service.hand_over(guid)
    given = answer_at(service.kiosk, card).presentation
    assert not service.kiosk.activate(given).granted
    assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND


def test_the_card_keeps_nothing_of_the_factory(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    session = PivSession(connect_in_process(card))
    session.select()
    assert session.pin_tries_left() == 3
    assert {KeySlot(slot) for slot in card.state.keys} == {
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    }
    assert not card.state.management_key.octets.startswith(bytes.fromhex("0102030405060708"))


def test_status_documents_follow_the_card(service: ServiceUnderTest) -> None:
    _, guid = service.active_card()
    http = urllib3.PoolManager()

    def listed() -> set[int]:
        der = http.request("GET", f"{service.url}/status/civil_servant.crl").data
        return {entry.serial_number for entry in x509.load_der_x509_crl(der)}

    with service.installation.store.transaction() as unit:
        serials = {key.serial for key in unit.card(guid).keys}
    assert not serials & listed()
    at = service.clock.now()
    lifecycle.revoke(service.installation.store, guid, reason=FINAL, operator="hung", at=at)
    assert serials <= listed()
    http.clear()


def test_a_receipt_is_checked_with_the_published_keys(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    http = urllib3.PoolManager()
    keys = http.request("GET", f"{service.url}/.well-known/jwks.json").json()
    http.clear()
    receipt = tap_at(service.kiosk, card).receipt
    claims = verify_receipt(receipt, keys)
    assert claims["card"] == guid.urn
    assert claims["decision"] == "granted"
    assert "Hoà" not in str(jwt.decode(receipt, options={"verify_signature": False}))


def test_the_partner_sees_a_cards_state_and_its_own_decisions(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    tap_at(service.kiosk, card)
    decision = service.installation.history.recent(1)[0]
    http = urllib3.PoolManager(headers={"Authorization": f"Bearer {service.partner_token}"})
    status = http.request("GET", f"{service.url}/api/v1/cards/{guid}/status").json()
    assert (status["card"], status["state"]) == (guid.urn, "active")
    found = http.request("GET", f"{service.url}/api/v1/decisions/{decision.id}").json()
    assert found["receipt"] == decision.receipt
    unknown = http.request("GET", f"{service.url}/api/v1/cards/{CardGuid(b'0' * 16)}/status")
    assert (unknown.status, unknown.json()["reason"]) == (404, "card_unknown")
    http.clear()


def test_the_audit_log_holds_it_all_together(service: ServiceUnderTest) -> None:
    installation = service.installation
    installation.audit.sign_head(installation.log_signer, service.clock.now())
    verified = installation.audit.verify(installation.log_verifier)
    assert verified.size > 0


def test_a_service_that_is_not_there_is_said_to_be_the_network(service: ServiceUnderTest) -> None:
    nobody = ServiceClient("http://127.0.0.1:9", "token")
    with pytest.raises(ServiceError) as caught:
        nobody.open_challenge(RELYING_PARTY, SERVICE, AssuranceLevel.X1)
    assert caught.value.reason is ReasonCode.NETWORK_FAILED


def test_a_tampered_answer_is_denied(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    presentation = answer_at(service.kiosk, card).presentation
    proofs = {slot: signature[:-1] + b"\x00" for slot, signature in presentation.proofs.items()}
    assert service.kiosk.present(replace(presentation, proofs=proofs)).code == "card_not_valid"

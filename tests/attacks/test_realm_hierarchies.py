"""Whoever believes one realm's anchors believes nothing of the other's, both ways."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from sqlalchemy import update

from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.card.session import PivSession
from cardsvc.errors import CardsvcError, ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.partner_records import PartnerProfile
from cardsvc.store.realm_cards import SqlSandboxCards
from cardsvc.store.schema import CardRow
from cardsvc.terms import CardType, Realm, RevocationReason
from cardsvc.wire.credential import CardCredential, credential_issuer, encode_claims
from issuance import lifecycle
from issuance.old_test_cards import end_old_test_cards
from keys.ceremony_plan import TEST_MARK
from keys.pki import Pki
from keys.signers import verify_receipt
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.http_probe import Probe
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.taps import tap_at
from verification.bundle.parts import parse_issuers
from verification.credential import verify_credential
from verification.flows.visitor_desk import Visit
from verification.path.facts import read_facts
from verification.path.trust import TrustMaterial, parse_certificates, sort_certificates
from verification.policy.simple import simple_policy
from verification.status.list_token import verify_status_list
from verification.trusted import PkiTrust
from verification.visitor_pass import verify_pass
from web.app import create_app
from web.partners.register import PartnerRegister

SANDBOX = "don-vi-thu"
OTHER = {Realm.PRODUCTION: Realm.SANDBOX, Realm.SANDBOX: Realm.PRODUCTION}
PARTY = {Realm.PRODUCTION: RELYING_PARTY, Realm.SANDBOX: SANDBOX}
Cards = dict[Realm, tuple[VirtualCard, CardGuid]]
DAY = timedelta(days=1)
BOTH = pytest.mark.parametrize("realm", Realm)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        at = running.clock.now()
        register = PartnerRegister(running.installation.partners)
        profile = PartnerProfile("Đơn vị thử nghiệm", Realm.SANDBOX)
        register.enrol(SANDBOX, profile, operator="admin", at=at)
        policy = simple_policy(SANDBOX, SERVICE)
        running.installation.access.put_policy(policy, operator="admin", at=at)
        yield running


@pytest.fixture(scope="module")
def pki(service: ServiceUnderTest) -> Pki:
    return service.installation.pki


@pytest.fixture(scope="module")
def cards(service: ServiceUnderTest) -> Cards:
    return {realm: service.active_card(realm=realm) for realm in Realm}


def trust_in(pki: Pki, realm: Realm) -> PkiTrust:
    """What software trusts that has no more than the published PEM file."""
    certificates = parse_certificates(pki.status.anchors(realm))
    issuing = {one.subject: kind for kind, one in pki.of(realm).issuing_certificates.items()}
    key_ids = {
        one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest: issuing[
            one.subject
        ]
        for one in certificates
        if one.subject in issuing
    }
    found = sort_certificates(certificates)
    return PkiTrust(TrustMaterial(found.anchors, found.intermediates), key_ids)


def certificate(card: VirtualCard, slot: KeySlot) -> x509.Certificate:
    connection = connect_in_process(card)
    session = PivSession(connection)
    session.select()
    octets = session.read_object(CERTIFICATE_OBJECT[slot])
    connection.close()
    return parse_certificate_object(octets)


def tap(service: ServiceUnderTest, card: VirtualCard, realm: Realm) -> tuple[str, str]:
    decision = tap_at(service.kiosk, card, relying_party=PARTY[realm])
    return decision.code, decision.receipt


@BOTH
def test_card_certificates_hold_under_their_own_anchors_alone(
    service: ServiceUnderTest, pki: Pki, cards: Cards, realm: Realm
) -> None:
    at, (card, _) = service.clock.now(), cards[realm]
    own, other = trust_in(pki, realm), trust_in(pki, OTHER[realm])
    leaf = read_facts(certificate(card, KeySlot.CARD_AUTHENTICATION))
    assert own.check_card_certificate(leaf, at, pin_key=False) is CardType.CIVIL_SERVANT
    with pytest.raises(VerificationError) as refused:
        other.check_card_certificate(leaf, at, pin_key=False)
    assert refused.value.reason is ReasonCode.UNTRUSTED_ISSUER
    for kind in CardType:
        signer = pki.of(realm).content_signers[kind].certificate
        own.check_content_signer(signer, at)
        with pytest.raises(VerificationError) as unknown:
            other.check_content_signer(signer, at)
        assert unknown.value.reason is ReasonCode.UNTRUSTED_ISSUER


def test_every_name_of_the_sandbox_says_that_it_is_a_test(pki: Pki, cards: Cards) -> None:
    def marked(certificate: x509.Certificate, *, issuer: bool = False) -> bool:
        name = certificate.issuer if issuer else certificate.subject
        (value,) = (one.value for one in name.get_attributes_for_oid(NameOID.COMMON_NAME))
        return str(value).startswith(TEST_MARK.strip())

    assert marked(pki.sandbox.root_certificate)
    assert all(marked(one) for one in pki.sandbox.issuing_certificates.values())
    assert marked(certificate(cards[Realm.SANDBOX][0], KeySlot.CARD_AUTHENTICATION), issuer=True)
    assert not marked(certificate(cards[Realm.PRODUCTION][0], KeySlot.AUTHENTICATION), issuer=True)
    lines = [line for line in pki.transcript if line.label.startswith("sandbox-")]
    assert len(lines) * 2 == len(pki.transcript)
    assert all(TEST_MARK.strip() in line.subject for line in lines)


@BOTH
@pytest.mark.reason(ReasonCode.RECEIPT_BAD_SIGNATURE)
def test_receipts_hold_under_their_own_keys_alone(
    service: ServiceUnderTest, pki: Pki, cards: Cards, realm: Realm
) -> None:
    code, receipt = tap(service, cards[realm][0], realm)
    assert code == "granted"
    assert verify_receipt(receipt, pki.status.jwks(realm))["aud"] == PARTY[realm]
    with pytest.raises(VerificationError) as refused:
        verify_receipt(receipt, pki.status.jwks(OTHER[realm]))
    assert refused.value.reason is ReasonCode.RECEIPT_BAD_SIGNATURE


@BOTH
@pytest.mark.reason(ReasonCode.REALM_MISMATCH)
def test_a_record_that_was_changed_does_not_carry_a_card_over(
    service: ServiceUnderTest, cards: Cards, realm: Realm
) -> None:
    card, guid = cards[realm]
    move(service, guid, OTHER[realm])
    try:
        for where in Realm:
            assert tap(service, card, where)[0] == "wrong_realm"
            assert service.last_reason() is ReasonCode.REALM_MISMATCH
    finally:
        move(service, guid, realm)
    assert tap(service, card, realm)[0] == "granted"


def move(service: ServiceUnderTest, guid: CardGuid, realm: Realm) -> None:
    """Write another realm into a card's record, as nothing of ours does."""
    with service.installation.database.engine.begin() as connection:
        connection.execute(update(CardRow).where(CardRow.guid == guid).values(realm=realm))


@BOTH
@pytest.mark.reason(ReasonCode.CREDENTIAL_BAD_SIGNATURE)
def test_qr_codes_hold_under_their_own_keys_alone(service: ServiceUnderTest, realm: Realm) -> None:
    installation, at = service.installation, service.clock.now()
    issuer = credential_issuer("cardsvc", realm)
    # the name of the other realm does not help: it is the key that is believed
    for named in (issuer, credential_issuer("cardsvc", OTHER[realm])):
        said = CardCredential(
            named, CardGuid(b"\x01" * 16), "Trần Thị Bình", CardType.INDIVIDUAL, at, at + DAY
        )
        text = installation.faces.signers[realm].sign(encode_claims(said))
        keys = installation.services.credential_keys
        assert verify_credential(text, keys(realm), expected_issuer=named, at=at)
        with pytest.raises(VerificationError) as refused:
            verify_credential(text, keys(OTHER[realm]), expected_issuer=named, at=at)
        assert refused.value.reason is ReasonCode.CREDENTIAL_BAD_SIGNATURE


@BOTH
@pytest.mark.reason(ReasonCode.PASS_BAD_SIGNATURE)
def test_visitor_passes_hold_under_their_own_keys_alone(
    service: ServiceUnderTest, realm: Realm
) -> None:
    desk, at = service.installation.services.flows.visitors, service.clock.now()
    visit = Visit("khoa-noi", "nha-b", "Họp", None, 1, at, at + timedelta(hours=1))
    _, text = desk.issue(PARTY[realm], realm, visit, at)
    issuer = credential_issuer("cardsvc", realm)
    assert verify_pass(text, desk.signers[realm].jwks(), expected_issuer=issuer, at=at)
    with pytest.raises(VerificationError) as refused:
        verify_pass(text, desk.signers[OTHER[realm]].jwks(), expected_issuer=issuer, at=at)
    assert refused.value.reason is ReasonCode.PASS_BAD_SIGNATURE
    other = desk.show(PARTY[OTHER[realm]], OTHER[realm], text, zone="nha-b", agent="cong", at=at)
    assert other.reason is ReasonCode.PASS_BAD_SIGNATURE


@BOTH
@pytest.mark.reason(ReasonCode.STATUS_LIST_BAD_SIGNATURE)
def test_status_lists_hold_under_their_own_keys_alone(
    service: ServiceUnderTest, pki: Pki, cards: Cards, realm: Realm
) -> None:
    services, at = service.installation.services, service.clock.now()
    places = {one: services.places.place(guid) for one, (_, guid) in cards.items()}
    place, other = places[realm], places[OTHER[realm]]
    assert place is not None
    assert other is not None
    assert place.list_number != other.list_number
    uri, document = (
        services.status.list_uri(place.list_number),
        services.status.list_token(place.list_number, at),
    )
    assert uri is not None
    assert document is not None
    token = document.octets.decode()
    verify_status_list(token, pki.status.jwks(realm), expected_uri=uri, at=at).require_valid(
        place.index
    )
    with pytest.raises(CardsvcError) as refused:
        verify_status_list(token, pki.status.jwks(OTHER[realm]), expected_uri=uri, at=at)
    assert refused.value.reason is ReasonCode.STATUS_LIST_BAD_SIGNATURE


@BOTH
def test_revocation_lists_are_of_one_realm(
    service: ServiceUnderTest, pki: Pki, cards: Cards, realm: Realm
) -> None:
    del cards
    _, guid = service.active_card(CardType.INDIVIDUAL, realm)
    end(service, guid)
    name = "individual" if realm is Realm.PRODUCTION else "sandbox-individual"
    serials = {
        one: {found.serial_number for found in crl(service, one, CardType.INDIVIDUAL)}
        for one in Realm
    }
    with service.installation.store.transaction() as unit:
        revoked = {key.serial for key in unit.card(guid).keys}
    assert name in pki.status.names()
    assert revoked <= serials[realm]
    assert not revoked & serials[OTHER[realm]]


def end(service: ServiceUnderTest, guid: CardGuid) -> None:
    lifecycle.revoke(
        service.installation.store, guid, reason=RevocationReason.KEY_COMPROMISE,
        operator="hung", at=service.clock.now(),
    )  # fmt: skip


def crl(service: ServiceUnderTest, realm: Realm, kind: CardType) -> x509.CertificateRevocationList:
    name = kind.value if realm is Realm.PRODUCTION else f"sandbox-{kind.value}"
    document = service.installation.pki.status.crl_document(name, service.clock.now())
    assert document is not None
    return x509.load_der_x509_crl(document.octets)


@BOTH
def test_a_bundle_holds_the_anchors_of_its_partners_realm(
    service: ServiceUnderTest, pki: Pki, cards: Cards, realm: Realm
) -> None:
    at = service.clock.now()
    press = service.installation.services.bundles
    token = press.manifest(PARTY[realm], "ki-ot-1", at)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    part = press.part(bytes.fromhex(claims["content"]["issuers"]))
    assert part is not None
    trusted = parse_issuers(part)
    leaf = read_facts(certificate(cards[realm][0], KeySlot.CARD_AUTHENTICATION))
    trusted.check_card_certificate(leaf, at, pin_key=False)
    other = read_facts(certificate(cards[OTHER[realm]][0], KeySlot.CARD_AUTHENTICATION))
    with pytest.raises(VerificationError) as refused:
        trusted.check_card_certificate(other, at, pin_key=False)
    assert refused.value.reason is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.REALM_MISMATCH)
def test_a_test_card_of_before_is_refused_everywhere_and_ended(
    service: ServiceUnderTest, pki: Pki
) -> None:
    card, guid = service.active_card(CardType.BUSINESS)
    move(service, guid, Realm.SANDBOX)  # as the record of a test card was, under production's CA
    for realm in Realm:
        assert tap(service, card, realm)[0] == "wrong_realm"
        assert service.last_reason() is ReasonCode.REALM_MISMATCH
    installation, at = service.installation, service.clock.now()
    issuers = {one.issuer.key_id for one in pki.authorities.values()}
    found = SqlSandboxCards(installation.database)

    def run() -> list[CardGuid]:
        return end_old_test_cards(installation.store, found, issuers, operator="quan-tri", at=at)

    assert run() == [guid]
    assert run() == []
    with installation.store.transaction() as unit:
        record = unit.card(guid)
    assert record.state is CardState.REVOKED
    listed = {one.serial_number for one in crl(service, Realm.PRODUCTION, CardType.BUSINESS)}
    assert {key.serial for key in record.keys} <= listed


def test_what_is_published_says_which_realm_it_is_of(service: ServiceUnderTest, pki: Pki) -> None:
    probe = Probe(create_app(service.installation.services), ())
    for realm in Realm:
        pem = probe.send("GET", f"/pki/{realm.value}/anchors.pem")
        assert pem.status_code == 200
        assert parse_certificates(pem.data)[0] == pki.of(realm).root_certificate
        keys = {
            name: probe.send("GET", f"/pki/{realm.value}/{name}.json").get_json()
            for name in ("jwks", "card-credential-keys", "visitor-pass-keys")
        }
        kids = {one["kid"] for key_set in keys.values() for one in key_set["keys"]}
        assert len(kids) == 4  # receipts and lists, QR codes, passes
        assert probe.send("GET", f"/pki/{realm.value}/visitor-passes").status_code == 200
        known = probe.send("GET", "/.well-known/jwks.json").get_json()
        assert (keys["jwks"] == known) is (realm is Realm.PRODUCTION)
    assert probe.send("GET", "/pki/other/jwks.json").status_code == 404

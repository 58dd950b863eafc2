"""What the CA issues over a real database, our own verification accepts, and refuses revoked."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from cardsvc.errors import ReasonCode
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.terms import CardType, RevocationReason
from issuance.ports import ProfileName
from keys.ceremony_plan import CeremonyPlan
from keys.pki import Pki, open_pki
from keys.software_vault import SoftwareVault
from tests.support.rehearsal_pki import AT, CHEAP, PASSPHRASE, make_request
from verification.path.facts import read_facts
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial, sort_certificates
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crl
from verification.status.ocsp import parse_ocsp_response
from verification.status.revocation import RevocationMaterial, check_status
from verification.trusted import PkiTrust

PURPOSES = {
    ProfileName.CARD_AUTHENTICATION: Purpose.CARD_AUTHENTICATION,
    ProfileName.AUTHENTICATION: Purpose.AUTHENTICATION,
    ProfileName.SIGNATURE: Purpose.SIGNATURE,
    ProfileName.KEY_MANAGEMENT: Purpose.KEY_MANAGEMENT,
}


@pytest.fixture
def vault(tmp_path: Path) -> SoftwareVault:
    return SoftwareVault.open(tmp_path / "vault", PASSPHRASE, cost=CHEAP)


@pytest.fixture
def ledger(database: Database) -> SqlCertificateLedger:
    return SqlCertificateLedger(database)


@pytest.fixture
def pki(vault: SoftwareVault, ledger: SqlCertificateLedger) -> Pki:
    return open_pki(CeremonyPlan(), vault, ledger, AT, root_vault=vault)


def trust_of(pki: Pki) -> TrustMaterial:
    return sort_certificates([pki.root_certificate, *pki.issuing_certificates.values()])


def crls_of(pki: Pki) -> RevocationMaterial:
    names = ["root", *(card_type.value for card_type in CardType)]
    return RevocationMaterial(tuple(parse_crl(pki.status.crl(name, AT) or b"") for name in names))


def answer_of(pki: Pki, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    return pki.status.ocsp(request.build().public_bytes(serialization.Encoding.DER), AT)


def issue(
    pki: Pki, profile: ProfileName, card_type: CardType = CardType.CIVIL_SERVANT
) -> x509.Certificate:
    return pki.factory.sign(pki.factory.prepare(make_request(profile, card_type), AT), AT)


def test_cards_are_accepted_for_their_purpose(pki: Pki) -> None:
    trust, crls = trust_of(pki), crls_of(pki)
    key_ids = {authority.issuer.key_id: kind for kind, authority in pki.authorities.items()}
    for card_type, (profile, purpose) in itertools.product(CardType, PURPOSES.items()):
        certificate = issue(pki, profile, card_type)
        path = validate_leaf(certificate, trust, AT, purpose)
        assert [finding.reason for finding in check_status(path, crls, AT)] == [None, None]
        if purpose in {Purpose.CARD_AUTHENTICATION, Purpose.AUTHENTICATION}:
            found = PkiTrust(trust, key_ids).check_card_certificate(
                read_facts(certificate), AT, pin_key=purpose is Purpose.AUTHENTICATION
            )
            assert found is card_type


def test_content_signers_are_accepted(pki: Pki) -> None:
    for signer in pki.content_signers.values():
        path = validate_leaf(signer.certificate, trust_of(pki), AT, Purpose.CONTENT_SIGNING)
        assert [finding.reason for finding in check_status(path, crls_of(pki), AT)] == [None, None]


def test_revoked_cards_are_told_by_crl_and_by_ocsp(pki: Pki, ledger: SqlCertificateLedger) -> None:
    authority = pki.authorities[CardType.CIVIL_SERVANT]
    key_id = authority.issuer.key_id

    def told(certificate: x509.Certificate) -> list[ReasonCode | None]:
        path = validate_leaf(certificate, trust_of(pki), AT, Purpose.CARD_AUTHENTICATION)
        answer = parse_ocsp_response(answer_of(pki, certificate, authority.certificate))
        by_ocsp = RevocationMaterial(ocsp_responses=(answer,))
        return [check_status(path, material, AT)[0].reason for material in (crls_of(pki), by_ocsp)]

    revoked = ReasonCode.CERTIFICATE_REVOKED
    cases: list[tuple[RevocationReason, ReasonCode, ReasonCode | None]] = [
        (RevocationReason.CERTIFICATE_HOLD, ReasonCode.CERTIFICATE_ON_HOLD, None),
        (RevocationReason.KEY_COMPROMISE, revoked, revoked),
        (RevocationReason.UNSPECIFIED, revoked, revoked),
    ]
    for reason, expected, after in cases:
        certificate = issue(pki, ProfileName.CARD_AUTHENTICATION)
        assert told(certificate) == [None, None]
        ledger.revoke(key_id, certificate.serial_number, reason, AT - timedelta(minutes=1))
        assert told(certificate) == [expected, expected]
        ledger.release_hold(key_id, certificate.serial_number, AT)
        assert told(certificate) == [after, after]


def test_the_ceremony_is_idempotent_over_the_database(
    pki: Pki, vault: SoftwareVault, ledger: SqlCertificateLedger
) -> None:
    again = open_pki(CeremonyPlan(), vault, ledger, AT + timedelta(hours=1), root_vault=None)
    assert not any(line.made for line in again.transcript)
    lines = [dataclasses.replace(line, made=False) for line in pki.transcript]
    assert list(again.transcript) == [line for line in lines if line.label != "root-1"]
    assert again.root_certificate == pki.root_certificate

"""CRLs and OCSP answers say what the ledger says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from cardsvc.terms import CardType, RevocationReason
from issuance.ports import ProfileName
from keys.crl import CRL_LIFETIME
from keys.status_documents import CRL_REFRESH
from tests.support.rehearsal_pki import AT, RehearsalPki

REASONS = [
    (RevocationReason.UNSPECIFIED, None),
    (RevocationReason.KEY_COMPROMISE, x509.ReasonFlags.key_compromise),
    (RevocationReason.AFFILIATION_CHANGED, x509.ReasonFlags.affiliation_changed),
    (RevocationReason.SUPERSEDED, x509.ReasonFlags.superseded),
    (RevocationReason.CESSATION_OF_OPERATION, x509.ReasonFlags.cessation_of_operation),
    (RevocationReason.CERTIFICATE_HOLD, x509.ReasonFlags.certificate_hold),
    (RevocationReason.PRIVILEGE_WITHDRAWN, x509.ReasonFlags.privilege_withdrawn),
]
CIVIL = CardType.CIVIL_SERVANT.value


def issue(rehearsal: RehearsalPki) -> x509.Certificate:
    return rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))


def issuer(rehearsal: RehearsalPki) -> x509.Certificate:
    return rehearsal.pki.factory.issuer(CardType.CIVIL_SERVANT)


def revoke(
    rehearsal: RehearsalPki,
    certificate: x509.Certificate,
    reason: RevocationReason,
    at: datetime = AT,
) -> None:
    key_id = rehearsal.pki.authorities[CardType.CIVIL_SERVANT].issuer.key_id
    rehearsal.ledger.revoke(key_id, certificate.serial_number, reason, at)


def crl(
    rehearsal: RehearsalPki, at: datetime = AT, name: str = CIVIL
) -> x509.CertificateRevocationList:
    der = rehearsal.pki.status.crl(name, at)
    assert der is not None
    return x509.load_der_x509_crl(der)


def ask(
    rehearsal: RehearsalPki,
    certificate: x509.Certificate,
    algorithm: hashes.HashAlgorithm | None = None,
    nonce: bytes | None = None,
    at: datetime = AT,
) -> ocsp.OCSPResponse:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate, issuer(rehearsal), algorithm or hashes.SHA256()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    request = builder.build().public_bytes(serialization.Encoding.DER)
    return ocsp.load_der_ocsp_response(rehearsal.pki.status.ocsp(request, at))


def test_a_crl_lists_each_reason(rehearsal: RehearsalPki) -> None:
    revoked = {}
    for hours, (reason, flag) in enumerate(REASONS):
        certificate = issue(rehearsal)
        at = AT + timedelta(hours=hours)
        revoke(rehearsal, certificate, reason, at)
        revoked[certificate.serial_number] = (flag, at)
    good = issue(rehearsal)
    made = crl(rehearsal)
    key = issuer(rehearsal).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert made.is_signature_valid(key)
    assert made.issuer == issuer(rehearsal).subject
    assert made.last_update_utc == AT
    assert made.next_update_utc == AT + CRL_LIFETIME
    assert {entry.serial_number for entry in made} == set(revoked)
    assert made.get_revoked_certificate_by_serial_number(good.serial_number) is None
    for entry in made:
        flag, at = revoked[entry.serial_number]
        assert entry.revocation_date_utc == at
        found = list(entry.extensions)
        if flag is None:
            assert found == []
        else:
            assert [extension.value for extension in found] == [x509.CRLReason(flag)]
    key_id = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    expected = issuer(rehearsal).extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert key_id.key_identifier == expected.value.digest


def test_crls_are_numbered_and_made_when_something_changed(rehearsal: RehearsalPki) -> None:
    def number(made: x509.CertificateRevocationList) -> int:
        return made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    first = crl(rehearsal)
    assert crl(rehearsal, AT + timedelta(minutes=1)) == first
    revoke(rehearsal, issue(rehearsal), RevocationReason.KEY_COMPROMISE)
    second = crl(rehearsal, AT + timedelta(minutes=1))
    third = crl(rehearsal, AT + timedelta(minutes=1) + CRL_REFRESH)
    assert [number(made) for made in (first, second, third)] == [1, 2, 3]
    assert third.last_update_utc > second.last_update_utc
    assert number(crl(rehearsal, name="root")) == 1


def test_a_released_hold_leaves_the_list(rehearsal: RehearsalPki) -> None:
    certificate = issue(rehearsal)
    revoke(rehearsal, certificate, RevocationReason.CERTIFICATE_HOLD)
    assert len(list(crl(rehearsal))) == 1
    key_id = rehearsal.pki.authorities[CardType.CIVIL_SERVANT].issuer.key_id
    rehearsal.ledger.release_hold(key_id, certificate.serial_number, AT)
    assert list(crl(rehearsal)) == []
    assert ask(rehearsal, certificate).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_an_expired_certificate_is_in_one_list_more(rehearsal: RehearsalPki) -> None:
    certificate = issue(rehearsal)
    revoke(rehearsal, certificate, RevocationReason.KEY_COMPROMISE)
    end = certificate.not_valid_after_utc
    assert len(list(crl(rehearsal, end + timedelta(days=1)))) == 1
    assert list(crl(rehearsal, end + CRL_LIFETIME + timedelta(days=1))) == []


@pytest.mark.parametrize(
    "algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]
)
def test_ocsp_answers_good_by_any_digest(
    rehearsal: RehearsalPki, algorithm: hashes.HashAlgorithm
) -> None:
    certificate = issue(rehearsal)
    response = ask(rehearsal, certificate, algorithm, nonce=b"n" * 32)
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == certificate.serial_number
    assert response.this_update_utc == AT
    assert response.next_update_utc == AT + timedelta(hours=24)
    nonce = response.extensions.get_extension_for_class(x509.OCSPNonce).value
    assert nonce.nonce == b"n" * 32
    (signer,) = response.certificates
    signer.verify_directly_issued_by(issuer(rehearsal))
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    assert response.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(key).digest


def test_without_a_nonce_there_is_none(rehearsal: RehearsalPki) -> None:
    assert list(ask(rehearsal, issue(rehearsal)).extensions) == []


@pytest.mark.parametrize(("reason", "flag"), REASONS)
def test_ocsp_says_revoked_with_the_reason(
    rehearsal: RehearsalPki, reason: RevocationReason, flag: x509.ReasonFlags | None
) -> None:
    certificate = issue(rehearsal)
    revoke(rehearsal, certificate, reason, AT - timedelta(days=1))
    response = ask(rehearsal, certificate)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_reason is flag
    assert response.revocation_time_utc == AT - timedelta(days=1)


def test_what_was_never_signed_is_unknown(rehearsal: RehearsalPki) -> None:
    certificate = issue(rehearsal)
    before = rehearsal.ledger._entries.copy()
    request = rehearsal.request()
    rehearsal.pki.factory.prepare(request, AT)
    (key,) = set(rehearsal.ledger._entries) - set(before)
    responder = rehearsal.pki.status._responder
    authority = rehearsal.pki.authorities[CardType.CIVIL_SERVANT]
    for serial in (key[1], 1, certificate.serial_number + 1):
        assert responder.status_of(authority, serial) == (ocsp.OCSPCertStatus.UNKNOWN, None)
    other = rehearsal.pki.authorities[CardType.BUSINESS]
    assert responder.status_of(other, certificate.serial_number)[0] is ocsp.OCSPCertStatus.UNKNOWN


def test_requests_that_are_none_are_answered_so(rehearsal: RehearsalPki) -> None:
    certificate = issue(rehearsal)
    good = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, issuer(rehearsal), hashes.SHA256())
        .add_extension(x509.OCSPNonce(b"x" * 129), critical=False)
        .build()
        .public_bytes(serialization.Encoding.DER)
    )
    for request in (b"", b"\x30\x00", b"junk", good, good[:-1], bytes(5000)):
        response = ocsp.load_der_ocsp_response(rehearsal.pki.status.ocsp(request, AT))
        assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    foreign = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(bytes(20), bytes(20), 5, hashes.SHA1())
        .build()
        .public_bytes(serialization.Encoding.DER)
    )
    response = ocsp.load_der_ocsp_response(rehearsal.pki.status.ocsp(foreign, AT))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED

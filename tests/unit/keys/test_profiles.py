"""Profiles: what the certificates of each kind hold, read back from the octets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType
from issuance.ports import ProfileName
from keys.profiles import load_profiles, parse_profile
from tests.support.rehearsal_pki import AT, RehearsalPki, make_rehearsal_pki

LEAN_OCTETS = 430


def extension_oids(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return {extension.oid for extension in certificate.extensions}


@pytest.mark.parametrize("card_type", list(CardType))
def test_the_card_authentication_certificate_is_lean_and_names_nobody(
    rehearsal: RehearsalPki, card_type: CardType
) -> None:
    for _ in range(20):
        request = rehearsal.request(ProfileName.CARD_AUTHENTICATION, card_type)
        certificate = rehearsal.issue(request)
        assert len(certificate.public_bytes(serialization.Encoding.DER)) <= LEAN_OCTETS
    assert list(certificate.subject) == []
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.critical
    assert list(names.value) == [x509.UniformResourceIdentifier(request.guid.urn)]
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purposes.critical
    assert [oid.dotted_string for oid in purposes.value] == ["2.16.840.1.101.3.6.8"]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.content_commitment
    issuer = rehearsal.pki.factory.issuer(card_type)
    key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert authority.value.key_identifier == key_id
    assert extension_oids(certificate) == {
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
    certificate.verify_directly_issued_by(issuer)


def test_staff_are_named_in_utf8_and_the_card_beside(rehearsal: RehearsalPki) -> None:
    request = rehearsal.request(ProfileName.AUTHENTICATION)
    certificate = rehearsal.issue(request)
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "Nguyễn Thị Đoan Trang"
    der = certificate.public_bytes(serialization.Encoding.DER)
    encoded = "Nguyễn Thị Đoan Trang".encode()
    assert bytes([0x0C, len(encoded)]) + encoded in der
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert not names.critical
    assert list(names.value) == [x509.UniformResourceIdentifier(request.guid.urn)]


@pytest.mark.parametrize("profile", [p for p in ProfileName if p.value != "card_authentication"])
def test_individuals_have_an_alias_alone(rehearsal: RehearsalPki, profile: ProfileName) -> None:
    certificate = rehearsal.issue(rehearsal.request(profile, CardType.INDIVIDUAL))
    assert [attribute.oid for attribute in certificate.subject] == [NameOID.SERIAL_NUMBER]
    named = rehearsal.request(profile, CardType.INDIVIDUAL, subject=(("common_name", "Lê A"),))
    with pytest.raises(VaultError) as error:
        rehearsal.issue(named)
    assert error.value.reason is ReasonCode.PROFILE_VIOLATED


def test_key_management_agrees_or_enciphers_by_key(rehearsal: RehearsalPki) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048).public_key()
    for key, agrees in ((None, True), (rsa_key, False)):
        certificate = rehearsal.issue(rehearsal.request(ProfileName.KEY_MANAGEMENT, public_key=key))
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (usage.key_agreement, usage.key_encipherment) == (agrees, not agrees)
        assert not usage.digital_signature


def test_the_signature_certificate_commits(rehearsal: RehearsalPki) -> None:
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    certificate = rehearsal.issue(rehearsal.request(ProfileName.SIGNATURE, public_key=p384))
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment


def test_signers_have_their_purpose_alone(rehearsal: RehearsalPki) -> None:
    content = rehearsal.pki.content_signers[CardType.BUSINESS].certificate
    purposes = content.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert [oid.dotted_string for oid in purposes.value] == ["2.16.840.1.101.3.6.7"]
    (ocsp,) = [
        x509.load_der_x509_certificate(entry.certificate_der or b"")
        for entry in rehearsal.ledger.list_by_profile("ocsp_signer")
        if entry.reservation.issuer_key_id
        == rehearsal.pki.authorities[CardType.BUSINESS].issuer.key_id
    ]
    assert ExtensionOID.OCSP_NO_CHECK in extension_oids(ocsp)
    assert ocsp.not_valid_after_utc - ocsp.not_valid_before_utc <= timedelta(days=397)


def test_addresses_stand_where_the_profile_says(tmp_path: object) -> None:
    base = "http://the.example.gov.vn/status"
    rehearsal = make_rehearsal_pki(tmp_path / "v", base_url=base)  # type: ignore[operator]
    certificate = rehearsal.issue(rehearsal.request(ProfileName.AUTHENTICATION))
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name == [x509.UniformResourceIdentifier(f"{base}/civil_servant.crl")]
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert {a.access_location.value for a in access} == {
        f"{base}/ocsp",
        f"{base}/civil_servant.cer",
    }
    issuing = rehearsal.pki.factory.issuer(CardType.CIVIL_SERVANT)
    access = issuing.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert {a.access_location.value for a in access} == {f"{base}/root.cer"}
    lean = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    assert len(lean.public_bytes(serialization.Encoding.DER)) <= LEAN_OCTETS


def test_validity_ends_with_the_card_the_profile_or_the_ca(rehearsal: RehearsalPki) -> None:
    short = AT + timedelta(days=90)
    certificate = rehearsal.issue(rehearsal.request(not_after=short))
    assert certificate.not_valid_after_utc == short
    assert certificate.not_valid_before_utc <= AT
    long = rehearsal.issue(rehearsal.request(not_after=AT + timedelta(days=9000)))
    assert timedelta(days=1826) <= long.not_valid_after_utc - AT <= timedelta(days=1827)
    issuer = rehearsal.pki.factory.issuer(CardType.CIVIL_SERVANT)
    late = issuer.not_valid_after_utc - timedelta(days=30)
    last = rehearsal.issue(rehearsal.request(not_after=late + timedelta(days=1000)), late)
    assert last.not_valid_after_utc == issuer.not_valid_after_utc


def test_serials_are_long_positive_and_distinct(rehearsal: RehearsalPki) -> None:
    serials = {
        rehearsal.issue(rehearsal.request(guid=CardGuid(bytes([n]) * 16))).serial_number
        for n in range(1, 40)
    }
    assert len(serials) == 39
    assert all(serial.bit_length() == 71 for serial in serials)


@pytest.mark.reason(ReasonCode.PROFILE_UNKNOWN)
@pytest.mark.parametrize(
    "change",
    [
        "unknown = 1",
        "max_days = 'x'",
        "role = 'friend'",
        "key_usage = ['everything']",
        "key_usage = []",
        "algorithms = ['MD5']",
        "extended_key_usage = ['not an oid']",
        "ocsp_no_check = 1",
        "basic_constraints = { ca = true, path_length = 0 }",
        "[subject.stranger]",
        "[subject.any]\nallowed = ['given_name']",
        "[subject.any]\nforbidden = []",
        "= broken",
    ],
)
def test_a_profile_is_read_strictly(change: str) -> None:
    good = {
        "title": "'t'",
        "role": "'signer'",
        "max_days": "1",
        "algorithms": "['ECC_P256']",
        "key_usage": "['digital_signature']",
    }
    text = "\n".join(f"{name} = {value}" for name, value in good.items())
    assert parse_profile("good", text + "\n[subject.any]").name == "good"
    for name, value in good.items():
        if change.startswith(f"{name} ="):
            text = text.replace(f"{name} = {value}", "")
    with pytest.raises(VaultError) as error:
        parse_profile(
            "bad", text + "\n" + change + ("" if "[" in change[:1] else "\n[subject.any]")
        )
    assert error.value.reason is ReasonCode.PROFILE_UNKNOWN


def test_each_profile_of_the_ra_is_there() -> None:
    assert {profile.value for profile in ProfileName} <= set(load_profiles())

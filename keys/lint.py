"""Checks a made certificate against its profile, without the code that made it.

It looks at the octets that are to be signed, and again at what was signed: a slip in the
assembler or a bug in a library shows here and not on a card.
"""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import algorithm_of
from cardsvc.errors import CardError, ReasonCode, VaultError
from keys.profiles import KEY_USAGES, CertificateProfile

_ExtensionType = TypeVar("_ExtensionType", bound=x509.ExtensionType)

MIN_SERIAL_BITS = 64
MAX_SERIAL_BITS = 159
"""Random enough (CA/B Forum BR 7.1), positive and at most 20 octets (RFC 5280 4.1.2.2)."""


def lint(
    certificate: x509.Certificate,
    profile: CertificateProfile,
    *,
    issuer_key_id: bytes,
    guid: CardGuid | None,
) -> None:
    """Check that a certificate holds what its profile says, all of it and nothing else.

    Raises:
        VaultError: PROFILE_VIOLATED.
    """
    _require(certificate.version is x509.Version.v3, "not version 3")
    lint_serial(certificate)
    _require(bool(certificate.issuer.rdns), "the issuer has no name")
    lint_validity(certificate, profile)
    _lint_key_usage(certificate, profile)
    _lint_identifiers(certificate, profile, issuer_key_id)
    _lint_names(certificate, profile, guid)
    _lint_extension_set(certificate, profile)


def lint_serial(certificate: x509.Certificate) -> None:
    """Check a serial number's size.

    Raises:
        VaultError: PROFILE_VIOLATED.
    """
    bits = certificate.serial_number.bit_length()
    _require(MIN_SERIAL_BITS <= bits <= MAX_SERIAL_BITS, "the serial number has a wrong size")


def lint_validity(certificate: x509.Certificate, profile: CertificateProfile) -> None:
    """Check how long a certificate is valid.

    Raises:
        VaultError: PROFILE_VIOLATED.
    """
    span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    _require(span.total_seconds() > 0, "the certificate is never valid")
    _require(span <= profile.max_validity, "the certificate is valid for too long")


def _lint_key_usage(certificate: x509.Certificate, profile: CertificateProfile) -> None:
    try:
        algorithm = algorithm_of(certificate.public_key())
    except CardError as error:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "not a key of a PIV algorithm") from error
    _require(algorithm in profile.algorithms, "the key's algorithm is not the profile's")
    usage = _extension(certificate, x509.KeyUsage)
    _require(usage.critical, "keyUsage is not critical")
    expected = profile.usage_of(algorithm)
    made = x509.KeyUsage(**{bit: bit in expected for bit in KEY_USAGES})
    _require(usage.value == made, "keyUsage is not the profile's")
    if profile.extended_key_usage:
        purposes = _extension(certificate, x509.ExtendedKeyUsage)
        _require(tuple(purposes.value) == profile.extended_key_usage, "extKeyUsage differs")
        _require(purposes.critical is profile.extended_key_usage_critical, "extKeyUsage critical")


def _lint_identifiers(
    certificate: x509.Certificate, profile: CertificateProfile, issuer_key_id: bytes
) -> None:
    if profile.is_authority:
        constraints = _extension(certificate, x509.BasicConstraints)
        _require(constraints.critical and constraints.value.ca, "basicConstraints of a CA")
        _require(constraints.value.path_length == profile.path_length, "pathLenConstraint")
    if profile.subject_key_identifier:
        identifier = _extension(certificate, x509.SubjectKeyIdentifier)
        expected = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
        _require(identifier.value == expected, "the subject key identifier is another key's")
    if profile.authority_key_identifier:
        authority = _extension(certificate, x509.AuthorityKeyIdentifier)
        _require(authority.value.key_identifier == issuer_key_id, "another issuer's identifier")


def _lint_names(
    certificate: x509.Certificate, profile: CertificateProfile, guid: CardGuid | None
) -> None:
    named = bool(certificate.subject.rdns)
    _require(named or profile.guid_in_subject_alternative_name, "the certificate names nothing")
    if not profile.guid_in_subject_alternative_name:
        return
    names = _extension(certificate, x509.SubjectAlternativeName)
    expected = [x509.UniformResourceIdentifier(guid.urn)] if guid else []
    _require(list(names.value) == expected, "the alternative name is not the card's")
    _require(named is not names.critical, "critical exactly where the subject is empty")


def _lint_extension_set(certificate: x509.Certificate, profile: CertificateProfile) -> None:
    expected = {
        ExtensionOID.BASIC_CONSTRAINTS: profile.is_authority,
        ExtensionOID.KEY_USAGE: True,
        ExtensionOID.EXTENDED_KEY_USAGE: bool(profile.extended_key_usage),
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME: profile.guid_in_subject_alternative_name,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER: profile.subject_key_identifier,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER: profile.authority_key_identifier,
        ExtensionOID.OCSP_NO_CHECK: profile.ocsp_no_check,
    }
    optional = {ExtensionOID.CRL_DISTRIBUTION_POINTS, ExtensionOID.AUTHORITY_INFORMATION_ACCESS}
    found = {extension.oid for extension in certificate.extensions}
    required = {oid for oid, there in expected.items() if there}
    _require(required <= found, "an extension is missing")
    allowed = required | optional if profile.status_pointers else required
    _require(found <= allowed, "there is an extension too many")


def _extension(
    certificate: x509.Certificate, kind: type[_ExtensionType]
) -> x509.Extension[_ExtensionType]:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as error:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, "an extension is missing") from error


def _require(condition: bool, message: str) -> None:  # noqa: FBT001  reads as a sentence
    if not condition:
        raise VaultError(ReasonCode.PROFILE_VIOLATED, message)

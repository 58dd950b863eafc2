"""Makes the to-be-signed part of a certificate from a profile and an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey, algorithm_of
from keys.profiles import KEY_USAGES, CertificateProfile


@dataclass(frozen=True, slots=True)
class StatusPointers:
    """Where an authority's status documents are published; what it certifies points there.

    Args:
        base_url: without a final slash, e.g. ``http://the.example.gov.vn/status``.
        authority: the authority's short name there, e.g. ``civil_servant``.
        has_responder: whether an OCSP responder speaks for it; the offline root has none.
    """

    base_url: str
    authority: str
    has_responder: bool = True

    @property
    def crl_url(self) -> str:
        """Where the CRL is."""
        return f"{self.base_url}/{self.authority}.crl"

    @property
    def certificate_url(self) -> str:
        """Where the authority's own certificate is."""
        return f"{self.base_url}/{self.authority}.cer"

    @property
    def ocsp_url(self) -> str:
        """Where the OCSP responder is."""
        return f"{self.base_url}/ocsp"


@dataclass(frozen=True, slots=True)
class Assembly:
    """All that goes into one certificate."""

    profile: CertificateProfile
    issuer_name: x509.Name
    issuer_key_id: bytes
    subject: x509.Name
    public_key: CardPublicKey
    serial: int
    not_before: datetime
    not_after: datetime
    guid: CardGuid | None
    pointers: StatusPointers | None


def signature_digest(curve: ec.EllipticCurve) -> hashes.SHA256 | hashes.SHA384:
    """Return the digest as wide as the issuer's curve (SP 800-78-5 table 3-3)."""
    return hashes.SHA384() if curve.key_size > 256 else hashes.SHA256()


def key_identifier(key: CardPublicKey) -> bytes:
    """Return a key identifier of 20 octets (RFC 5280 section 4.2.1.2 method 1)."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest


def make_builder(assembly: Assembly) -> x509.CertificateBuilder:
    """Return a builder that holds everything but the signature."""
    builder = (
        x509.CertificateBuilder()
        .issuer_name(assembly.issuer_name)
        .subject_name(assembly.subject)
        .public_key(assembly.public_key)
        .serial_number(assembly.serial)
        .not_valid_before(assembly.not_before)
        .not_valid_after(assembly.not_after)
    )
    for extension, critical in _extensions(assembly):
        builder = builder.add_extension(extension, critical=critical)
    return builder


def _extensions(assembly: Assembly) -> list[tuple[x509.ExtensionType, bool]]:
    profile = assembly.profile
    found: list[tuple[x509.ExtensionType, bool]] = []
    if profile.is_authority:
        found.append((x509.BasicConstraints(ca=True, path_length=profile.path_length), True))
    usage = profile.usage_of(algorithm_of(assembly.public_key))
    found.append((x509.KeyUsage(**{bit: bit in usage for bit in KEY_USAGES}), True))
    if profile.extended_key_usage:
        purposes = x509.ExtendedKeyUsage(profile.extended_key_usage)
        found.append((purposes, profile.extended_key_usage_critical))
    if profile.guid_in_subject_alternative_name and assembly.guid is not None:
        uri = x509.UniformResourceIdentifier(assembly.guid.urn)
        # critical exactly where it is all that names the subject (RFC 5280 section 4.1.2.6)
        found.append((x509.SubjectAlternativeName([uri]), not assembly.subject.rdns))
    if profile.subject_key_identifier:
        found.append((x509.SubjectKeyIdentifier(key_identifier(assembly.public_key)), False))
    if profile.authority_key_identifier:
        identifier = x509.AuthorityKeyIdentifier(assembly.issuer_key_id, None, None)
        found.append((identifier, False))
    if profile.ocsp_no_check:
        found.append((x509.OCSPNoCheck(), False))
    if profile.status_pointers and assembly.pointers is not None:
        found += [(pointer, False) for pointer in _pointers(assembly.pointers)]
    return found


def _pointers(pointers: StatusPointers) -> list[x509.ExtensionType]:
    distribution = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(pointers.crl_url)],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    accesses = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, pointers.ocsp_url),
            (AuthorityInformationAccessOID.CA_ISSUERS, pointers.certificate_url),
        )
        if pointers.has_responder or method != AuthorityInformationAccessOID.OCSP
    ]
    return [x509.CRLDistributionPoints([distribution]), x509.AuthorityInformationAccess(accesses)]

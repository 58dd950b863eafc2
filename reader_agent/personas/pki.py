"""Certificates, CRLs and OCSP responses of the testers' realm.

Spec: RFC 5280 (certificates, CRLs), RFC 6960 (OCSP), FIPS 201-3 section 4.2.2 (profiles).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ORGANISATION = "Thẻ thử nghiệm – không có giá trị"


def serial_of(name: str) -> int:
    """Return the serial number that a name always gets: positive, 127 bits (RFC 5280 4.1.2.2)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big") >> 1 | 1


def distinguished_name(common_name: str) -> x509.Name:
    """Return a name in the testers' realm, all UTF8String."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def key_usage(*asserted: str) -> x509.KeyUsage:
    """Return a key usage with the bits named (RFC 5280 section 4.2.1.3)."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in asserted for name in names})


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last instant."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate is to say of its subject.

    Args:
        name: its distinguished name.
        key: its public key.
        serial: the serial number.
        validity: from when to when.
        extensions: each with its criticality, besides the key identifiers.
    """

    name: x509.Name
    key: PublicKey
    serial: int
    validity: Validity
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody with a certificate and its private key: a CA, a responder, a signer."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    def issue(self, subject: Subject) -> x509.Certificate:
        """Return a certificate under this authority."""
        return _build(subject, self.certificate.subject, self.key)

    def sign(self, octets: bytes) -> bytes:
        """Sign with SHA-256, as ``cms_signing`` asks."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(octets, ec.ECDSA(hashes.SHA256()))

    def revocation_list(
        self,
        revoked: Iterable[tuple[int, datetime, x509.ReasonFlags]],
        validity: Validity,
        number: int = 1,
    ) -> x509.CertificateRevocationList:
        """Return a complete CRL (RFC 5280 section 5)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(validity.first)
            .next_update(validity.last)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_authority_key_identifier(self.key.public_key()), critical=False)
        )
        for serial, since, reason in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(since)
                .add_extension(x509.CRLReason(reason), critical=False)
                .build()
            )
        return builder.sign(self.key, hashes.SHA256())

    def status_response(
        self,
        serial: int,
        issuer: x509.Certificate,
        validity: Validity,
        revoked_at: datetime | None = None,
    ) -> ocsp.OCSPResponse:
        """Return an OCSP response by this responder (RFC 6960 section 4.2).

        Args:
            serial: the certificate asked about.
            issuer: its CA.
            validity: thisUpdate and nextUpdate.
            revoked_at: since when it is revoked; None says good.
        """
        revoked = revoked_at is not None
        name = issuer.subject.public_bytes()
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=hashlib.sha256(name).digest(),
                issuer_key_hash=hashlib.sha256(_key_bits(issuer)).digest(),
                serial_number=serial,
                algorithm=hashes.SHA256(),
                cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
                this_update=validity.first,
                next_update=validity.last,
                revocation_time=revoked_at,
                revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        )
        if self.certificate != issuer:
            builder = builder.certificates([self.certificate])
        return builder.sign(self.key, hashes.SHA256())


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the subjectPublicKey's octets, which issuerKeyHash covers (RFC 6960 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key pair."""
    return ec.generate_private_key(ec.SECP256R1())


def root(common_name: str, validity: Validity) -> Authority:
    """Return a self-signed root CA."""
    key = new_key()
    name = distinguished_name(common_name)
    subject = Subject(name, key.public_key(), serial_of(common_name), validity, CA_EXTENSIONS)
    return Authority(_build(subject, name, key), key)


def under(
    issuer: Authority,
    common_name: str,
    validity: Validity,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> Authority:
    """Return a new authority whose certificate ``issuer`` signed."""
    key = new_key()
    subject = Subject(
        distinguished_name(common_name), key.public_key(), serial_of(common_name), validity,
        extensions,
    )  # fmt: skip
    return Authority(issuer.issue(subject), key)


def _build(subject: Subject, issuer: x509.Name, issuer_key: PrivateKey) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer)
        .public_key(subject.key)
        .serial_number(subject.serial)
        .not_valid_before(subject.validity.first)
        .not_valid_after(subject.validity.last)
        .add_extension(_authority_key_identifier(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(subject.key), critical=False)
    )
    for extension, critical in subject.extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority_key_identifier(key: PublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def extended(*oids: str) -> x509.ExtendedKeyUsage:
    """Return an extended key usage (RFC 5280 section 4.2.1.12)."""
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in oids])


CA_EXTENSIONS: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (key_usage("key_cert_sign", "crl_sign"), True),
)
CONTENT_SIGNER_EXTENSIONS: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (key_usage("digital_signature"), True),
    (extended("2.16.840.1.101.3.6.7"), True),  # id-PIV-content-signing
)
PIV_I_SIGNER_EXTENSIONS: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (key_usage("digital_signature"), True),
    (extended("2.16.840.1.101.3.8.7"), True),  # id-fpki-pivi-content-signing
)
RESPONDER_EXTENSIONS: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (key_usage("digital_signature"), True),
    (extended("1.3.6.1.5.5.7.3.9"), False),  # id-kp-OCSPSigning
)
NO_CHECK: tuple[x509.ExtensionType, bool] = (x509.OCSPNoCheck(), False)

"""What path validation asks of one certificate, read once.

Spec: RFC 5280 section 4. Nothing here is a judgement: a certificate that can be read at all
yields its facts, and what is wrong with it is found where it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

from cardsvc.card.certificates import UNREADABLE, read_odd
from cardsvc.errors import Malformed, ReasonCode
from verification.path import der, signature
from verification.path.names import NameKey, parse_name

ANY_POLICY = "2.5.29.32.0"
"""anyPolicy (RFC 5280 section 4.2.1.4)."""

POLICY_MAPPINGS = "2.5.29.33"
"""id-ce-policyMappings (RFC 5280 section 4.2.1.5); ``cryptography`` leaves it opaque."""

OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
"""id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1)."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions that bear on validation; None where one is absent."""

    is_ca: bool | None = None
    path_length: int | None = None
    key_usage: x509.KeyUsage | None = None
    extended_key_usage: frozenset[str] | None = None
    alternative_names: x509.SubjectAlternativeName | None = None
    name_constraints: x509.NameConstraints | None = None
    policies: frozenset[str] | None = None
    policy_mappings: tuple[tuple[str, str], ...] = ()
    require_explicit_policy: int | None = None
    inhibit_policy_mapping: int | None = None
    inhibit_any_policy: int | None = None
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    distribution_points: tuple[x509.DistributionPoint, ...] = ()
    ocsp_no_check: bool = False
    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class CertificateFacts:
    """One certificate as path validation sees it; compared by identity, ``der`` by value."""

    certificate: x509.Certificate = field(repr=False)
    der: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    """The tbsCertificate as received: what the signature is over (4.1.1.1)."""
    subject_der: bytes = field(repr=False)
    issuer_der: bytes = field(repr=False)
    subject: NameKey = field(repr=False)
    issuer: NameKey = field(repr=False)
    serial_number: int
    version: int
    not_before: datetime
    not_after: datetime
    public_key: Any = field(repr=False)
    """The subject's key, or None where its algorithm is not supported."""
    key_info: bytes = field(repr=False)
    """The SubjectPublicKeyInfo as received (4.1.2.7)."""
    signature_algorithm: tuple[hashes.HashAlgorithm | None, object] = field(repr=False)
    """Hash and padding; EdDSA has neither, an unknown algorithm has no hash."""
    algorithms_agree: bool
    """The signature algorithm inside the signed part is the one outside (4.1.1.2)."""
    extensions: Extensions = field(repr=False)

    @property
    def is_self_issued(self) -> bool:
        """True where subject and issuer are one name (RFC 5280 section 3.2)."""
        return self.subject == self.issuer

    @property
    def is_ca(self) -> bool:
        """True where basicConstraints says cA."""
        return bool(self.extensions.is_ca)

    @property
    def key_sha256(self) -> bytes:
        """SHA-256 over the SubjectPublicKeyInfo, 32 octets: the key's name on record."""
        return hashlib.sha256(self.key_info).digest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    def is_valid_at(self, at: datetime) -> bool:
        """Tell whether ``at`` lies within the validity, both ends included (4.1.2.5)."""
        return self.not_before <= at <= self.not_after

    def is_signed_by(self, issuer_key: object) -> bool:
        """Tell whether ``issuer_key`` signed this certificate; names are not looked at."""
        algorithm, parameters = self.signature_algorithm
        return self.algorithms_agree and signature.verify(
            issuer_key,
            self.certificate.signature,
            self.signed,
            parameters,
            algorithm,
        )

    def has_weak_signature(self) -> bool:
        """Tell whether the signature's algorithm is too weak or unknown."""
        return signature.is_weak_hash(*self.signature_algorithm)

    @cached_property
    def key_bits(self) -> bytes:
        """The subjectPublicKey BIT STRING without its unused-bits octet, as OCSP hashes it."""
        _, key_string = der.sequence(self.key_info)
        return self.key_info[key_string[2] + 1 : key_string[3]]


def parse_facts(certificate_der: bytes) -> CertificateFacts:
    """Parse one certificate, once, into what validation needs of it.

    Spec: RFC 5280 section 4.1. Nothing in it is trusted yet.

    Raises:
        Malformed: not one DER certificate, or as ``read_facts``.
    """
    try:
        return read_odd(
            lambda: _read_facts(x509.load_der_x509_certificate(certificate_der), certificate_der)
        )
    except Malformed:
        raise
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a certificate") from error


def read_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Read what validation needs from one certificate.

    Spec: RFC 5280 section 4.1.

    Raises:
        Malformed: an extension, a name or a date does not parse, or stands twice.
    """
    try:
        whole = certificate.public_bytes(serialization.Encoding.DER)
        return read_odd(lambda: _read_facts(certificate, whole))
    except Malformed:
        raise
    except UNREADABLE as error:
        raise Malformed(
            ReasonCode.MALFORMED_CERTIFICATE, "the certificate is ill-formed"
        ) from error


def _read_facts(certificate: x509.Certificate, whole: bytes) -> CertificateFacts:
    # ``cryptography`` checked the form; only the parts wanted are walked over (4.1).
    tbs = der.read(whole, der.read(whole)[2])
    serial = der.read(whole, tbs[2])
    if serial[0] == der.CONTEXT_0:
        serial = der.read(whole, serial[3])
    inner_algorithm = der.read(whole, serial[3])
    issuer = der.read(whole, inner_algorithm[3])
    validity = der.read(whole, issuer[3])
    subject = der.read(whole, validity[3])
    key_info = der.read(whole, subject[3])
    algorithm_der = whole[inner_algorithm[1] : inner_algorithm[3]]
    subject_der = whole[subject[1] : subject[3]]
    issuer_der = whole[issuer[1] : issuer[3]]
    return CertificateFacts(
        certificate=certificate,
        der=whole,
        signed=whole[tbs[1] : tbs[3]],
        subject_der=subject_der,
        issuer_der=issuer_der,
        subject=parse_name(subject_der),
        issuer=parse_name(issuer_der),
        # Read from the octets: ``cryptography`` warns about serials that are not positive,
        # which some CAs in the field do issue.
        serial_number=int.from_bytes(whole[serial[2] : serial[3]], "big", signed=True),
        version=certificate.version.value,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        public_key=_public_key(certificate),
        key_info=whole[key_info[1] : key_info[3]],
        signature_algorithm=_signature_algorithm(certificate),
        # The outer one follows the signed part; an element of DER is no other's beginning.
        algorithms_agree=whole.startswith(algorithm_der, tbs[3]),
        extensions=_read_extensions(certificate),
    )


def _signature_algorithm(
    certificate: x509.Certificate,
) -> tuple[hashes.HashAlgorithm | None, object]:
    try:
        return certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
    except (UnsupportedAlgorithm, ValueError):
        return None, "unknown"


def _public_key(certificate: x509.Certificate) -> Any:
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return None


def _read_extensions(certificate: x509.Certificate) -> Extensions:
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for extension in certificate.extensions:
        value = extension.value
        reader = _READERS.get(type(value))
        if reader is not None:
            found.update(reader(value))
        elif extension.oid.dotted_string == POLICY_MAPPINGS:
            found["policy_mappings"] = parse_policy_mappings(value.public_bytes())
        elif extension.critical:
            unknown.append(extension.oid.dotted_string)
    return Extensions(**found, unknown_critical=tuple(unknown))


def _policies(value: x509.CertificatePolicies) -> frozenset[str]:
    policies = [information.policy_identifier.dotted_string for information in value]
    if len(set(policies)) != len(policies):
        # RFC 5280 section 4.2.1.4: an OID must not appear more than once.
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "a policy stands twice")
    return frozenset(policies)


def parse_policy_mappings(octets: bytes) -> tuple[tuple[str, str], ...]:
    """Return pairs (issuer's domain policy, subject's domain policy).

    Spec: RFC 5280 section 4.2.1.5.

    Raises:
        Malformed: not a SEQUENCE of one or more pairs of object identifiers.
    """
    pairs: list[tuple[str, str]] = []
    for tag, start, _, end in der.sequence(octets):
        pair = der.sequence(octets[start:end])
        if tag != der.SEQUENCE or [item[0] for item in pair] != [der.OBJECT_IDENTIFIER] * 2:
            raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a policy mapping")
        issuer_policy, subject_policy = (
            der.decode_oid(octets[start + item[2] : start + item[3]]) for item in pair
        )
        pairs.append((issuer_policy, subject_policy))
    if not pairs:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "no policy mapping")
    return tuple(pairs)


_READERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    x509.BasicConstraints: lambda value: {"is_ca": value.ca, "path_length": value.path_length},
    x509.KeyUsage: lambda value: {"key_usage": value},
    x509.ExtendedKeyUsage: lambda value: {
        "extended_key_usage": frozenset(oid.dotted_string for oid in value)
    },
    x509.SubjectAlternativeName: lambda value: {"alternative_names": value},
    x509.SubjectKeyIdentifier: lambda value: {"subject_key_id": value.digest},
    x509.AuthorityKeyIdentifier: lambda value: {"authority_key_id": value.key_identifier},
    x509.CRLDistributionPoints: lambda value: {"distribution_points": tuple(value)},
    x509.CertificatePolicies: lambda value: {"policies": _policies(value)},
    x509.NameConstraints: lambda value: {"name_constraints": value},
    x509.PolicyConstraints: lambda value: {
        "require_explicit_policy": value.require_explicit_policy,
        "inhibit_policy_mapping": value.inhibit_policy_mapping,
    },
    x509.InhibitAnyPolicy: lambda value: {"inhibit_any_policy": value.skip_certs},
    x509.OCSPNoCheck: lambda _: {"ocsp_no_check": True},
}
"""The extensions that are understood, and how each is read."""

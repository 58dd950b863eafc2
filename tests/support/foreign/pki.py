"""A PKI as the US Federal Common Policy profiles have it, by a plain X.509 builder.

Spec: FPKI "Common Policy X.509 Certificate and CRL Profiles" and the PIV-I profiles of the
FBCA: EKU, policies, AIA, SIA, CRL distribution points and alternative names as they list them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import NameOID

from tests.support.foreign import encoding as e
from tests.support.foreign.keys import PrivateKey, key

AT = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BEGIN, END = AT - 400 * DAY, AT + 700 * DAY

FASCN_OID = "2.16.840.1.101.3.6.6"
UPN_OID = "1.3.6.1.4.1.311.20.2.3"
ARC = "2.16.840.1.101.3.2.1.48."
"""NIST's test certificate policies."""

_serials = count(0x5853CCE2521801412701)

Extension = tuple[x509.ExtensionType, bool]


def name(common: str | None = None, *, serial: str | None = None) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "U.S. Government"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Foreign Test Cards"),
    ]
    if common:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common))
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


def raw(dotted: str, value: bytes, *, critical: bool = False) -> Extension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), value), critical


def usage(*names: str, critical: bool = True) -> Extension:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{one: one in names for one in every}), critical


def extended(*oids: str, critical: bool = False) -> Extension:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in oids]), critical


def policies(*last_arcs: int, critical: bool = False) -> Extension:
    found = [
        x509.PolicyInformation(x509.ObjectIdentifier(f"{ARC}{arc}"), None) for arc in last_arcs
    ]
    return x509.CertificatePolicies(found), critical


def fascn_name(fascn: bytes) -> x509.GeneralName:
    return x509.OtherName(x509.ObjectIdentifier(FASCN_OID), e.octets(fascn))


def upn_name(text: str) -> x509.GeneralName:
    return x509.OtherName(x509.ObjectIdentifier(UPN_OID), e.tlv(0x0C, text.encode()))


def urn_name(card: uuid.UUID) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(card.urn)


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate, its key, and who is above it."""

    certificate: x509.Certificate
    private_key: PrivateKey
    above: Authority | None = None
    pss: bool = False
    location: str = field(default="http://http.example.gov/crls/ca.crl")

    def issue(
        self,
        subject: x509.Name,
        public_key: object,
        extensions: list[Extension],
        *,
        begin: dt.datetime = BEGIN,
        end: dt.datetime = END,
        serial: int | None = None,
        key_identifier: x509.SubjectKeyIdentifier | None = None,
    ) -> x509.Certificate:
        """Sign a certificate; key identifiers, AIA and CRLDP come by themselves."""
        access = [
            (Access.CA_ISSUERS, "http://http.example.gov/aia/issuedTo.p7c"),
            (Access.OCSP, "http://ocsp.example.gov"),
        ]
        every: list[Extension] = [
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.public_key), False),
            (key_identifier or x509.SubjectKeyIdentifier.from_public_key(public_key), False),
            *extensions,
            (
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(how, x509.UniformResourceIdentifier(where))
                        for how, where in access
                    ]
                ),
                False,
            ),
            (
                x509.CRLDistributionPoints(
                    [
                        x509.DistributionPoint(
                            [x509.UniformResourceIdentifier(self.location)], None, None, None
                        )
                    ]
                ),
                False,
            ),
        ]
        return build(
            subject, public_key, self.certificate.subject, self.private_key, every,
            begin=begin, end=end, serial=serial, pss=self.pss,
        )  # fmt: skip

    @property
    def public_key(self):
        return self.private_key.public_key()

    def below(self, common: str, kind: str, *more: Extension, **options) -> Authority:
        """Return a CA certified by this one."""
        private = key(kind, common)
        extensions = [
            (x509.BasicConstraints(True, options.pop("path_length", None)), True),
            usage("key_cert_sign", "crl_sign"),
            *more,
        ]
        certificate = self.issue(name(common), private.public_key(), extensions, **options)
        return Authority(certificate, private, self, location=f"http://http.example.gov/{common}")

    def crl(
        self,
        *revoked: x509.Certificate,
        this_update: dt.datetime = AT - DAY,
        next_update: dt.datetime = AT + 7 * DAY,
        more: tuple[Extension, ...] = (),
        reason: x509.ReasonFlags | None = None,
        number: int = 7,
        signed_by: PrivateKey | None = None,
        revoked_at: dt.datetime = AT - 30 * DAY,
    ) -> bytes:
        """Return a CRL in DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(this_update)
            .next_update(next_update)
            .add_extension(x509.CRLNumber(number), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.public_key), False
            )
        )
        for extension, critical in more:
            builder = builder.add_extension(extension, critical)
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder(certificate.serial_number, revoked_at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), False)
            builder = builder.add_revoked_certificate(entry.build())
        crl = builder.sign(signed_by or self.private_key, hashes.SHA256())
        return crl.public_bytes(Encoding.DER)


def build(
    subject: x509.Name,
    public_key: object,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    extensions: list[Extension],
    *,
    begin: dt.datetime = BEGIN,
    end: dt.datetime = END,
    serial: int | None = None,
    pss: bool = False,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial or next(_serials))
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    is_rsa = isinstance(issuer_key, rsa.RSAPrivateKey)
    digest = hashes.SHA256() if is_rsa or issuer_key.curve.key_size == 256 else hashes.SHA384()
    rsa_padding = padding.PSS(padding.MGF1(digest), digest.digest_size) if pss and is_rsa else None
    return builder.sign(issuer_key, digest, rsa_padding=rsa_padding)


def root(common: str, kind: str, *more: Extension, **options) -> Authority:
    """Return a self-signed CA, with an SIA as the federal root has it."""
    private = key(kind, common)
    extensions: list[Extension] = [
        (x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False),
        (x509.BasicConstraints(True, None), True),
        usage("key_cert_sign", "crl_sign"),
        raw(
            "1.3.6.1.5.5.7.1.11",
            e.sequence(
                e.sequence(e.oid("1.3.6.1.5.5.7.48.5"), e.tlv(0x86, b"http://http.example.gov/s"))
            ),
        ),
        *more,
    ]
    options = {"begin": BEGIN - 900 * DAY, "end": END + 2000 * DAY} | options
    certificate = build(
        name(common), private.public_key(), name(common), private, extensions, **options
    )
    return Authority(certificate, private)


def mappings(*pairs: tuple[int, int]) -> Extension:
    """Policy mappings, issuer's domain to subject's domain."""
    rows = [e.sequence(e.oid(f"{ARC}{one}"), e.oid(f"{ARC}{other}")) for one, other in pairs]
    return raw("2.5.29.33", e.sequence(*rows))


def with_location(authority: Authority, location: str) -> Authority:
    return replace(authority, location=location)

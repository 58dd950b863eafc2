"""A PKI of a few keys for tests: CAs, leaves, CRLs and OCSP responses, good or bad at will."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from verification.path.purpose import EKU_PIV_CARD_AUTH
from verification.status.crl import Crl, parse_crl
from verification.status.ocsp import OcspResponse, parse_ocsp_response

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

Extension = tuple[x509.ExtensionType, bool]


@lru_cache(maxsize=64)
def key(number: int) -> ec.EllipticCurvePrivateKey:
    """The same P-256 key for the same number within a run."""
    return ec.generate_private_key(ec.SECP256R1())


@lru_cache(maxsize=8)
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def name(*common_names: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    parts += [x509.NameAttribute(NameOID.COMMON_NAME, text) for text in common_names]
    return x509.Name(parts)


def usage(*asserted: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{known: known in asserted for known in names})


def eku(*dotted: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in dotted])


def leaf_extensions(*extended: str, key_usage: str = "digital_signature") -> list[Extension]:
    return [
        (usage(key_usage), True),
        (eku(*(extended or (EKU_PIV_CARD_AUTH,))), True),
    ]


@dataclass
class Ca:
    """A CA: its name, key and certificate; ``anchor()`` makes one that signs itself."""

    subject: x509.Name
    private_key: Any
    certificate: x509.Certificate
    serials: int = field(default=100)

    @classmethod
    def anchor(cls, text: str = "Root", number: int = 0, **options: Any) -> Ca:
        subject, private_key = name(text), options.pop("private_key", None) or key(number)
        certificate = certify(
            subject, private_key.public_key(), subject, private_key, ca=True, **options
        )
        return cls(subject, private_key, certificate)

    def subordinate(self, text: str, number: int, **options: Any) -> Ca:
        private_key = options.pop("private_key", None) or key(number)
        certificate = self.certify(name(text), private_key.public_key(), ca=True, **options)
        return Ca(name(text), private_key, certificate)

    def certify(self, subject: x509.Name, public_key: Any, **options: Any) -> x509.Certificate:
        self.serials += 1
        options.setdefault("serial", self.serials)
        return certify(subject, public_key, self.subject, self.private_key, **options)

    def leaf(self, text: str = "Leaf", number: int = 50, **options: Any) -> x509.Certificate:
        options.setdefault("extensions", leaf_extensions())
        return self.certify(name(text), key(number).public_key(), **options)

    def issue_crl(
        self,
        *revoked: tuple[x509.Certificate, datetime, x509.ReasonFlags | None],
        **options: Any,
    ) -> Crl:
        return parse_crl(self.crl_der(*revoked, **options))

    def crl_der(
        self,
        *revoked: tuple[x509.Certificate, datetime, x509.ReasonFlags | None],
        this_update: datetime = AT - DAY,
        next_update: datetime | None = AT + DAY,
        extensions: tuple[Extension, ...] = (),
        entry_extensions: tuple[Extension, ...] = (),
        signer: Any = None,
        issuer: x509.Name | None = None,
        algorithm: Any = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer or self.subject)
        builder = builder.last_update(this_update)
        if next_update is not None:
            builder = builder.next_update(next_update)
        for certificate, at, reason in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            entry = entry.revocation_date(at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            for value, critical in entry_extensions:
                entry = entry.add_extension(value, critical=critical)
            builder = builder.add_revoked_certificate(entry.build())
        for value, critical in extensions:
            builder = builder.add_extension(value, critical=critical)
        document = builder.sign(signer or self.private_key, algorithm or hashes.SHA256())
        return document.public_bytes(Encoding.DER)

    def answer(self, certificate: x509.Certificate, **options: Any) -> OcspResponse:
        return parse_ocsp_response(self.answer_der(certificate, **options))

    def answer_der(
        self,
        certificate: x509.Certificate,
        *,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        this_update: datetime = AT - DAY,
        next_update: datetime | None = AT + DAY,
        revoked_at: datetime | None = None,
        reason: x509.ReasonFlags | None = None,
        responder: tuple[x509.Certificate, Any] | None = None,
        forged: bool = False,
        by_name: bool = False,
        embed: bool = True,
        cert_id_hash: Any = None,
        algorithm: Any = None,
    ) -> bytes:
        certificate_of, private_key = responder or (self.certificate, self.private_key)
        encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.certificate,
            algorithm=cert_id_hash or hashes.SHA1(),
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=revoked_at,
            revocation_reason=reason,
        )
        builder = builder.responder_id(encoding, certificate_of)
        if responder is not None and embed:
            builder = builder.certificates([certificate_of])
        response = builder.sign(private_key, algorithm or hashes.SHA256())
        octets = response.public_bytes(Encoding.DER)
        if not forged:
            return octets
        digest = hashes.Hash(hashes.SHA256())
        wrong = key(99).sign(digest.finalize(), ec.ECDSA(hashes.SHA256()))
        while len(wrong) != len(response.signature):
            wrong = key(99).sign(wrong, ec.ECDSA(hashes.SHA256()))
        return octets.replace(response.signature, wrong)

    def responder(self, number: int = 60, **options: Any) -> tuple[x509.Certificate, Any]:
        """A delegated OCSP responder with ocsp-nocheck, unless told otherwise."""
        options.setdefault(
            "extensions",
            [
                (usage("digital_signature"), True),
                (eku("1.3.6.1.5.5.7.3.9"), False),
                (x509.OCSPNoCheck(), False),
            ],
        )
        return self.certify(name("Responder"), key(number).public_key(), **options), key(number)


def certify(
    subject: x509.Name,
    public_key: Any,
    issuer: x509.Name,
    signer: Any,
    *,
    ca: bool = False,
    serial: int = 1,
    path_length: int | None = None,
    extensions: list[Extension] | None = None,
    not_before: datetime = AT - 365 * DAY,
    not_after: datetime = AT + 365 * DAY,
    key_ids: bool = True,
    algorithm: Any = None,
    padding: Any = None,
    ca_usage: tuple[str, ...] = ("key_cert_sign", "crl_sign"),
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    found = list(extensions or [])
    if ca:
        found.insert(0, (x509.BasicConstraints(ca=True, path_length=path_length), True))
        found.insert(1, (usage(*ca_usage), True))
    if key_ids:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        found += [
            (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
            (authority, False),
        ]
    for value, critical in found:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(signer, algorithm or hashes.SHA256(), rsa_padding=padding)

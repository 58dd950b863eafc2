"""Content signers for tests: keys, certificates and the settings to sign with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from cardsvc.card.cms_signing import SignatureSettings

CONTENT_SIGNING = x509.ObjectIdentifier("2.16.840.1.101.3.6.7")
NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2035, 1, 1, tzinfo=UTC)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@dataclass(frozen=True)
class ContentSignerFixture:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate

    def sign_with(self, digest: str, octets: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), HASHES[digest])
        return self.key.sign(octets, ec.ECDSA(HASHES[digest]))

    def settings(self, digest: str = "sha256", **changes: object) -> SignatureSettings:
        made = SignatureSettings(
            certificate=self.certificate,
            sign=lambda octets: self.sign_with(digest, octets),
            digest=digest,
        )
        return replace(made, **changes)  # type: ignore[arg-type]  # test convenience

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def issue(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "Ký nội dung thử"
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([CONTENT_SIGNING]), critical=True)
        .sign(key, hashes.SHA256())
    )


def content_signer(kind: str = "p256") -> ContentSignerFixture:
    """A signer of kind p256, p384, rsa2048 or rsa1024; the same one for a whole run."""
    return _make(kind)


@cache
def _make(kind: str) -> ContentSignerFixture:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if kind.startswith("rsa"):
        key = rsa.generate_private_key(65537, int(kind[3:]))
    else:
        key = ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])
    return ContentSignerFixture(key, issue(key))

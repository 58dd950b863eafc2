"""A device's key with its certificate: one file, so that the two always belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cardsvc.agent_records import agent_urn
from cardsvc.card.certificates import UNREADABLE
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.enrolment import EnrolledMessage
from reader_agent.private_file import read_private, write_private

IDENTITY_FILE = "identity.pem"


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who a device is, and how it shows it.

    Args:
        key: the device's private key, on P-256.
        certificate: of that key.
        authority: the device CA's certificate.
    """

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def sha256(self) -> bytes:
        """How the service knows the certificate."""
        return self.certificate.fingerprint(hashes.SHA256())

    @property
    def name(self) -> str:
        """The agent's name, ``urn:cardsvc:agent:…``; empty where the certificate has none."""
        try:
            names = self.certificate.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value
        except (x509.ExtensionNotFound, ValueError):
            return ""
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        return uris[0] if len(uris) == 1 else ""

    @property
    def agent(self) -> str:
        """Who we are at the service; empty where the certificate does not say."""
        prefix = agent_urn("")
        return unquote(self.name.removeprefix(prefix)) if self.name.startswith(prefix) else ""

    def renew_at(self) -> datetime:
        """Return when the next certificate is due: after two thirds of this one's life."""
        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return begin + (end - begin) * 2 / 3

    def encode(self) -> bytes:
        """Return the file's content: key, certificate, authority, in PEM."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return b"".join(
            [
                key,
                self.certificate.public_bytes(Encoding.PEM),
                self.authority.public_bytes(Encoding.PEM),
            ]
        )


def parse_identity(octets: bytes) -> DeviceIdentity:
    """Parse the file's content.

    Raises:
        Malformed: not a P-256 key with its certificate and the authority that signed it.
    """
    try:
        key = load_pem_private_key(octets, None)
        certificates = x509.load_pem_x509_certificates(octets)
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a key with certificates") from error
    if len(certificates) != 2:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not two certificates")
    return _fitted(key, *certificates)


def load_identity(state_dir: Path) -> DeviceIdentity | None:
    """Return the device's identity, None where it has none yet.

    Raises:
        CardError: ACCESS_DENIED, others can read the file, or we can't.
        Malformed: it is not what we wrote.
    """
    path = state_dir / IDENTITY_FILE
    return parse_identity(read_private(path)) if path.exists() else None


def save_identity(state_dir: Path, identity: DeviceIdentity) -> None:
    """Keep an identity in the place of the one before.

    Raises:
        OSError: it can't be written.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(state_dir / IDENTITY_FILE, identity.encode())


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a device's key."""
    return ec.generate_private_key(ec.SECP256R1())


def signing_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate signing request in DER (RFC 2986); the service gives the name."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def identity_of(key: ec.EllipticCurvePrivateKey, answer: EnrolledMessage) -> DeviceIdentity:
    """Return the identity that the service's answer makes of our key.

    Raises:
        Malformed: the certificate is of another key or agent, or not signed by the authority.
    """
    try:
        certificate = x509.load_der_x509_certificate(answer.certificate)
        authority = x509.load_der_x509_certificate(answer.authority)
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a certificate") from error
    identity = _fitted(key, certificate, authority)
    if identity.name != agent_urn(answer.agent):
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "a certificate of another agent")
    return identity


def _fitted(
    key: object, certificate: x509.Certificate, authority: x509.Certificate
) -> DeviceIdentity:
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a key on P-256")
    try:
        if certificate.public_key() != key.public_key():
            raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "a certificate of another key")
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not of this authority") from error
    return DeviceIdentity(key, certificate, authority)

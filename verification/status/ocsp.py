"""OCSP responses: parsed and matched to certificates; who may sign is ``ocsp_responder``'s.

Spec: RFC 6960 section 4.2.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509 import ocsp

from cardsvc.card.certificates import UNREADABLE
from cardsvc.errors import Malformed, ReasonCode
from verification.path import signature
from verification.path.facts import CertificateFacts, read_facts
from verification.path.names import NameKey, parse_name
from verification.status.ocsp_signature import hash_and_padding

_PEM_BLOCK = re.compile(
    rb"-----BEGIN OCSP RESPONSE-----([A-Za-z0-9+/=\s]*)-----END OCSP RESPONSE-----"
)
_HASHES = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
"""Hashes met in a CertID (RFC 6960 section 4.1.1); there they name, they do not protect."""

_KNOWN_EXTENSIONS = (x509.OCSPNonce, x509.OCSPAcceptableResponses)


@dataclass(frozen=True, slots=True)
class SingleStatus:
    """What a response says of one certificate.

    Attributes:
        status: good, revoked or unknown.
        revoked_at: UTC, where revoked.
        reason: None where none is stated.
    """

    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    status: ocsp.OCSPCertStatus
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: x509.ReasonFlags | None

    def speaks_of(self, facts: CertificateFacts, issuer: CertificateFacts) -> bool:
        """Tell whether the CertID names this certificate of this issuer's name and key."""
        return (
            self.serial_number == facts.serial_number
            and self.hash_name in _HASHES
            and self.issuer_name_hash
            in {
                _digest(self.hash_name, facts.issuer_der),
                _digest(self.hash_name, issuer.subject_der),
            }
            and self.issuer_key_hash == _digest(self.hash_name, issuer.key_bits)
        )

    def is_fresh(self, at: datetime, max_age: timedelta) -> bool:
        """Tell whether it holds at ``at``; ``max_age`` stands in for a missing nextUpdate."""
        until = self.next_update or self.this_update + max_age
        return self.this_update <= at <= until


@dataclass(frozen=True, eq=False)
class OcspResponse:
    """An OCSP response as it was received; ``singles`` is empty where it is an error.

    Attributes:
        unusable: why it may not be used; None if it may.
        certificates: those it carries, as far as they can be read.
    """

    document: ocsp.OCSPResponse = field(repr=False)
    singles: tuple[SingleStatus, ...]
    responder_name: NameKey | None
    responder_key_hash: bytes | None
    unusable: str | None
    certificates: tuple[CertificateFacts, ...] = field(repr=False)

    def names_responder(self, facts: CertificateFacts) -> bool:
        """Tell whether the ResponderID is this certificate's (RFC 6960 section 4.2.1)."""
        if self.responder_key_hash is not None:
            return self.responder_key_hash == _digest("sha1", facts.key_bits)
        return self.responder_name is not None and self.responder_name == facts.subject

    def is_signed_by(self, key: object) -> bool:
        """Tell whether ``key`` signed the response; nothing else is looked at."""
        try:
            algorithm, rsa_padding = hash_and_padding(self.document)
        except (UnsupportedAlgorithm, ValueError):
            return False
        parameters: object = rsa_padding
        if isinstance(key, ec.EllipticCurvePublicKey):
            parameters = ec.ECDSA(algorithm) if algorithm is not None else None
        elif isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            parameters = None
        return signature.verify(
            key, self.document.signature, self.document.tbs_response_bytes, parameters, algorithm
        )

    def has_weak_signature(self) -> bool:
        """Tell whether the signature's algorithm is too weak or unknown."""
        try:
            algorithm, _ = hash_and_padding(self.document)
        except (UnsupportedAlgorithm, ValueError):
            return True
        return algorithm is not None and signature.is_weak_hash(algorithm, None)


def _digest(name: str, octets: bytes) -> bytes:
    return hashlib.new(name, octets, usedforsecurity=False).digest()


def parse_ocsp_response(octets: bytes) -> OcspResponse:
    """Parse an OCSP response in DER or PEM.

    Spec: RFC 6960 section 4.2.1.

    Raises:
        Malformed: not an OCSP response (MALFORMED_OCSP_RESPONSE).
    """
    try:
        block = _PEM_BLOCK.search(octets)
        document = ocsp.load_der_ocsp_response(b64decode(block[1]) if block else octets)
        return _read(document)
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_OCSP_RESPONSE, "not an OCSP response") from error


def _read(document: ocsp.OCSPResponse) -> OcspResponse:
    if document.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return OcspResponse(
            document, (), None, None, f"responder says {document.response_status.name}", ()
        )
    unusable: str | None = None
    for extension in document.extensions:
        if extension.critical and not isinstance(extension.value, _KNOWN_EXTENSIONS):
            unusable = f"critical extension {extension.oid.dotted_string}"
    responses = list(document.responses)
    if len(responses) == 1:
        for extension in document.single_extensions:
            if extension.critical:
                unusable = f"critical extension {extension.oid.dotted_string}"
    name = document.responder_name
    return OcspResponse(
        document=document,
        singles=tuple(_single(response) for response in responses),
        responder_name=None if name is None else parse_name(name.public_bytes()),
        responder_key_hash=document.responder_key_hash,
        unusable=unusable,
        certificates=_certificates(document),
    )


def _single(response: ocsp.OCSPSingleResponse) -> SingleStatus:
    return SingleStatus(
        hash_name=response.hash_algorithm.name,
        issuer_name_hash=response.issuer_name_hash,
        issuer_key_hash=response.issuer_key_hash,
        serial_number=response.serial_number,
        status=response.certificate_status,
        this_update=response.this_update_utc,
        next_update=response.next_update_utc,
        revoked_at=response.revocation_time_utc,
        reason=response.revocation_reason,
    )


def _certificates(document: ocsp.OCSPResponse) -> tuple[CertificateFacts, ...]:
    found: list[CertificateFacts] = []
    for certificate in document.certificates:
        try:
            found.append(read_facts(certificate))
        except Malformed:
            continue
    return tuple(found)

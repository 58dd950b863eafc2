"""Answers of our OCSP responders (RFC 6960): good, revoked, on hold, or unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.status_records import OcspAnswer
from keys.assemble import signature_digest
from keys.authority import Authority
from keys.crl import CRL_REASON
from keys.lint import MAX_SERIAL_BITS
from keys.ports import CertificateLedger, Revocation
from keys.signers import require_same_key
from keys.vault import KeyHandle, KeyVault
from keys.vault_key import VaultEllipticCurveKey

OCSP_LIFETIME = timedelta(hours=24)
"""nextUpdate: how long a relying party may keep an answer."""
OCSP_CACHED_LIFETIME = timedelta(minutes=5)
"""nextUpdate of an answer that caches may keep (RFC 5019 section 6): a revocation may be as much
later seen behind a cache, so it is far shorter."""
MAX_NONCE_OCTETS = 128
"""RFC 9654 section 2.1: a nonce has 1 to 128 octets."""
MAX_REQUEST_OCTETS = 4096
"""A request for one certificate is a tenth of this."""

_DIGESTS: dict[type[hashes.HashAlgorithm], str] = {
    hashes.SHA1: "sha1",
    hashes.SHA256: "sha256",
    hashes.SHA384: "sha384",
    hashes.SHA512: "sha512",
}
"""Of CertID, where SHA-1 only names an issuer and protects nothing (RFC 6960 section 4.3)."""


@dataclass(frozen=True, slots=True)
class OcspSigner:
    """A delegated responder's key and certificate (RFC 6960 section 4.2.2.2)."""

    key: VaultEllipticCurveKey
    certificate: x509.Certificate

    @classmethod
    def open(cls, vault: KeyVault, handle: KeyHandle, certificate: x509.Certificate) -> OcspSigner:
        """Return the signer of a key in the vault.

        Raises:
            VaultError: CERTIFICATE_MISMATCH where the certificate is another key's.
        """
        require_same_key(vault, handle, certificate)
        return cls(VaultEllipticCurveKey(vault, handle), certificate)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request for one certificate's status (RFC 6960 section 4.1.1)."""

    issuer_name_hash: bytes
    issuer_key_hash: bytes
    algorithm: hashes.HashAlgorithm
    serial: int
    nonce: x509.OCSPNonce | None

    @classmethod
    def parse(cls, request_der: bytes) -> _Question:
        request = ocsp.load_der_ocsp_request(request_der)
        return cls(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.hash_algorithm,
            _serial(request),
            _nonce(request),
        )


class OcspResponder:
    """Answers for several issuing CAs, for each with the signer that this CA certified.

    Args:
        signers: authority and signer, one pair a CA.
        ledger: knows every certificate.
        lifetime: of an answer.
    """

    def __init__(
        self,
        signers: Iterable[tuple[Authority, OcspSigner]],
        ledger: CertificateLedger,
        lifetime: timedelta = OCSP_LIFETIME,
    ) -> None:
        self._ledger = ledger
        self._lifetime = lifetime
        self._by_hashes: dict[tuple[str, bytes, bytes], tuple[Authority, OcspSigner]] = {}
        for authority, signer in signers:
            for digest in _DIGESTS.values():
                hashed = issuer_hashes(authority.certificate, digest)
                self._by_hashes[digest, *hashed] = (authority, signer)

    def answer(self, request_der: bytes, at: datetime) -> bytes:
        """Answer one request; never raises for what a stranger sends.

        A nonce is echoed. A serial number that we have not signed is ``unknown``; a CA that is
        not ours is answered ``unauthorized`` (RFC 5019 section 2.2.3).

        Returns:
            An OCSPResponse in DER.
        """
        return self._answer(request_der, at, self._lifetime).octets

    def answer_for_caches(self, request_der: bytes, at: datetime) -> OcspAnswer:
        """Answer a request that came by GET, and say how long caches may keep the answer.

        Spec: RFC 5019 section 6.2.
        """
        return self._answer(request_der, at, min(self._lifetime, OCSP_CACHED_LIFETIME))

    def _answer(self, request_der: bytes, at: datetime, lifetime: timedelta) -> OcspAnswer:
        at = require_utc(at).replace(microsecond=0)

        def refusal(status: ocsp.OCSPResponseStatus) -> OcspAnswer:
            return OcspAnswer(_refusal(status), at)

        if len(request_der) > MAX_REQUEST_OCTETS:
            return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        try:
            question = _Question.parse(request_der)
        except (
            ValueError,
            TypeError,
            NotImplementedError,
            UnsupportedAlgorithm,
            x509.DuplicateExtension,
        ):
            # several certificates in one request end here too: cryptography reads one
            return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        digest = _DIGESTS.get(type(question.algorithm))
        asked = (question.issuer_name_hash, question.issuer_key_hash)
        found = self._by_hashes.get((digest, *asked)) if digest else None
        if found is None:
            return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return self._sign(*found, question, at, at + lifetime)

    def status_of(
        self, authority: Authority, serial: int
    ) -> tuple[ocsp.OCSPCertStatus, Revocation | None]:
        """Return an authority's word on a serial number (RFC 6960 section 2.2)."""
        entry = self._ledger.find(authority.issuer.key_id, serial)
        if entry is None:
            return ocsp.OCSPCertStatus.UNKNOWN, None
        if entry.revocation is not None:
            return ocsp.OCSPCertStatus.REVOKED, entry.revocation
        if entry.certificate_der is None:
            return ocsp.OCSPCertStatus.UNKNOWN, None
        return ocsp.OCSPCertStatus.GOOD, None

    def _sign(
        self,
        authority: Authority,
        signer: OcspSigner,
        question: _Question,
        at: datetime,
        next_update: datetime,
    ) -> OcspAnswer:
        status, revocation = self.status_of(authority, question.serial)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=question.issuer_name_hash,
                issuer_key_hash=question.issuer_key_hash,
                serial_number=question.serial,
                algorithm=question.algorithm,
                cert_status=status,
                this_update=at,
                next_update=next_update,
                revocation_time=require_utc(revocation.revoked_at) if revocation else None,
                revocation_reason=CRL_REASON.get(revocation.reason) if revocation else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
            .certificates([signer.certificate])
        )
        if question.nonce is not None:
            builder = builder.add_extension(question.nonce, critical=False)
        response = builder.sign(signer.key, signature_digest(signer.key.curve))
        # unknown may be good a moment later, and a nonce is one client's own
        known = status is not ocsp.OCSPCertStatus.UNKNOWN
        keep = next_update if known and question.nonce is None else None
        return OcspAnswer(response.public_bytes(serialization.Encoding.DER), at, keep)


def issuer_hashes(certificate: x509.Certificate, digest: str) -> tuple[bytes, bytes]:
    """Return issuerNameHash and issuerKeyHash of one of our CAs (RFC 6960 section 4.1.1).

    Raises:
        VaultError: UNSUPPORTED_ALGORITHM for a CA that has no EC key.
    """
    public_key = certificate.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        raise VaultError(ReasonCode.UNSUPPORTED_ALGORITHM, "authorities have EC keys")
    # the content of the BIT STRING: for an EC key, the point
    point = public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    name = certificate.subject.public_bytes()
    return hashlib.new(digest, name).digest(), hashlib.new(digest, point).digest()


def _serial(request: ocsp.OCSPRequest) -> int:
    serial = request.serial_number
    if not 0 < serial.bit_length() <= MAX_SERIAL_BITS or serial < 0:
        msg = "not a serial number (RFC 5280 section 4.1.2.2)"
        raise ValueError(msg)
    return serial


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    nonce: x509.OCSPNonce | None = None
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            nonce = extension.value
        elif extension.critical:
            msg = "an unknown critical extension"
            raise ValueError(msg)
    if nonce is not None and not 1 <= len(nonce.nonce) <= MAX_NONCE_OCTETS:
        msg = "a nonce has 1 to 128 octets"
        raise ValueError(msg)
    return nonce


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    response = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return response.public_bytes(serialization.Encoding.DER)

"""OCSP responders of the field, good and bad."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.support.foreign import pki
from tests.support.foreign.keys import PrivateKey, key
from tests.support.foreign.pki import AT, DAY, Authority

OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)
BY_NAME, BY_KEY = ocsp.OCSPResponderEncoding.NAME, ocsp.OCSPResponderEncoding.HASH


@dataclass(frozen=True)
class Responder:
    """Who signs responses; ``embeds`` its certificate, which a CA itself need not."""

    certificate: x509.Certificate
    private_key: PrivateKey
    embeds: bool = True

    def answer(
        self,
        certificate: x509.Certificate,
        issuer: Authority,
        status: ocsp.OCSPCertStatus = GOOD,
        *,
        digest: hashes.HashAlgorithm | None = None,
        this_update: dt.datetime = AT - DAY / 24,
        next_update: dt.datetime | None = AT + DAY,
        by: ocsp.OCSPResponderEncoding = BY_KEY,
        nonce: bool = False,
        reason: x509.ReasonFlags | None = None,
    ) -> bytes:
        """Return one OCSP response in DER."""
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=issuer.certificate,
            algorithm=digest or hashes.SHA1(),
            cert_status=status,
            this_update=this_update,
            next_update=next_update,
            revocation_time=AT - 3 * DAY if status is REVOKED else None,
            revocation_reason=reason,
        )
        builder = builder.responder_id(by, self.certificate)
        if self.embeds:
            builder = builder.certificates([self.certificate])
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(b"12345678"), False)
        return builder.sign(self.private_key, hashes.SHA256()).public_bytes(Encoding.DER)


def itself(authority: Authority) -> Responder:
    return Responder(authority.certificate, authority.private_key, embeds=False)


def delegate(
    authority: Authority,
    common: str,
    *,
    no_check: bool = True,
    usage: str = OCSP_SIGNING,
    **options: object,
) -> Responder:
    private = key("rsa2048", common)
    extensions = [pki.usage("digital_signature"), pki.extended(usage)]
    if no_check:
        extensions.append((x509.OCSPNoCheck(), False))
    certificate = authority.issue(pki.name(common), private.public_key(), extensions, **options)  # type: ignore[arg-type]
    return Responder(certificate, private)


def with_another_signature(response: bytes) -> bytes:
    """Return the response with the last octet of its signature changed."""
    signature = ocsp.load_der_ocsp_response(response).signature
    return response.replace(signature, signature[:-1] + bytes([signature[-1] ^ 1]))

"""Certificate revocation lists of our authorities (RFC 5280 section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cardsvc.clock import require_utc
from cardsvc.terms import RevocationReason
from keys.assemble import signature_digest
from keys.authority import Authority
from keys.ports import CertificateLedger, RevokedSerial

CRL_LIFETIME = timedelta(days=7)
"""nextUpdate: how long a door without network may go on; a fresh one is published far sooner."""
ROOT_CRL_LIFETIME = timedelta(days=180)
"""The offline root signs two a year."""

CRL_REASON: dict[RevocationReason, x509.ReasonFlags] = {
    RevocationReason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    RevocationReason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    RevocationReason.SUPERSEDED: x509.ReasonFlags.superseded,
    RevocationReason.CESSATION_OF_OPERATION: x509.ReasonFlags.cessation_of_operation,
    RevocationReason.CERTIFICATE_HOLD: x509.ReasonFlags.certificate_hold,
    RevocationReason.PRIVILEGE_WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}
"""``unspecified`` is said by leaving the reason out (RFC 5280 section 5.3.1)."""


def listed_serials(
    authority: Authority, ledger: CertificateLedger, at: datetime, lifetime: timedelta
) -> Sequence[RevokedSerial]:
    """Return what a CRL of ``at`` lists.

    An expired certificate stays for one CRL's lifetime more, so that each revocation is in at
    least one list past its end (RFC 5280 section 3.3).
    """
    return ledger.revoked(authority.issuer.key_id, require_utc(at) - lifetime)


def sign_crl(
    authority: Authority,
    listed: Sequence[RevokedSerial],
    number: int,
    at: datetime,
    lifetime: timedelta,
) -> bytes:
    """Sign a full CRL of given content; ``at`` is thisUpdate.

    Spec: RFC 5280 sections 5.1 to 5.3; authorityKeyIdentifier and CRLNumber are there, an
    issuingDistributionPoint is not: the list is complete for its issuer.

    Returns:
        The CRL in DER.
    """
    at = require_utc(at).replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder(
            revoked_certificates=[_entry(revoked) for revoked in listed]
        )
        .issuer_name(authority.issuer.name)
        .last_update(at)
        .next_update(at + lifetime)
        .add_extension(
            x509.AuthorityKeyIdentifier(authority.issuer.key_id, None, None), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    key = authority.issuer.key
    return builder.sign(key, signature_digest(key.curve)).public_bytes(serialization.Encoding.DER)


def _entry(revoked: RevokedSerial) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(revoked.serial)
        .revocation_date(require_utc(revoked.revocation.revoked_at))
    )
    reason = CRL_REASON.get(revoked.revocation.reason)
    if reason is not None:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()

"""What the CA's ledger keeps, as frozen values: reservations, certificates, revocations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.terms import RevocationReason


@dataclass(frozen=True, slots=True)
class Reservation:
    """A serial number taken before its certificate is signed.

    Args:
        issuer_key_id: the issuer's subject key identifier, 20 octets.
        serial: positive, at most 159 bits (RFC 5280 section 4.1.2.2); wider than any SQL integer.
        profile: the profile's name.
        guid: the card; None for authorities and signers of the service.
        spki_sha256: SHA-256 over the SubjectPublicKeyInfo, 32 octets; unique in the ledger.
        not_after: the certificate's last instant.
        reserved_at: when it was reserved.
        token_sha256: SHA-256 of the one-use signing token, 32 octets; unique in the ledger.
        draft_der: the linted certificate, signed by a throw-away key or not at all; what is signed
            later has the same to-be-signed octets.
    """

    issuer_key_id: bytes
    serial: int
    profile: str
    guid: CardGuid | None
    spki_sha256: bytes
    not_after: datetime
    reserved_at: datetime
    token_sha256: bytes
    draft_der: bytes


@dataclass(frozen=True, slots=True)
class Revocation:
    """That and why a certificate is revoked (RFC 5280 section 5.3)."""

    reason: RevocationReason
    revoked_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of the ledger.

    Args:
        reservation: what was reserved.
        redeemed_at: when the signing token was spent.
        certificate_der: the certificate, once signed and checked.
        signed_at: when it was recorded as signed.
        revocation: None while it is good.
    """

    reservation: Reservation
    redeemed_at: datetime | None = None
    certificate_der: bytes | None = None
    signed_at: datetime | None = None
    revocation: Revocation | None = None


@dataclass(frozen=True, slots=True)
class RevokedSerial:
    """One entry of a CRL."""

    serial: int
    revocation: Revocation

"""What the CA's side needs of the store, and the shape of what the RA asks of it.

The ledger is the CA's memory: every serial number is in it before a signature exists, and
every status document is made from it. ``cardsvc.store`` implements it over SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey
from cardsvc.ledger_records import LedgerEntry, Reservation, Revocation, RevokedSerial
from cardsvc.status_records import ListedStatuses, PublishedDocument
from cardsvc.terms import CardType, Realm, RevocationReason

__all__ = [
    "CardStatusLists",
    "CertificateLedger",
    "CertificateRequest",
    "DocumentStore",
    "LedgerEntry",
    "Reservation",
    "Revocation",
    "RevokedSerial",
]


class CertificateRequest(Protocol):
    """What the RA asks: ``issuance.ports.CertificateRequest`` has this shape."""

    @property
    def profile(self) -> StrEnum:
        """The profile; its value is the name of a profile file."""
        ...

    @property
    def card_type(self) -> CardType:
        """Chooses the issuing CA."""
        ...

    @property
    def realm(self) -> Realm:
        """Chooses the hierarchy that the issuing CA stands in."""
        ...

    @property
    def guid(self) -> CardGuid:
        """The card."""
        ...

    @property
    def public_key(self) -> CardPublicKey:
        """The card's key, whose possession the RA has proved."""
        ...

    @property
    def not_after(self) -> datetime:
        """The card's own expiry: a ceiling, never passed."""
        ...

    @property
    def subject(self) -> tuple[tuple[str, str], ...]:
        """Attribute names and values, in the order they are to stand."""
        ...


class CertificateLedger(Protocol):
    """Every certificate that was ever reserved. Each call is one committed unit of work."""

    def reserve(self, reservation: Reservation) -> None:
        """Record a serial number, its key and its token; durable when this returns.

        Raises:
            VaultError: KEY_REUSED where the key is in the ledger already, under any serial;
                SERIAL_TAKEN where the issuer has used the serial.
        """
        ...

    def redeem(self, token_sha256: bytes, at: datetime) -> Reservation:
        """Spend a signing token; of many callers at once exactly one gets the reservation.

        Raises:
            VaultError: SIGNING_TOKEN_SPENT for an unknown or spent token, and for a reservation
                that was revoked in between (a torn card's).
        """
        ...

    def record_signed(
        self, issuer_key_id: bytes, serial: int, certificate_der: bytes, at: datetime
    ) -> None:
        """Record the certificate of a redeemed reservation.

        Raises:
            VaultError: SIGNING_TOKEN_SPENT where nothing is redeemed under the serial, or where
                a certificate is recorded already.
        """
        ...

    def reserve_all(self, reservations: Sequence[Reservation]) -> None:
        """Record many reservations as one unit of work, all or none of them.

        Raises:
            VaultError: as ``reserve``.
        """
        ...

    def redeem_all(self, tokens_sha256: Sequence[bytes], at: datetime) -> Sequence[Reservation]:
        """Spend many tokens, all or none of them; return the reservations in their order.

        Raises:
            VaultError: as ``redeem``.
        """
        ...

    def record_all_signed(self, signed: Mapping[Reservation, bytes], at: datetime) -> None:
        """Record the certificates of redeemed reservations, all or none of them, on hold.

        Raises:
            VaultError: as ``record_signed``, and where one was revoked since it was redeemed.
        """
        ...

    def find(self, issuer_key_id: bytes, serial: int) -> LedgerEntry | None:
        """Return the entry of an issuer's serial number."""
        ...

    def find_by_key(self, spki_sha256: bytes) -> LedgerEntry | None:
        """Return the entry of a public key."""
        ...

    def list_by_profile(self, profile: str) -> Sequence[LedgerEntry]:
        """Return the signed entries of a profile, oldest reservation first.

        Used for authorities and signers, of which there are few.
        """
        ...

    def revoke(
        self, issuer_key_id: bytes, serial: int, reason: RevocationReason, at: datetime
    ) -> None:
        """Revoke, or put on hold with ``CERTIFICATE_HOLD``.

        A certificate on hold can be revoked for good; one revoked for good keeps its first
        reason and instant, and one on hold its first instant if it is held again.

        Raises:
            VaultError: SERIAL_UNKNOWN.
        """
        ...

    def release_hold(self, issuer_key_id: bytes, serial: int, at: datetime) -> None:
        """Make a certificate on hold good again; leaves one revoked for good as it is.

        Raises:
            VaultError: SERIAL_UNKNOWN.
        """
        ...

    def revoked(self, issuer_key_id: bytes, unexpired_at: datetime) -> Sequence[RevokedSerial]:
        """Return what an issuer's CRL lists, by ascending serial.

        Entries that were reserved but never signed are listed too when revoked: better a
        serial too many than one too few. Left out is what ended before ``unexpired_at``.
        """
        ...

    def crl_changes(self, issuer_key_id: bytes) -> int:
        """Return how often what the issuer's CRL lists has changed: each commit counts."""
        ...

    def next_crl_number(self, issuer_key_id: bytes) -> int:
        """Return the issuer's next CRL number: 1, 2, 3 … without repeats (RFC 5280 5.2.3)."""
        ...


class CardStatusLists(Protocol):
    """What the status lists of cards say; read from what CRLs and OCSP are read from."""

    def numbers(self) -> Sequence[int]:
        """Return the numbers of all lists, ascending."""
        ...

    def changes(self, list_number: int) -> int:
        """Return how often what a list says has changed: each commit counts."""
        ...

    def read(self, list_number: int) -> ListedStatuses | None:
        """Return what a list says, None where there is no such list."""
        ...


class DocumentStore(Protocol):
    """Keeps the latest edition of each status document, so that all processes serve the same."""

    def find(self, name: str) -> PublishedDocument | None:
        """Return a document's latest edition, or None."""
        ...

    def keep(self, name: str, document: PublishedDocument, *, after: int) -> bool:
        """Keep an edition that follows the one numbered ``after`` and lacks none of its changes.

        Returns:
            Whether it was kept: not where another one has taken its place meanwhile. Of the
            editions that follow one, one is kept; the first of all follows 0.
        """
        ...

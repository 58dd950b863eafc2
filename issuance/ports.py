"""What issuance needs of the CA, the card secrets and the store. Fitted together in bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Protocol
from uuid import UUID

from cryptography import x509

from cardsvc.access_records import PersonalisationJob
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.card.public_key import CardPublicKey
from cardsvc.decision_records import ApprovalDecision
from cardsvc.desk_records import JobProgress, JobStage
from cardsvc.errors import ReasonCode
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.terms import CardType, Realm, RevocationReason
from cardsvc.unblock_records import UnblockRequest, UnblockState
from issuance.duties import UnitRules
from issuance.losses.ports import LossRecords
from issuance.stock.ports import StockLedger


@unique
class ProfileName(StrEnum):
    """End-entity certificate profiles that an RA may ask for, by slot."""

    CARD_AUTHENTICATION = "card_authentication"
    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"
    KEY_MANAGEMENT = "key_management"


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What the RA asks of the CA.

    Args:
        profile: which profile; the CA adds everything that the profile fixes.
        card_type: chooses the issuing CA.
        realm: chooses the hierarchy that it stands in; the card's.
        guid: the card.
        public_key: the card's key, whose possession the RA has proved.
        not_after: never later than the card's own expiry.
        subject: attributes the profile allows: ``common_name``, ``organization``,
            ``organizational_unit``, ``title``, ``serial_number`` (an opaque alias).
    """

    profile: ProfileName
    card_type: CardType
    realm: Realm
    guid: CardGuid
    public_key: CardPublicKey
    not_after: datetime
    subject: tuple[tuple[str, str], ...] = ()


class CertificateAuthority(Protocol):
    """The CA decides and records before it signs."""

    def prepare(self, request: CertificateRequest, at: datetime) -> str:
        """Check a request against profile and key policy; return a one-use token.

        The serial number is recorded before this returns.

        Raises:
            VaultError: the profile, the key policy or the validity is violated.
        """
        ...

    def sign(self, token: str, at: datetime) -> x509.Certificate:
        """Redeem a token once.

        Raises:
            VaultError: unknown or spent token.
        """
        ...

    def prepare_all(self, requests: Sequence[CertificateRequest], at: datetime) -> Sequence[str]:
        """Prepare many requests together, all or none; return their tokens in order.

        Raises:
            VaultError: as ``prepare``.
        """
        ...

    def sign_all(self, tokens: Sequence[str], at: datetime) -> Sequence[bytes]:
        """Redeem many tokens, all or none; the certificates, in DER, are on hold.

        Raises:
            VaultError: as ``sign``.
        """
        ...

    def issuer(self, card_type: CardType, realm: Realm = Realm.PRODUCTION) -> x509.Certificate:
        """Return the issuing CA's certificate for a card type in a realm."""
        ...


class ContentSigner(Protocol):
    """Signs the CHUID and the other signed objects (CMS SignedData, RFC 5652)."""

    @property
    def certificate(self) -> x509.Certificate:
        """The content signer's certificate, with id-PIV-content-signing."""
        ...

    def sign(self, octets: bytes) -> bytes:
        """Return a signature of the content signer's key: ECDSA or PKCS#1 v1.5, SHA-256."""
        ...


class CardSecrets(Protocol):
    """Per-card secrets, diversified from a master key; none is stored."""

    def management_key(self, guid: CardGuid, algorithm: Algorithm) -> bytes:
        """Return the card's management key: 16, 24 or 32 octets."""
        ...

    def puk(self, guid: CardGuid) -> str:
        """Return the card's PUK: 8 digits."""
        ...

    def transport_pin(self, guid: CardGuid) -> str:
        """Return the PIN the card leaves personalisation with: 8 digits."""
        ...

    def unblock_pin(self, guid: CardGuid, request: UUID) -> str:
        """Return the PIN that one unblocking leaves the card with: 8 digits."""
        ...


class CredentialSigner(Protocol):
    """Signs the credential that a card's face bears as a QR code."""

    def sign(self, payload: bytes) -> str:
        """Return the QR code's text for a CWT claims set (RFC 8392)."""
        ...


class ApplicationRecords(Protocol):
    """Holders and their applications, in one unit of work."""

    def known_holder(self, holder: Holder) -> Holder | None:
        """Return the person with that identifier or personal number, locked, or None."""
        ...

    def add_application(self, application: Application) -> None:
        """Insert an application and its holder."""
        ...

    def find_application(self, application_id: str) -> Application | None:
        """Return an application, locked for this transaction, or None."""
        ...

    def application(self, application_id: str) -> Application:
        """Return an application, locked for this transaction.

        Raises:
            IssuanceError: unknown.
        """
        ...

    def open_application(self, holder_id: str, card_type: CardType) -> str | None:
        """Return the application that is still to lead to a card of this type, or None."""
        ...

    def save_application(self, application: Application) -> None:
        """Write an application's state, who asked and approved, and its holder's facts."""
        ...


class CardRecords(Protocol):
    """Cards and the status of their certificates, in one unit of work."""

    def add_card(self, card: CardRecord) -> None:
        """Insert a card."""
        ...

    def card(self, guid: CardGuid) -> CardRecord:
        """Return a card, locked for this transaction.

        Raises:
            IssuanceError: unknown.
        """
        ...

    def cards_of_application(self, application_id: str) -> Sequence[CardRecord]:
        """Return the cards made for an application, oldest first."""
        ...

    def cards_of_holder(self, holder_id: str) -> Sequence[CardRecord]:
        """Return a holder's cards that have not ended, locked, lowest GUID first."""
        ...

    def save_card(self, card: CardRecord) -> None:
        """Write a card whose ``version`` is the one that was read; stores version + 1.

        Raises:
            IssuanceError: somebody changed it in between (CONCURRENT_CHANGE).
        """
        ...

    def revoke_certificates(self, guid: CardGuid, reason: RevocationReason, at: datetime) -> None:
        """Mark every certificate of a card revoked (or on hold), in this transaction."""
        ...

    def release_hold(self, guid: CardGuid, at: datetime) -> None:
        """Take the card's certificates off hold; those revoked for good stay so."""
        ...


class DecisionRecords(Protocol):
    """Decisions under which cards are approved, in one unit of work."""

    def find_decision(self, number: str, decided_on: date) -> ApprovalDecision | None:
        """Return the decision of a number and day, or None."""
        ...

    def add_decision(self, decision: ApprovalDecision) -> None:
        """Insert a decision.

        Raises:
            IssuanceError: there is one of this identifier, or number and day
                (CONCURRENT_CHANGE), at the latest at the end of the transaction.
        """
        ...


class IssuanceTransaction(
    ApplicationRecords, CardRecords, LossRecords, DecisionRecords, UnitRules, Protocol
):
    """One unit of work: what changes and its audit events commit together or not at all."""

    @property
    def stock(self) -> StockLedger:
        """The books of card blanks, in the same transaction."""
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event."""
        ...

    def was_recorded(self, action: AuditAction, subject: str) -> bool:
        """Tell whether an earlier transaction recorded this action of this subject."""
        ...


class JobStore(Protocol):
    """Keeps personalisation jobs across restarts and between processes."""

    def add(self, job: PersonalisationJob) -> None:
        """Keep a new job; it waits for its agent.

        Raises:
            StoreError: the identifier is in use, or there is no such application or card.
        """
        ...

    def find(self, job_id: str) -> PersonalisationJob | None:
        """Return a job, or None."""
        ...

    def next_job(self, agent: str, state: str) -> PersonalisationJob | None:
        """Return an agent's oldest job in a state, or None."""
        ...

    def note(
        self, job_id: str, stage: JobStage, at: datetime, reason: ReasonCode | None = None
    ) -> None:
        """Note how a job stands, for whoever watches it."""
        ...

    def close(
        self,
        job_id: str,
        *,
        expected: str,
        state: str,
        at: datetime,
        reason: ReasonCode | None = None,
    ) -> None:
        """End a job that is still in the expected state, and forget its plan.

        The state that a job ends in is its last stage, too.

        Raises:
            IssuanceError: unknown, or somebody moved it in between (CONCURRENT_CHANGE).
        """
        ...


class JobBoard(Protocol):
    """Shows how jobs stand, in whatever process they run."""

    def progress(self, job_id: str) -> JobProgress | None:
        """Return how a job stands, or None where there is no such job."""
        ...

    def changes(self, after: int, limit: int) -> Sequence[JobProgress]:
        """Return how the jobs stand that have changed after a cursor, in order of change."""
        ...

    def cursor(self) -> int:
        """Return the cursor after which nothing has changed yet."""
        ...


class UnblockStore(Protocol):
    """Keeps unblockings; each change and its audit event commit together."""

    def add(self, request: UnblockRequest, event: AuditEvent) -> None:
        """Keep a new request.

        Raises:
            StoreError: the card has one under way, or there is no such card (CONCURRENT_CHANGE).
        """
        ...

    def find(self, request_id: str) -> UnblockRequest | None:
        """Return a request, or None."""
        ...

    def in_state(self, state: UnblockState) -> Sequence[UnblockRequest]:
        """Return the requests in a state, oldest first."""
        ...

    def change(self, request: UnblockRequest, *, expected: UnblockState, event: AuditEvent) -> None:
        """Write a request that is still in the expected state.

        Raises:
            IssuanceError: unknown, or somebody moved it in between (CONCURRENT_CHANGE).
        """
        ...


class DueReturns(Protocol):
    """Lists the cards whose lock ends by itself."""

    def due_returns(self, at: datetime, limit: int) -> Sequence[CardGuid]:
        """Return unexpired cards whose day of return has come, the earliest first."""
        ...


class IssuanceStore(Protocol):
    """Opens units of work."""

    def transaction(self) -> AbstractContextManager[IssuanceTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...


SLOT_PROFILE: dict[KeySlot, ProfileName] = {
    KeySlot.AUTHENTICATION: ProfileName.AUTHENTICATION,
    KeySlot.SIGNATURE: ProfileName.SIGNATURE,
    KeySlot.KEY_MANAGEMENT: ProfileName.KEY_MANAGEMENT,
    KeySlot.CARD_AUTHENTICATION: ProfileName.CARD_AUTHENTICATION,
}

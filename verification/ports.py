"""What the verification core needs: records, challenges, policies, trust, signing, a log.

The server fills these from its database, an agent from its last signed bundle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from cryptography import x509

from cardsvc.card.guid import CardGuid
from cardsvc.service_records import CardOnRecord, Challenge, DecisionRecord, ServicePolicy
from cardsvc.terms import CardType
from verification.path.facts import CertificateFacts

__all__ = [
    "CardDirectory",
    "CardOnRecord",
    "Challenge",
    "ChallengeBook",
    "DecisionLog",
    "DecisionRecord",
    "PolicyDirectory",
    "ReceiptSigner",
    "ServicePolicy",
    "TrustedIssuers",
]


class CardDirectory(Protocol):
    """Finds a card by its GUID."""

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        """Return the card as it stands now, or None."""
        ...

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        """Return those of many cards that there are, as they stand now."""
        ...


class ChallengeBook(Protocol):
    """Gives out challenges and knows them again; each is answered once."""

    def issue(self, challenge: Challenge) -> Challenge:
        """Return the challenge as it goes out; its nonce is what ``find`` knows it by."""
        ...

    def find(self, nonce: bytes) -> Challenge | None:
        """Return the challenge given out with a nonce; it may have been answered by now."""
        ...

    def spend(self, challenge: Challenge) -> bool:
        """Take a challenge out of use; True for exactly one of any number of callers."""
        ...


class PolicyDirectory(Protocol):
    """Finds the policy of a service."""

    def knows(self, relying_party: str) -> bool:
        """Tell whether there is such a relying party."""
        ...

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy in force at an instant, or None."""
        ...


class TrustedIssuers(Protocol):
    """Certification paths of our own cards, with validated issuers cached."""

    def check_card_certificate(
        self, leaf: CertificateFacts, at: datetime, *, pin_key: bool
    ) -> CardType:
        """Validate path, dates and use of a 9E (or, with ``pin_key``, 9A) certificate.

        Returns:
            The card type that its issuing CA issues.

        Raises:
            VerificationError: with the reason of RFC 5280 section 6 that failed.
        """
        ...

    def check_content_signer(self, certificate: x509.Certificate, at: datetime) -> None:
        """Validate a content signer's certificate.

        Raises:
            VerificationError: not a content signer under our anchors at that instant.
        """
        ...


class ReceiptSigner(Protocol):
    """Signs receipts as JWS (RFC 7515) with a published key."""

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the compact serialisation."""
        ...


class DecisionLog(Protocol):
    """Keeps decisions; each with its audit event in one transaction."""

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        """Append a decision and spend the challenge that it answers, durably and both together.

        Returns:
            False where the challenge had been answered before; nothing is written then.
        """
        ...

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        """Append decisions in one transaction, each as ``record`` does; all or none."""
        ...

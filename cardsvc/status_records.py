"""What is published about the status of cards and certificates, as frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cardsvc.status_list import TokenStatus
from cardsvc.terms import Realm


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """Where a card's status is kept; drawn at random, given once and never again."""

    list_number: int
    index: int


@dataclass(frozen=True, slots=True)
class ListedStatuses:
    """What one status list says.

    Args:
        size: how many places it has, taken or free.
        statuses: place and status of every card that is not valid.
        realm: whose cards are on it, and whose key signs it.
    """

    size: int
    statuses: Sequence[tuple[int, TokenStatus]]
    realm: Realm = Realm.PRODUCTION


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """A signed status document as it is served, the same by every process.

    Args:
        octets: DER or a token.
        made_at: when it was signed.
        number: counts the editions of a document; a CRL carries it.
        changes: how many changes to its subject matter it has taken in, at least.
    """

    octets: bytes
    made_at: datetime
    number: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """An OCSP response and how long it may be kept (RFC 5019 section 6).

    Args:
        octets: the OCSPResponse in DER.
        made_at: thisUpdate.
        keep_until: nextUpdate; None where it must not be kept: an error, a nonce, an unknown
            certificate.
    """

    octets: bytes
    made_at: datetime
    keep_until: datetime | None = None

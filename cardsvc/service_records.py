"""What verification keeps and asks for, as frozen values: challenges, policies, decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.records import CardRecord
from cardsvc.terms import AssuranceLevel, CardType

NONCE_OCTETS = 32
"""A challenge's nonce: 256 random bits."""
ACTIVATION_RELYING_PARTY = "cardsvc"
ACTIVATION_SERVICE = "activation"
"""The service that an issued card answers to be activated; we rely on it ourselves."""


@dataclass(frozen=True, slots=True)
class CardOnRecord:
    """A card and the few facts of its holder that a decision or a screen may use."""

    card: CardRecord
    holder_name: str
    category: str | None = None
    agency_code: str | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """An open question to a card.

    Args:
        nonce: 32 random octets.
        relying_party: who will rely on the answer.
        service: for what.
        agent: the agent that may answer.
        level: the assurance that is asked for, X1 or X2.
        expires_at: the first instant at which it is no longer accepted.
    """

    nonce: bytes
    relying_party: str
    service: str
    agent: str
    level: AssuranceLevel
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """Who may be served, at which level.

    Args:
        relying_party: the partner.
        service: its service.
        version: what a receipt cites.
        card_types: the card types accepted.
        minimum_level: the least assurance.
    """

    relying_party: str
    service: str
    version: int
    card_types: frozenset[CardType]
    minimum_level: AssuranceLevel


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as the audit keeps it: exact reasons, no personal data."""

    id: str
    at: datetime
    agent: str
    relying_party: str
    service: str
    granted: bool
    level: AssuranceLevel | None
    reasons: tuple[str, ...]
    guid: CardGuid | None
    policy_version: int | None
    receipt: str

"""What verification keeps and asks for, as frozen values: challenges, policies, decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from cardsvc.card.guid import CardGuid
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.provinces import ProvinceCode
from cardsvc.records import CardRecord, Delegation, Employment
from cardsvc.terms import AssuranceLevel, CardType

NONCE_OCTETS = 32
"""A challenge's nonce: 256 random bits."""
ACTIVATION_RELYING_PARTY = "cardsvc"
ACTIVATION_SERVICE = "activation"
"""The service that an issued card answers to be activated; we rely on it ourselves."""


@dataclass(frozen=True, slots=True)
class CardOnRecord:
    """A card and the few facts of its holder that a decision or a screen may use.

    Args:
        card: the card.
        holder_name: as printed.
        category: civil servants only.
        agency_code: civil servants only.
        as_of: when this was true, in a copy of the record; None in the record itself.
    """

    card: CardRecord
    holder_name: str
    category: str | None = None
    agency_code: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """What may be released of a holder; read only for a decision that grants it.

    Args:
        personal_number: the 12 digits.
        birth_date: None where it is not known to the day.
        employment: civil servants only.
        delegation: business delegates only; it may have ended.
        residence: the province of residence, with the table that its code is of; None where
            nobody told us. The number's prefix is where a birth was registered, and is not asked.
    """

    personal_number: PersonalNumber = field(repr=False)
    birth_date: date | None = None
    employment: Employment | None = None
    delegation: Delegation | None = None
    residence: ProvinceCode | None = None


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
    """A version of a service's policy.

    Args:
        relying_party: the partner.
        service: its service.
        version: what a receipt cites.
        document: the policy as it was written, TOML; verification parses it once.
    """

    relying_party: str
    service: str
    version: int
    document: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """All that a policy looks at; kept with the decision, so that another policy can be tried.

    Args:
        card_type: the card's type.
        category: of its holder, civil servants only.
        agency_code: of its holder, civil servants only.
        level: the assurance reached.
        agent: where the card was shown; zones are sets of agents.
        at: when.
        status_age_seconds: how old the card's status was; 0 where it was read from the record.
    """

    card_type: CardType
    category: str | None
    agency_code: str | None
    level: AssuranceLevel
    agent: str
    at: datetime
    status_age_seconds: int = 0


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as the audit keeps it: exact reasons, names of attributes, no personal data.

    Args:
        inputs: what the policy was asked about; None where it never came to that.
        rule: the rule that decided, None where none applied.
        purpose: what the service asked for.
        released: the names of the attributes that were released.
        consent: the version of the text that the holder agreed to.
    """

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
    inputs: PolicyInputs | None = None
    rule: str | None = None
    purpose: str | None = None
    released: tuple[str, ...] = ()
    consent: str | None = None

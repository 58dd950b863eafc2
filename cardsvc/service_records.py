"""What verification keeps and asks for, as frozen values: challenges, policies, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec import Struct

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.provinces import ProvinceCode
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, Delegation, Employment
from cardsvc.terms import AssuranceLevel, CardType, Realm

NONCE_OCTETS = 32
"""The random part of a challenge's nonce: 256 bits."""
MAX_NONCE_OCTETS = 2048
"""A nonce as it goes out, which may say what was asked (``verification.sealed_challenge``)."""
ACTIVATION_RELYING_PARTY = "cardsvc"
ACTIVATION_SERVICE = "activation"
"""The service that an issued card answers to be activated; we rely on it ourselves."""
OWN_CHECKS_SERVICE = "own-checks"
"""The service that a holder's card answers to be told who checked it; ours, too."""

ANSWERING_SLOTS = (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION)
"""The keys with which a card answers a challenge."""


class CardStanding(Struct, frozen=True):
    """What a decision asks of a card: read at every tap, so nothing more than that.

    Args:
        guid: its identifier.
        card_type: what it was issued as.
        holder_id: whose it is.
        state: where it stands.
        expires_at: the last instant at which it can be valid.
        key_sha256: SHA-256 over the SubjectPublicKeyInfo of the keys it can answer with (9E, 9A).
        realm: where it is a card at all.
    """

    guid: CardGuid
    card_type: CardType
    holder_id: str
    state: CardState
    expires_at: datetime
    key_sha256: Mapping[KeySlot, bytes]
    realm: Realm

    @classmethod
    def of(cls, card: CardRecord) -> CardStanding:
        """Return how a card on record stands."""
        hashes = {key.slot: key.spki_sha256 for key in card.keys if key.slot in ANSWERING_SLOTS}
        return cls(
            card.guid,
            card.card_type,
            card.holder_id,
            card.state,
            card.expires_at,
            hashes,
            card.realm,
        )


class CardOnRecord(Struct, frozen=True):
    """A card and the few facts of its holder that a decision or a screen may use.

    Args:
        card: the card.
        holder_name: as printed; empty in a copy of the record, which holds no names, and where the
            holder's data is restricted.
        category: civil servants only.
        agency_code: civil servants only.
        as_of: when this was true, in a copy of the record; None in the record itself.
    """

    card: CardStanding
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


class Challenge(Struct, frozen=True):
    """An open question to a card.

    Args:
        nonce: 32 random octets, or what they were sealed into with the rest; empty where no card
            was asked to answer, as for a QR code.
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
        realm: the partner's, whose cards alone it is about.
        agreement: the bounds agreed with the partner, as JSON (``verification.policy.agreement``).
        pseudonym_generation: of the partner's names for holders.
    """

    relying_party: str
    service: str
    version: int
    document: str = field(repr=False)
    realm: Realm = Realm.PRODUCTION
    agreement: str = "{}"
    pseudonym_generation: int = 1


class PolicyInputs(Struct, frozen=True):
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


class DecisionRecord(Struct, frozen=True):
    """A decision as the audit keeps it: exact reasons, names of attributes, no personal data.

    Args:
        inputs: what the policy was asked about; None where it never came to that.
        rule: the rule that decided, None where none applied.
        purpose: what the service asked for.
        released: the names of the attributes that were released.
        consent: the version of the text that the holder agreed to.
        request_id: the name of the request that brought it; kept in its audit event alone.
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
    request_id: str | None = None

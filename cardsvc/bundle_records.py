"""What an agent that decides offline is told of cards and policies, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, Realm


@dataclass(frozen=True, slots=True)
class BundleCard:
    """A card as a bundle has it: no name, no number, nothing that leads to the holder.

    Args:
        guid: its identifier.
        card_type: what it was issued as.
        state: where it stands.
        expires_at: the last instant at which it can be valid, to the second.
        key_sha256: SHA-256 over the SubjectPublicKeyInfo of the keys it can answer with (9E, 9A).
        category: civil servants only.
        agency_code: civil servants only.
        realm: where it is a card at all.
    """

    guid: CardGuid
    card_type: CardType
    state: CardState
    expires_at: datetime
    key_sha256: Mapping[KeySlot, bytes]
    category: str | None = None
    agency_code: str | None = None
    realm: Realm = Realm.PRODUCTION


@dataclass(frozen=True, slots=True)
class BundlePolicy:
    """A version of a service's policy, and from when on it is in force.

    Args:
        service: the service.
        version: what a receipt cites.
        order: of several whose day has come, the highest counts.
        active_from: the day.
        document: the policy, TOML.
        realm: the partner's, whose cards alone it is about.
        agreement: the bounds agreed with the partner, JSON.
    """

    service: str
    version: int
    order: int
    active_from: datetime
    document: str = field(repr=False)
    realm: Realm = Realm.PRODUCTION
    agreement: str = "{}"

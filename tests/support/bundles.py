"""Bundles for tests: signed by a key of their own, of cards that are only on paper."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cardsvc.bundle_records import BundleCard, BundlePolicy
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, Realm
from tests.support.policies import policy_text
from tests.support.token_keys import TokenKey
from tests.support.verification_world import World
from verification.bundle.manifest import BUNDLE_TYPE
from verification.bundle.parts import encode_issuers
from verification.bundle.press import BundlePress

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
RELYING_PARTY, AGENT, SERVICE = "trung-tam-hcc", "cua-1", "tra-cuu-ho-so"


def paper_card(number: int, state: CardState = CardState.ACTIVE) -> BundleCard:
    """Return a card; its GUID is spread as random ones are."""
    digest = hashlib.sha256(str(number).encode()).digest()
    kind = CardType.CIVIL_SERVANT if number % 2 else CardType.INDIVIDUAL
    keys = {KeySlot.CARD_AUTHENTICATION: digest}
    if number % 3:
        keys[KeySlot.AUTHENTICATION] = digest[::-1]
    staff = kind is CardType.CIVIL_SERVANT
    return BundleCard(
        CardGuid(digest[:16]), kind, state, datetime(2030, 1, 1, tzinfo=UTC), keys,
        "CC" if staff else None, "H46.12" if staff else None,
        Realm.SANDBOX if number % 5 == 0 else Realm.PRODUCTION,
    )  # fmt: skip


@dataclass
class MemorySource:
    """Records in memory; every change is counted."""

    found: dict[CardGuid, BundleCard] = field(default_factory=dict)
    documents: list[BundlePolicy] = field(default_factory=list)
    changed: list[CardGuid | None] = field(default_factory=list)
    whole_reads: int = 0

    def put(self, *cards: BundleCard) -> None:
        for card in cards:
            self.found[card.guid] = card
            self.changed.append(card.guid)

    def put_policy(self, policy: BundlePolicy) -> None:
        self.documents.append(policy)
        self.changed.append(None)

    def position(self) -> int:
        return len(self.changed)

    def cards(self) -> Sequence[BundleCard]:
        self.whole_reads += 1
        return list(self.found.values())

    def touched(self, since: int, until: int) -> Sequence[CardGuid] | None:
        return [one for one in self.changed[since:until] if one is not None]

    def cards_of(self, guids: Sequence[CardGuid]) -> Sequence[BundleCard]:
        return [self.found[guid] for guid in guids]

    def policies(self, relying_party: str, at: datetime) -> Sequence[BundlePolicy] | None:
        del at
        return self.documents if relying_party == RELYING_PARTY else None


class MemoryEditions:
    """Numbers contents from 1."""

    def __init__(self) -> None:
        self.last: tuple[bytes, int, int] | None = None

    def number(
        self, relying_party: str, content_sha256: bytes, position: int, at: datetime
    ) -> int | None:
        del relying_party, at
        if self.last is None:
            self.last = content_sha256, 1, position
        elif self.last[0] != content_sha256:
            if position < self.last[2]:
                return None
            self.last = content_sha256, self.last[1] + 1, position
        return self.last[1]


class BundleKey(TokenKey):
    """A key that signs manifests."""

    def __init__(self) -> None:
        super().__init__(BUNDLE_TYPE)


@dataclass
class PaperService:
    """A service that makes bundles of paper cards; what it sends may be changed on the way."""

    source: MemorySource = field(default_factory=MemorySource)
    key: BundleKey = field(default_factory=BundleKey)
    at: datetime = AT
    replayed: str | None = None
    torn: bool = False

    def __post_init__(self) -> None:
        world = World()
        issuing = {kind: ca.certificate for kind, ca in world.cas.items()}
        issuers = encode_issuers(world.root.certificate, issuing)
        self.press = BundlePress(
            self.source, MemoryEditions(), self.key, dict.fromkeys(Realm, issuers)
        )
        self.source.put_policy(BundlePolicy(SERVICE, 1, 1, AT - timedelta(days=1), policy_text()))

    def bundle_manifest(self, relying_party: str) -> str:
        return self.replayed or self.press.manifest(relying_party, AGENT, self.at)

    def bundle_part(self, sha256: bytes) -> bytes:
        octets = self.press.part(sha256)
        if octets is None:
            raise VerificationError(ReasonCode.SERVICE_UNAVAILABLE)
        return octets + b"\x00" if self.torn else octets

    def bundle_keys(self) -> dict[str, Any]:
        return self.key.key_set

    def pass_time(self, by: timedelta) -> None:
        self.at += by


def suspended(card: BundleCard) -> BundleCard:
    return replace(card, state=CardState.SUSPENDED)

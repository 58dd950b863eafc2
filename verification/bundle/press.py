"""Makes bundles at the service: at once when something changed, from cached parts when not.

Cards are read whole once, and after that only where the audit log says that something happened.
Who asks gets a manifest that is some seconds old at most, so its age is that of what it says.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.bundle_records import BundleCard, BundlePolicy
from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, ReasonCode, StoreError, VerificationError
from cardsvc.terms import CardType, Realm
from verification.bundle.cards import CardSet
from verification.bundle.manifest import BundleContent, BundleManifest, CardSetRef
from verification.bundle.parts import encode_policies
from verification.policy.evaluate import compiled

LIFETIME = timedelta(days=7)
"""After so long without the service an agent decides nothing; zones may be stricter."""
_RENEWED_AFTER = timedelta(seconds=10)
_ATTEMPTS = 5
_PATIENCE_SECONDS = 2.0
_FIRST_PATIENCE_SECONDS = 8.0
"""How long the request that begins the first reading waits for it: agents give up after ten."""


class BundleSource(Protocol):
    """The records that bundles are made of."""

    def position(self) -> int:
        """Return how many things ever happened: it grows with every change."""
        ...

    def cards(self) -> Iterable[BundleCard]:
        """Return all cards that ever could be presented."""
        ...

    def touched(self, since: int, until: int) -> Sequence[CardGuid] | None:
        """Return the cards that may have changed between two positions; None for too many."""
        ...

    def cards_of(self, guids: Sequence[CardGuid]) -> Sequence[BundleCard]:
        """Return some cards as they stand now."""
        ...

    def policies(self, relying_party: str, at: datetime) -> Sequence[BundlePolicy] | None:
        """Return the policies in force and those to come; None for no such relying party."""
        ...


class Editions(Protocol):
    """Numbers the contents of bundles, for all processes of the service."""

    def number(
        self, relying_party: str, content_sha256: bytes, position: int, at: datetime
    ) -> int | None:
        """Return a content's number: a new one if it is not the last one's content.

        Returns:
            None where another process has seen more than ``position``: look again.
        """
        ...


class ManifestSigner(Protocol):
    """Signs manifests as JWS (RFC 7515)."""

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the compact serialisation."""
        ...


@dataclass(frozen=True, slots=True)
class _Made:
    token: str
    at: datetime
    position: int


class BundlePress:
    """Makes bundles. Safe to share between threads.

    Args:
        source: cards and policies.
        editions: numbers contents.
        signer: signs manifests.
        issuers: the part of ``parts.encode_issuers`` of each realm.
    """

    def __init__(
        self,
        source: BundleSource,
        editions: Editions,
        signer: ManifestSigner,
        issuers: Mapping[Realm, bytes],
    ) -> None:
        self._source, self._editions, self._signer = source, editions, signer
        self._issuers = dict(issuers)
        self._lock, self._beginning = threading.Lock(), threading.Lock()
        self._reading: threading.Thread | None = None
        self._position: int | None = None
        self._sets: dict[CardType, CardSet] = {}
        self._refs: dict[CardType, CardSetRef] = {}
        self._policies: dict[str, tuple[bytes, frozenset[CardType], Realm]] = {}
        self._made: dict[tuple[str, str], _Made] = {}
        self._parts: dict[bytes, bytes] = {}
        self._former: dict[bytes, bytes] = {}

    def manifest(self, relying_party: str, agent: str, at: datetime) -> str:
        """Return a manifest for an agent, as a compact JWS.

        Raises:
            VerificationError: RELYING_PARTY_UNKNOWN.
            StoreError: BUNDLE_PREPARING, cards are just being read; CONCURRENT_CHANGE, the
                records change faster than we look.
        """
        ready = self._position is not None or self._await_first_reading()
        if not ready or not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            raise StoreError(ReasonCode.BUNDLE_PREPARING, "the bundle is being made")
        try:
            return self._manifest(relying_party, agent, at)
        finally:
            self._lock.release()

    def _await_first_reading(self) -> bool:
        """Begin the first reading, or tell at once that it runs; return whether it is over.

        It takes seconds, in a province that has many cards more than a request may: nobody
        else's thread is to wait for it, and whoever began it does not have to come to its end.
        """
        with self._beginning:
            if self._reading is not None and self._reading.is_alive():
                return False
            reading = threading.Thread(target=self._read, name="first bundle", daemon=True)
            self._reading = reading
            reading.start()
        reading.join(_FIRST_PATIENCE_SECONDS)
        return not reading.is_alive()

    def _read(self) -> None:
        with self._lock, contextlib.suppress(CardsvcError):  # who asks next is told
            self._refresh()

    def _manifest(self, relying_party: str, agent: str, at: datetime) -> str:
        for _ in range(_ATTEMPTS):
            position = self._refresh()
            made = self._made.get((relying_party, agent))
            if (
                made is not None
                and made.position == position
                and timedelta() <= at - made.at < _RENEWED_AFTER
            ):
                return made.token
            content = self._content(relying_party, at)
            seq = self._editions.number(relying_party, content.sha256, position, at)
            if seq is not None:
                manifest = BundleManifest(relying_party, agent, seq, at, at + LIFETIME, content)
                token = self._signer.sign(manifest.claims())
                self._made[relying_party, agent] = _Made(token, at, position)
                return token
        raise StoreError(ReasonCode.CONCURRENT_CHANGE, "bundles: everything changes at once")

    def part(self, sha256: bytes) -> bytes | None:
        """Return a part of the present bundles or the ones before, or None."""
        found = self._parts.get(sha256)
        return self._former.get(sha256) if found is None else found

    def _refresh(self) -> int:
        """Bring the cards up to date; return how far."""
        position = self._source.position()
        if position == self._position:
            return position
        touched = None if self._position is None else self._source.touched(self._position, position)
        if touched is None or not self._update(touched):
            by_type: dict[CardType, list[BundleCard]] = {kind: [] for kind in CardType}
            for card in self._source.cards():
                by_type[card.card_type].append(card)
            self._sets = {kind: CardSet(cards) for kind, cards in by_type.items()}
        if touched is None or touched:
            self._cut()
        self._position = position
        self._policies.clear()
        return position

    def _update(self, touched: Sequence[CardGuid]) -> bool:
        cards = self._source.cards_of(touched)
        return all(
            one.update([card for card in cards if card.card_type is kind])
            for kind, one in self._sets.items()
        )

    def _cut(self) -> None:
        """Hash the buckets; the parts of before stay for those who are fetching them."""
        self._former, self._parts = (
            self._parts,
            {_sha256(one): one for one in self._issuers.values()},
        )
        for kind, cards in self._sets.items():
            index = b"".join(self._keep(bucket) for bucket in cards.buckets)
            self._refs[kind] = CardSetRef(cards.bits, cards.count, self._keep(index))

    def _keep(self, octets: bytes) -> bytes:
        digest = _sha256(octets)
        self._parts[digest] = octets
        return digest

    def _content(self, relying_party: str, at: datetime) -> BundleContent:
        if relying_party not in self._policies:
            policies = self._source.policies(relying_party, at)
            if policies is None:
                raise VerificationError(ReasonCode.RELYING_PARTY_UNKNOWN, "no such relying party")
            # without a policy nothing is decided, whichever anchors lie beside it
            realm = policies[0].realm if policies else Realm.PRODUCTION
            made = encode_policies(policies), _types_of(policies), realm
            self._policies[relying_party] = made
        octets, kinds, realm = self._policies[relying_party]
        cards = {kind: ref for kind, ref in self._refs.items() if kind in kinds}
        return BundleContent(cards, self._keep(octets), _sha256(self._issuers[realm]))


def _types_of(policies: Iterable[BundlePolicy]) -> frozenset[CardType]:
    """Return the card types that any policy may accept: an agent is told of no other cards."""
    found: set[CardType] = set()
    for policy in policies:
        for rule in compiled(policy.document).rules:
            found |= set(CardType if rule.card_types is None else rule.card_types)
    return frozenset(found)


def _sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()

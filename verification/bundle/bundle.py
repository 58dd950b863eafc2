"""A bundle that is whole: answers the verification core's questions as of when it was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cardsvc.bundle_records import BundleCard, BundlePolicy
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.service_records import CardOnRecord, CardStanding, ServicePolicy
from cardsvc.terms import CardType
from verification.bundle.cards import bucket_of, parse_cards
from verification.bundle.manifest import BundleManifest, CardSetRef
from verification.bundle.parts import parse_issuers, parse_policies
from verification.realms import TrustByRealm

_HASH_OCTETS = 32
_BUCKETS_AT_HAND = 64


def check_part(octets: bytes, expected_sha256: bytes) -> bytes:
    """Return a part that is the one that was signed for.

    Raises:
        VerificationError: BUNDLE_BAD_SIGNATURE.
    """
    if hashlib.sha256(octets).digest() != expected_sha256:
        raise VerificationError(ReasonCode.BUNDLE_BAD_SIGNATURE, "not the part that was signed")
    return octets


def needed_parts(manifest: BundleManifest, at_hand: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield the hashes of all parts of a bundle; buckets of those indexes that are at hand.

    Raises:
        Malformed: an index is of another length.
    """
    content = manifest.content
    yield content.policies
    yield content.issuers
    for one in content.cards.values():
        yield one.index
        index = at_hand.get(one.index)
        if index is not None:
            yield from _hashes(one, index)


def _hashes(cards: CardSetRef, index: bytes) -> list[bytes]:
    if len(index) != _HASH_OCTETS << cards.bits:
        raise Malformed(ReasonCode.MALFORMED_BUNDLE, "an index of another length")
    return [index[at : at + _HASH_OCTETS] for at in range(0, len(index), _HASH_OCTETS)]


class Bundle:
    """A bundle with all its parts. Implements the directories of ``verification.ports``.

    Args:
        manifest: verified and accepted.
        parts: by their SHA-256; each was checked, or is when it is read.

    Raises:
        Malformed: a part is missing or not of its form.
    """

    def __init__(self, manifest: BundleManifest, parts: Mapping[bytes, bytes]) -> None:
        missing = [one for one in needed_parts(manifest, parts) if one not in parts]
        if missing:
            raise Malformed(ReasonCode.MALFORMED_BUNDLE, f"{len(missing)} parts are missing")
        content = manifest.content
        self.manifest = manifest
        self._policies = parse_policies(parts[content.policies])
        # a partner is of one realm, and its bundle holds that realm's anchors alone
        realms = {one.realm for one in self._policies}
        if len(realms) > 1:
            raise Malformed(ReasonCode.MALFORMED_BUNDLE, "policies of two realms")
        self.trusted = TrustByRealm(dict.fromkeys(realms, parse_issuers(parts[content.issuers])))
        self._sets = {
            kind: (one.bits, _hashes(one, parts[one.index])) for kind, one in content.cards.items()
        }
        self._parts = parts
        self._cards_of = lru_cache(maxsize=_BUCKETS_AT_HAND)(self._read_bucket)

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        """Return the card as it stood when the bundle was signed, or None."""
        for kind in self._sets:
            card = self._card(kind, guid)
            if card is not None:
                return self._on_record(card)
        return None

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        """Return those of many cards that there are."""
        found = {guid: self.find(guid) for guid in guids}
        return {guid: card for guid, card in found.items() if card is not None}

    def policy(self, service: str, at: datetime) -> BundlePolicy | None:
        """Return the policy of a service in force at an instant, or None."""
        due = [one for one in self._policies if one.service == service and one.active_from <= at]
        return max(due, key=lambda one: one.order, default=None)

    def _read_bucket(self, sha256: bytes) -> dict[CardGuid, BundleCard]:
        try:
            return parse_cards(self._parts[sha256])
        except KeyError:
            raise Malformed(ReasonCode.MALFORMED_BUNDLE, "a part was lost or changed") from None

    def _card(self, kind: CardType, guid: CardGuid) -> BundleCard | None:
        bits, hashes = self._sets[kind]
        card = self._cards_of(hashes[bucket_of(guid, bits)]).get(guid)
        return card if card is not None and card.card_type is kind else None

    def _on_record(self, card: BundleCard) -> CardOnRecord:
        standing = CardStanding(
            card.guid,
            card.card_type,
            "",
            card.state,
            card.expires_at,
            card.key_sha256,
            card.realm,
        )
        as_of = self.manifest.issued_at
        return CardOnRecord(standing, "", card.category, card.agency_code, as_of)


class BundlePolicies:
    """The policies of a bundle. Implements ``verification.ports.PolicyDirectory``."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def knows(self, relying_party: str) -> bool:
        """Tell whether the bundle speaks for a relying party."""
        return relying_party == self._bundle.manifest.relying_party

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy in force at an instant, or None."""
        found = self._bundle.policy(service, at) if self.knows(relying_party) else None
        if found is None:
            return None
        return ServicePolicy(
            relying_party, service, found.version, found.document, found.realm, found.agreement
        )

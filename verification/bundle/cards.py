"""Cards in a bundle: packed octets in buckets by the first bits of the GUID.

A bucket changes only where one of its cards does, and is known by its SHA-256: so an agent fetches
what it does not have, from whatever edition it comes. A card takes about 90 octets, most of which
are hashes of keys. The layout of one: GUID (16), type (1), state (1), last instant in seconds since
1970 (4), which keys follow and the realm (1), SHA-256 of each key (32), then category and agency,
each after its length (1). Within a bucket GUIDs ascend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NoReturn

from cardsvc.bundle_records import BundleCard
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.service_records import ANSWERING_SLOTS
from cardsvc.terms import CardType, Realm

MAX_BITS = 12
_CARDS_IN_A_BUCKET = 256
"""Between this and twice as many, in a large set."""
_GUID_OCTETS, _HASH_OCTETS = 16, 32
_FIXED_OCTETS = _GUID_OCTETS + 1 + 1 + 4 + 1
_STATES = tuple(CardState)
"""By their place in the vocabulary, to which new ones are added at the end."""
_LAST_SECOND = 2**32 - 1
_SANDBOX = 1 << len(ANSWERING_SLOTS)
"""Beside the bits of the keys."""


def bits_for(count: int) -> int:
    """Return by how many bits of the GUID a set of cards is divided."""
    return min((count // _CARDS_IN_A_BUCKET).bit_length(), MAX_BITS)


def bucket_of(guid: CardGuid, bits: int) -> int:
    """Return the number of a card's bucket."""
    return int.from_bytes(guid.octets[:2], "big") >> (16 - bits)


def pack_card(card: BundleCard) -> bytes:
    """Return a card's octets; the type is the set's.

    Raises:
        Malformed: a text is longer than 255 octets.
    """
    seconds = min(max(int(card.expires_at.timestamp()), 0), _LAST_SECOND)
    present = [slot for slot in ANSWERING_SLOTS if slot in card.key_sha256]
    flags = sum(1 << ANSWERING_SLOTS.index(slot) for slot in present)
    flags |= _SANDBOX if card.realm is Realm.SANDBOX else 0
    return b"".join(
        (
            card.guid.octets,
            bytes((tuple(CardType).index(card.card_type), _STATES.index(card.state))),
            seconds.to_bytes(4, "big"),
            bytes((flags,)),
            *(card.key_sha256[slot] for slot in present),
            _pack_text(card.category),
            _pack_text(card.agency_code),
        )
    )


def _pack_text(text: str | None) -> bytes:
    octets = (text or "").encode()
    if len(octets) > 255:
        _refuse("a text is too long")
    return bytes((len(octets),)) + octets


def join_cards(packed: Mapping[bytes, bytes]) -> bytes:
    """Return a bucket, from its cards' octets by GUID."""
    return b"".join(packed[guid] for guid in sorted(packed))


def split_cards(bucket: bytes) -> dict[bytes, bytes]:
    """Return the octets of a bucket's cards by GUID, without looking into them.

    Raises:
        Malformed: cut short, or GUIDs do not ascend.
    """
    found: dict[bytes, bytes] = {}
    at, last = 0, b""
    while at < len(bucket):
        end = _end_of(bucket, at)
        guid = bucket[at : at + _GUID_OCTETS]
        if guid <= last:
            _refuse("cards are not in order")
        found[guid] = bucket[at:end]
        at, last = end, guid
    return found


def parse_cards(bucket: bytes) -> dict[CardGuid, BundleCard]:
    """Parse a bucket.

    Raises:
        Malformed: MALFORMED_BUNDLE.
    """
    cards = (_parse_card(octets) for octets in split_cards(bucket).values())
    return {card.guid: card for card in cards}


def _end_of(bucket: bytes, start: int) -> int:
    """Return where a card ends."""
    at = start + _FIXED_OCTETS
    if at > len(bucket):
        _refuse("cut short")
    at += _HASH_OCTETS * (bucket[at - 1] & ~_SANDBOX).bit_count()
    for _ in range(2):  # category and agency
        if at >= len(bucket):
            _refuse("cut short")
        at += 1 + bucket[at]
    if at > len(bucket):
        _refuse("cut short")
    return at


def _parse_card(octets: bytes) -> BundleCard:
    kind, state, flags = octets[16], octets[17], octets[22]
    if kind >= len(CardType) or state >= len(_STATES) or flags >= _SANDBOX << 1:
        _refuse("no such type, state or key")
    at = _FIXED_OCTETS
    hashes: dict[KeySlot, bytes] = {}
    for place, slot in enumerate(ANSWERING_SLOTS):
        if flags & 1 << place:
            hashes[slot] = octets[at : at + _HASH_OCTETS]
            at += _HASH_OCTETS
    category, at = _parse_text(octets, at)
    agency, _ = _parse_text(octets, at)
    return BundleCard(
        guid=CardGuid(octets[:_GUID_OCTETS]),
        card_type=tuple(CardType)[kind],
        state=_STATES[state],
        expires_at=datetime.fromtimestamp(int.from_bytes(octets[18:22], "big"), UTC),
        key_sha256=hashes,
        category=category,
        agency_code=agency,
        realm=Realm.SANDBOX if flags & _SANDBOX else Realm.PRODUCTION,
    )


def _parse_text(octets: bytes, at: int) -> tuple[str | None, int]:
    end = at + 1 + octets[at]
    try:
        return octets[at + 1 : end].decode() or None, end
    except UnicodeDecodeError:
        _refuse("not UTF-8")


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_BUNDLE, what)


class CardSet:
    """All cards of one type, in buckets; the service's side, changed card by card."""

    def __init__(self, cards: Iterable[BundleCard]) -> None:
        packed = {card.guid.octets: pack_card(card) for card in cards}
        self.count = len(packed)
        self.bits = bits_for(self.count)
        divided: list[dict[bytes, bytes]] = [{} for _ in range(1 << self.bits)]
        for guid, octets in packed.items():
            divided[bucket_of(CardGuid(guid), self.bits)][guid] = octets
        self.buckets = [join_cards(one) for one in divided]

    def update(self, cards: Iterable[BundleCard]) -> bool:
        """Put cards in the place of what they were; False where the set must be made anew."""
        for card in cards:
            number = bucket_of(card.guid, self.bits)
            bucket = split_cards(self.buckets[number])
            self.count += card.guid.octets not in bucket
            bucket[card.guid.octets] = pack_card(card)
            self.buckets[number] = join_cards(bucket)
        return bits_for(self.count) == self.bits

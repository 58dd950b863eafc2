"""The mark of an unfinished card: a CHUID that is valid to nobody and keeps our journal.

It is the first object written and is replaced last, by the signed CHUID. So a card that was torn
at any APDU is never valid, and whoever personalises it again finds by its GUID whose secrets
it may hold, and from its journal how far they were changed, without guessing on PIN or PUK.

Spec: SP 800-73-5 Part 1 table 9 for the form; the journal stands in the organisational
identifier (tag 32, 4 octets), a field that readers ignore.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, unique

from cardsvc.card import tlv
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed

TAG_FASCN = 0x30
TAG_ORGANISATION = 0x32
TAG_GUID = 0x34
TAG_EXPIRATION = 0x35
TAG_SIGNATURE = 0x3E
TAG_ERROR_DETECTION = 0xFE

NO_FASCN = bytes(25)
LONG_PAST = b"19700101"
"""An expiration date that makes every reader refuse the card."""


@unique
class Journal(Enum):
    """What is known of the card's PUK, which is changed before any other secret."""

    FACTORY = b"P"
    """Nothing was changed yet: the factory's."""
    OWN_NEXT = b"O"
    """Being changed: either; the next run tries ours first."""
    FACTORY_NEXT = b"F"
    """Being changed: either; the next run tries the factory's first."""
    OWN = b"S"
    """Set: ours."""
    REFUSED = b"X"
    """Neither opened the card; it is not tried again with the same factory PUK."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What the card says about an unfinished personalisation.

    Args:
        guid: the card record it was being made for.
        journal: how far its PUK was changed.
        refused: 3 octets that name the factory PUK that was refused; zero otherwise.
    """

    guid: CardGuid
    journal: Journal
    refused: bytes = bytes(3)


def refusal_mark(guid: CardGuid, puk: str) -> bytes:
    """Return 3 octets that tell one refused PUK from another, and nothing else about it."""
    return hashlib.sha256(b"cardsvc refused PUK\0" + guid.octets + puk.encode()).digest()[:3]


def encode_marker(marker: Marker) -> bytes:
    """Return the CHUID content; short enough for one APDU, so that it is written whole or not."""
    return tlv.encode_all(
        [
            (TAG_FASCN, NO_FASCN),
            (TAG_ORGANISATION, marker.journal.value + marker.refused),
            (TAG_GUID, marker.guid.octets),
            (TAG_EXPIRATION, LONG_PAST),
            (TAG_SIGNATURE, b""),
            (TAG_ERROR_DETECTION, b""),
        ]
    )


def parse_guid_and_marker(content: bytes) -> tuple[CardGuid | None, Marker | None]:
    """Return the GUID of any CHUID, and the marker where it is one; junk gives neither.

    A hint from an unauthenticated card: it only chooses which secrets are tried.
    """
    try:
        fields = tlv.parse_unique(content)
        guid = CardGuid(fields[TAG_GUID])
    except (Malformed, KeyError):
        return None, None
    if guid.is_zero:
        return None, None
    organisation = fields.get(TAG_ORGANISATION, b"")
    if fields.get(TAG_EXPIRATION) != LONG_PAST or len(organisation) != 4:
        return guid, None
    try:
        journal = Journal(organisation[:1])
    except ValueError:
        return guid, None
    return guid, Marker(guid, journal, organisation[1:])

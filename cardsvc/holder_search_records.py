"""Finding holders: what is asked, what a list shows, and where a list goes on."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TypeAlias

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.number_alias import IdentityNumber
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType

MAX_PAGE = 500
_MAX_CURSOR = 2_000
_RANKS = 4


@dataclass(frozen=True, slots=True)
class ByNumber:
    """Who has or had this number."""

    number: IdentityNumber


@dataclass(frozen=True, slots=True)
class ByCard:
    """Who has a card whose GUID lies between two, both included."""

    first: CardGuid
    last: CardGuid


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word that begins a word of the name.

    Args:
        folded: without diacritics, lower case (``latin.search_key``).
        exact: with them, its tone behind (``latin.tone_folded_key``).
    """

    folded: str
    exact: str


@dataclass(frozen=True, slots=True)
class ByName:
    """Whose name holds words that begin so, in any order; without words, everybody."""

    words: tuple[QueryWord, ...] = ()

    @property
    def has_diacritics(self) -> bool:
        """True where exact hits are to stand first: something was typed with its marks."""
        return any(word.exact != word.folded for word in self.words)


SearchQuery: TypeAlias = ByNumber | ByCard | ByName


@dataclass(frozen=True, slots=True)
class HolderFilter:
    """Which holders are asked for; every part narrows the list.

    Args:
        query: what was typed.
        agencies: holders of these agencies and of those below them by code; None for all.
        unit: the unit's name as recorded.
        category: kind of staff.
        card_type: has a card of this type.
        card_state: has a card in this state (of that type, where both are given).
    """

    query: SearchQuery = field(default_factory=ByName)
    agencies: tuple[AgencyCode, ...] | None = None
    unit: str | None = None
    category: StaffCategory | None = None
    card_type: CardType | None = None
    card_state: CardState | None = None


@dataclass(frozen=True, slots=True, order=True)
class HolderCursor:
    """The place after which a list goes on.

    Args:
        rank: 0 for given names that begin with a word as it was typed, 1 for other names as typed,
            2 and 3 for those found without regard to diacritics.
        sort_key: of the last holder seen.
        id: of the last holder seen.
    """

    rank: int
    sort_key: str
    id: str

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        octets = json.dumps([self.rank, self.sort_key, self.id]).encode()
        return base64.urlsafe_b64encode(octets).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> HolderCursor:
        """Parse what ``encode`` made; it came back from a browser, so it may be anything.

        Raises:
            Malformed: MALFORMED_SEARCH.
        """
        if len(text) > _MAX_CURSOR:
            raise Malformed(ReasonCode.MALFORMED_SEARCH, "not a cursor of ours")
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            rank, *keys = json.loads(base64.b64decode(padded, b"-_", validate=True))
            sort_key, holder_id = keys
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise Malformed(ReasonCode.MALFORMED_SEARCH, "not a cursor of ours") from None
        whole = isinstance(sort_key, str) and isinstance(holder_id, str)
        if not whole or type(rank) is not int or rank not in range(_RANKS):
            raise Malformed(ReasonCode.MALFORMED_SEARCH, "not a cursor of ours")
        return cls(rank, sort_key, holder_id)


@dataclass(frozen=True, slots=True)
class ListedHolderCard:
    """A card as a list of holders shows it."""

    guid: CardGuid
    card_type: CardType
    state: CardState


@dataclass(frozen=True, slots=True)
class ListedHolder:
    """A line of the list of holders.

    Args:
        id: the holder.
        name: as printed.
        masked_number: the personal number as screens show it.
        agency_code: of the post, as recorded.
        agency_name: of the post, as recorded.
        unit_name: of the post.
        position: of the post.
        category: kind of staff.
        enterprise_name: of the delegation.
        cards: the holder's cards, those that expire last first.
        exact: found with the diacritics that were typed.
    """

    id: str
    name: str
    masked_number: str
    agency_code: str | None
    agency_name: str | None
    unit_name: str | None
    position: str | None
    category: StaffCategory | None
    enterprise_name: str | None
    cards: tuple[ListedHolderCard, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class HolderPage:
    """A page of holders: exact hits first, given names before others, each in staff order.

    Args:
        holders: the lines; may be fewer than asked for although the list goes on.
        next: where it goes on; None at its end.
        total: how many there are in all, where few enough to be counted; None for many.
    """

    holders: tuple[ListedHolder, ...]
    next: HolderCursor | None
    total: int | None

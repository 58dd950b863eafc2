"""What somebody typed into the search field: a number, the beginning of a card, or a name.

A name holds no digit, so digits decide: twelve or nine of them are a person's number, a card
number holds one, and what is left is the beginning of a card's GUID.
"""

from __future__ import annotations

import re

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.holder_search_records import ByCard, ByName, ByNumber, QueryWord, SearchQuery
from cardsvc.identity import latin
from cardsvc.identity.card_number import CardNumber
from cardsvc.identity.number_alias import IdentityNumber, parse_identity_number

MAX_LENGTH = 200
"""Characters of a query; a name has 64, a card number 60."""

MAX_WORDS = 8
"""Words that are looked at; a legal name of 64 characters is found by fewer."""

_SEPARATORS = str.maketrans("", "", " \u00a0.-")
_BETWEEN_WORDS = str.maketrans(dict.fromkeys("-‐,;", " "))
_GUID_BEGINNING = re.compile(r"(?:urn:uuid:)?(?P<digits>[0-9a-f]{4,32})")
_GUID_DIGITS = 32
_LOST_ZERO = re.compile("[1-9][0-9]{10}")


def parse_search(text: str) -> SearchQuery:
    """Parse what was typed; nothing typed is a name without words.

    Raises:
        Malformed: longer than any query, or digits that are no number and no card
            (MALFORMED_SEARCH).
    """
    if len(text) > MAX_LENGTH:
        raise Malformed(ReasonCode.MALFORMED_SEARCH, "the query is too long")
    if not any(character.isdigit() for character in text):
        return ByName(_words(text))
    compact = text.strip().translate(_SEPARATORS)
    number = _number(compact, text.strip())
    if number is not None:
        return ByNumber(number)
    form = _GUID_BEGINNING.fullmatch(compact.lower())
    if form is None:
        raise Malformed(ReasonCode.MALFORMED_SEARCH, "no person's number and no card")
    first, last = (form["digits"].ljust(_GUID_DIGITS, end) for end in "0f")
    return ByCard(CardGuid(bytes.fromhex(first)), CardGuid(bytes.fromhex(last)))


def may_lack_a_zero(text: str) -> bool:
    """Tell whether a query is a personal number whose first zero a spreadsheet took away."""
    compact = text.strip().translate(_SEPARATORS)
    return _LOST_ZERO.fullmatch(compact) is not None


def _number(compact: str, text: str) -> IdentityNumber | None:
    try:
        return parse_identity_number(compact)
    except Malformed:
        pass
    try:
        return CardNumber.parse(text).personal_number
    except Malformed:
        return None


def _words(text: str) -> tuple[QueryWord, ...]:
    words: dict[str, QueryWord] = {}
    for typed in text.translate(_BETWEEN_WORDS).split():
        folded = latin.search_key(typed)
        if folded and " " not in folded:
            words.setdefault(folded, QueryWord(folded, latin.tone_folded_key(typed)))
    return tuple(words.values())[:MAX_WORDS]

"""A name in the characters of a machine-readable zone: A–Z and the filler ``<``.

Spec: ICAO Doc 9303-3 section 4.6 (names), Doc 9303-5 section 4.2 (TD1, the size of a card).
"""

from __future__ import annotations

from collections.abc import Sequence

from cardsvc.identity import latin

FILLER = "<"

TD1_NAME_LENGTH = 30
"""Characters of the third line of a TD1 card, which is all name (ICAO Doc 9303-5 section 4.2)."""

_SHORTEST_FIELD = 4
"""One letter of each identifier and the double filler between them."""


def identifiers(name: str, family_words: int = 1) -> tuple[list[str], list[str]]:
    """Return the words of the primary and of the secondary identifier.

    Apostrophes and full stops are left out, a hyphen parts words (ICAO Doc 9303-3 section 4.6).

    Args:
        name: words parted by spaces, in Latin letters.
        family_words: how many of them make the family name, at least one.
    """
    if family_words < 1:
        msg = "the primary identifier has at least one word"
        raise ValueError(msg)
    words = name.split()
    return _spell(words[:family_words]), _spell(words[family_words:])


def join(primary: Sequence[str], secondary: Sequence[str]) -> str:
    """Return the identifiers with one filler between words and two between themselves."""
    parts = (FILLER.join(primary), FILLER.join(secondary))
    return (2 * FILLER).join(part for part in parts if part)


def fit(primary: Sequence[str], secondary: Sequence[str], length: int) -> str:
    """Return a name field of exactly ``length`` characters, filled up or cut.

    A cut field ends in a letter, which tells the reader that something was cut, and keeps at
    least one letter of the secondary identifier; to that end the longest words are shortened
    (ICAO Doc 9303-3 section 4.6, Doc 9303-5 section 4.2).
    """
    if length < _SHORTEST_FIELD:
        msg = f"a name field has at least {_SHORTEST_FIELD} characters"
        raise ValueError(msg)
    first, second = list(primary), list(secondary)
    room = length - 3 if second else length
    while len(FILLER.join(first)) > room and _shorten_longest(first):
        pass
    while len(FILLER.join(first)) > room:
        first.pop()
    while len(join(first, second)) > length and join(first, second)[length - 1] == FILLER:
        if not _shorten_longest(second) and not _shorten_longest(first):
            break
    return join(first, second)[:length].ljust(length, FILLER)


def _spell(words: Sequence[str]) -> list[str]:
    spelt = FILLER.join(latin.ascii_form(word).upper().replace("-", FILLER) for word in words)
    kept = "".join(character for character in spelt if character.isalpha() or character == FILLER)
    return [word for word in kept.split(FILLER) if word]


def _shorten_longest(words: list[str]) -> bool:
    longest = max(range(len(words)), key=lambda index: len(words[index]), default=None)
    if longest is None or len(words[longest]) == 1:
        return False
    words[longest] = words[longest][:-1]
    return True

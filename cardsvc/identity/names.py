"""A person's name: one field in NFC, split into family, middle and given only where asked.

Order is family – middle – given, without a comma; the given name is the last word, and the
one a person is addressed and sorted by. Mononyms and families of two words exist.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity import latin, mrz

MAX_LENGTH = 64
"""Characters of a name at most: what a certificate's common name holds (RFC 5280 appendix A.1,
ub-common-name)."""

_MAX_RAW_LENGTH = 4 * MAX_LENGTH
"""No accepted name is longer before normalisation: three marks a letter at most."""

_MAX_LOOSE_MARKS = 2
"""Marks that NFC leaves on one letter (minority languages); more is vandalism."""

_SIGNS = frozenset("'’ʼ-‐.")


@unique
class NameWarning(StrEnum):
    """What was changed in a name that an officer should compare with the document."""

    ETH_REPLACED = "eth_replaced"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A legal name as printed, NFC, words parted by one space; at most 64 characters."""

    value: str

    def __post_init__(self) -> None:
        if _clean(self.value) != self.value or latin.map_eth(self.value) != self.value:
            raise Malformed(ReasonCode.MALFORMED_NAME, "the name is not in its canonical form")

    @classmethod
    def parse(cls, text: str) -> PersonName:
        """Parse a name: NFC, look-alikes of Đ replaced, runs of spaces made one.

        Raises:
            Malformed: control or invisible characters, digits, letters that are not Latin,
                nothing left, or longer than 64 characters.
        """
        return cls(latin.map_eth(_clean(text)))

    @classmethod
    def parse_with_warnings(cls, text: str) -> tuple[PersonName, tuple[NameWarning, ...]]:
        """Parse as ``parse`` does; also return what an officer should check.

        Raises:
            Malformed: as ``parse``.
        """
        cleaned = _clean(text)
        name = cls(latin.map_eth(cleaned))
        return name, (NameWarning.ETH_REPLACED,) if name.value != cleaned else ()

    @property
    def given(self) -> str:
        """The given name: the last word; the whole of a mononym."""
        return self.value.split(" ")[-1]

    @property
    def family(self) -> str:
        """The first word, or nothing for a mononym. Staff correct two-word families."""
        words = self.value.split(" ")
        return words[0] if len(words) > 1 else ""

    @property
    def middle(self) -> str:
        """The words between, or nothing."""
        return " ".join(self.value.split(" ")[1:-1])

    @property
    def ascii_form(self) -> str:
        """Upper-case A–Z without marks: ``Đặng Hữu Ưng`` gives ``DANG HUU UNG``."""
        return latin.ascii_form(self.value).upper()

    @property
    def search_key(self) -> str:
        """The folded form for searching: ``nguyen van an``."""
        return latin.search_key(self.value)

    @property
    def tone_folded_key(self) -> str:
        """The key by which ``Hòa`` and ``Hoà`` are one name; case is folded too."""
        return latin.tone_folded_key(self.value)

    @property
    def sort_key(self) -> str:
        """The key of staff lists: given name, then family, then middle, by CLDR ``vi``.

        Compares by code point (SQLite BINARY, PostgreSQL collation "C"). Each part compares
        letters first and tones second; lower case stands before upper where all else is equal.
        """
        parts = (self.given, self.family, self.middle)
        weights = [weight for part in parts for weight in latin.collation_weights(part)]
        return "\x01".join([*weights, self.value.swapcase()])

    def mrz_name(self, family_words: int = 1) -> str:
        """Return the name as an MRZ spells it, unpadded and uncut: ``NGUYEN<<VAN<AN``.

        Spec: ICAO Doc 9303-3 section 4.6.

        Args:
            family_words: how many words make the family name (Tôn Nữ: 2), at least one. A name
                that has no second part is all primary identifier.
        """
        return mrz.join(*mrz.identifiers(self.value, family_words))

    def mrz_line(self, length: int = mrz.TD1_NAME_LENGTH, family_words: int = 1) -> str:
        """Return the name field of an MRZ, filled with ``<`` or cut to ``length`` characters."""
        return mrz.fit(*mrz.identifiers(self.value, family_words), length)

    def __str__(self) -> str:
        return self.value


def search_rank(query: str, name: PersonName) -> int | None:
    """Return how well a query finds a name: 0 diacritics and all, 1 folded, None not at all.

    Each word of the query must begin a word of the name, in any order.
    """
    if _words_begin(latin.tone_folded_key(query), name.tone_folded_key):
        return 0
    return 1 if _words_begin(latin.search_key(query), name.search_key) else None


def _words_begin(query: str, target: str) -> bool:
    words = target.split()
    return bool(query) and all(
        any(word.startswith(part) for word in words) for part in query.split()
    )


def _clean(text: str) -> str:
    if len(text) > _MAX_RAW_LENGTH:
        raise Malformed(ReasonCode.MALFORMED_NAME, "the name is too long")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    composed = " ".join(word for word in unicodedata.normalize("NFC", spaced).split(" ") if word)
    if not composed or len(composed) > MAX_LENGTH:
        raise Malformed(ReasonCode.MALFORMED_NAME, "the name is empty or too long")
    loose_marks = _MAX_LOOSE_MARKS
    for character in composed:
        if "\u0300" <= character <= "\u036f":
            loose_marks += 1
        elif _is_letter(character):
            loose_marks = 0
        elif character in _SIGNS or character == " ":
            loose_marks = _MAX_LOOSE_MARKS
        else:
            raise Malformed(
                ReasonCode.MALFORMED_NAME, "a character that no name in Latin script has"
            )
        if loose_marks > _MAX_LOOSE_MARKS:
            raise Malformed(ReasonCode.MALFORMED_NAME, "a mark without its letter")
    if not any(_is_letter(character) for character in composed):
        raise Malformed(ReasonCode.MALFORMED_NAME, "a name has letters")
    return composed


def _is_letter(character: str) -> bool:
    in_script = unicodedata.name(character, "").startswith("LATIN ")
    return in_script and latin.to_ascii(character) is not None

"""Vietnamese letters: taking them apart, folding them, and giving them sort weights.

Spec: Unicode UAX #15 (NFC, NFD), CLDR collation ``vi`` (letters, tones secondary),
ICAO Doc 9303-3 section 6 (transliteration to A–Z).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

TONE_MARKS = "\u0300\u0309\u0303\u0301\u0323"
"""huyền, hỏi, ngã, sắc, nặng: the secondary order of CLDR ``vi``; no mark comes before them."""

_LETTER_MARKS = "\u0306\u0302\u031b"
"""Breve, circumflex, horn: they make another letter (ă, â, ơ), not another tone."""

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""The letters in CLDR ``vi`` order, f j w z (names of minorities and foreigners) among them."""

_LETTER_WEIGHTS = {letter: chr(ord("A") + index) for index, letter in enumerate(ALPHABET)}
_SIGN_WEIGHTS = {" ": "0", "-": "1", "‐": "1", ".": "2", "'": "3", "’": "3", "ʼ": "3"}
"""Signs sort before letters, in the order of the CLDR root; they are not ignored."""

_OTHER_SECONDARY = str(len(TONE_MARKS) + 1)

ETH_LOOKALIKES = {"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"}
"""Letters of other languages that legacy fonts show as Đ and đ (U+00D0, U+00F0, U+0189, U+0256)."""

_ETH_TABLE = str.maketrans(ETH_LOOKALIKES)

_TRANSLITERATIONS = {
    "Đ": "D", "đ": "d", "Ø": "OE", "ø": "oe", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe",
    "ẞ": "SS", "ß": "ss", "Þ": "TH", "þ": "th", "ı": "i", "Ŋ": "N", "ŋ": "n",
    "’": "'", "ʼ": "'", "‐": "-",
}  # fmt: skip
"""Letters that NFD leaves whole (ICAO Doc 9303-3 section 6) and signs with an ASCII twin."""

_NAMED_VARIANT = re.compile(r"LATIN (?P<case>CAPITAL|SMALL) LETTER (?P<letter>[A-Z]) WITH .+")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A base character in lower case, without its marks, and what the marks say.

    Args:
        letter: the base with breve, circumflex or horn, NFC.
        tones: positions in ``TONE_MARKS``, in the order met.
        others: marks that Vietnamese does not have.
    """

    letter: str
    tones: tuple[int, ...]
    others: str


def map_eth(text: str) -> str:
    """Return ``text`` with the look-alikes of Đ and đ replaced."""
    return text.translate(_ETH_TABLE)


def to_ascii(character: str) -> str | None:
    """Return the ASCII transliteration of one NFC character, or None where there is none.

    Spec: ICAO Doc 9303-3 section 6; where it offers a choice (Ä as AE or A) the plain letter.
    """
    if character.isascii():
        return character
    special = _TRANSLITERATIONS.get(map_eth(character))
    if special is not None:
        return special
    base = unicodedata.normalize("NFD", character)[0]
    if base.isascii():
        return base
    if base in _TRANSLITERATIONS:
        return _TRANSLITERATIONS[base]
    variant = _NAMED_VARIANT.fullmatch(unicodedata.name(base, ""))
    if variant is None:
        return None
    letter = variant["letter"]
    return letter if variant["case"] == "CAPITAL" else letter.lower()


def ascii_form(text: str) -> str:
    """Return ``text`` in ASCII, case kept: Đ as D, marks dropped, unknown characters dropped."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        to_ascii(character) or ""
        for character in composed
        if not unicodedata.category(character).startswith("M")
    )


def search_key(text: str) -> str:
    """Return the folded form for searching: ``Nguyễn Văn Ân`` gives ``nguyen van an``.

    Apostrophes and full stops vanish, hyphens part words: ``K'Brêm`` is found as ``kbrem``.
    Both the query and what is searched go through here. Characters without an ASCII form stay.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(
        to_ascii(character) or character
        for character in composed
        if not unicodedata.category(character).startswith("M")
    )
    return " ".join(kept.translate(_SEARCH_SIGNS).casefold().split())


_SEARCH_SIGNS = str.maketrans({"'": "", ".": "", "-": " "})


def clusters(text: str) -> Iterator[Cluster]:
    """Yield the base characters of ``text`` with their marks taken apart; case is folded."""
    decomposed = unicodedata.normalize("NFD", map_eth(unicodedata.normalize("NFC", text)).lower())
    for base, marks in re.findall(r"([^\u0300-\u036f])([\u0300-\u036f]*)", decomposed):
        own = "".join(mark for mark in marks if mark in _LETTER_MARKS)
        yield Cluster(
            unicodedata.normalize("NFC", base + own),
            tuple(TONE_MARKS.index(mark) for mark in marks if mark in TONE_MARKS),
            "".join(mark for mark in marks if mark not in _LETTER_MARKS + TONE_MARKS),
        )


def tone_folded_key(text: str) -> str:
    """Return a key that is the same wherever in a syllable its tone mark is written.

    ``Hòa`` and ``Hoà``, ``Thúy`` and ``Thuý`` are each one name in two spellings; ``Hóa`` is
    another name. The tone goes behind the syllable as a digit, 1 to 5; case is folded.
    """
    words: list[str] = []
    for word in text.split():
        parts = list(clusters(word))
        letters = "".join(part.letter + part.others for part in parts)
        tones = "".join(str(tone + 1) for part in parts for tone in part.tones)
        words.append(letters + tones)
    return " ".join(words)


def collation_weights(text: str) -> tuple[str, str]:
    """Return primary and secondary weights of ``text`` by CLDR ``vi``, each a sortable string.

    Letters are primary; tones are secondary and count from the left, one weight a letter.
    All weights are printable ASCII, greater than U+0001.
    """
    primary: list[str] = []
    secondary: list[str] = []
    for part in clusters(text):
        weights = _primary(part.letter)
        primary.append(weights)
        foreign = bool(part.others) or len(part.tones) > 1 or part.letter not in _LETTER_WEIGHTS
        tone = str(part.tones[0] + 1) if part.tones else "0"
        second = _OTHER_SECONDARY if foreign and part.letter not in _SIGN_WEIGHTS else tone
        secondary.append(second * len(weights))
    return "".join(primary), "".join(secondary)


def primary_beginnings(folded: str, most: int) -> tuple[str, ...]:
    """Return how the primary weights of texts can begin that fold to one that begins so.

    ``an`` stands for an, ăn and ân: three beginnings, in their order. Whatever has one of them
    folds so as far as was looked; where more than ``most`` would be needed, the last letters are
    left out.

    Args:
        folded: as ``search_key`` makes it, one word.
        most: how many beginnings are still useful.
    """
    beginnings = [""]
    for character in folded:
        letters = _FOLDS_TO.get(character, "")
        if not letters or len(beginnings) * len(letters) > most:
            break
        weights = [_LETTER_WEIGHTS[letter] for letter in letters]
        beginnings = [beginning + weight for beginning in beginnings for weight in weights]
    return tuple(beginnings)


def _primary(letter: str) -> str:
    known = _LETTER_WEIGHTS.get(letter) or _SIGN_WEIGHTS.get(letter)
    if known is not None:
        return known
    plain = (to_ascii(letter) or "").lower()
    return "".join(_LETTER_WEIGHTS[character] for character in plain if character in ALPHABET)


_FOLDS_TO = {
    plain: "".join(letter for letter in ALPHABET if (to_ascii(letter) or "").lower() == plain)
    for plain in "abcdefghijklmnopqrstuvwxyz"
}
"""The letters that search takes for one another, in the order of the alphabet."""

"""Vietnamese text of before Unicode: letters that legacy fonts drew over other letters' codes.

Spec: TCVN 5712:1993 VN3 (fonts .VnTime, "ABC"), VNI-Windows, and UTF-8 that somebody read as
Windows-1252. What a text means is told by its syllables: Vietnamese has few forms of them.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from enum import StrEnum, unique

_TCVN3 = str.maketrans(
    dict(
        zip(
            "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
            "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
            strict=True,
        )
    )
)
_VNI_MARKS = {
    "aeouyôö": {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"},
    "aeo": {
        "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309",
        "ã": "\u0302\u0303", "ä": "\u0302\u0323",
    },
    "a": {
        "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309",
        "ü": "\u0306\u0303", "ë": "\u0306\u0323",
    },
}  # fmt: skip
_VNI_LETTERS = {"ñ": "đ", "ô": "ơ", "ö": "ư", "î": "ỵ", "æ": "ỉ", "ó": "ĩ", "ò": "ị"}
_VNI_PAIRS = {
    letter + sign: _VNI_LETTERS.get(letter, letter) + marks
    for letters, signs in _VNI_MARKS.items()
    for letter in letters
    for sign, marks in signs.items()
}
_VNI = re.compile(
    "|".join(sorted(_VNI_PAIRS, key=len, reverse=True)) + "|[" + "".join(_VNI_LETTERS) + "]",
    re.IGNORECASE,
)
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SYLLABLE = re.compile(
    "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    "(?:uyê|uya|iê|yê|uô|ươ|oa|oă|oe|uâ|uê|uơ|uy|ia|ua|ưa|oo|[aăâeêioôơuưy])"
    "(?:ch|ng|nh|[cmnptiyou])?"
)
_BROKEN = re.compile(
    "Ã[\u00a1-\u00bf]|(?<=[a-zđ])Ã|á[»º]|Æ[°¡]|Ä[\u0080-\u009f\u2018\u2019\u0192]|\ufffd"
)
"""What UTF-8 looks like in Windows-1252; ``MÃ SỐ`` is a word."""
_WORD = re.compile(r"[^\s,.;:/()\-'\"–0-9]+")


@unique
class LegacyText(StrEnum):
    """How a text came to be unreadable."""

    TCVN3 = "TCVN3"
    VNI = "VNI"
    UTF8_AS_1252 = "UTF-8 as Windows-1252"


def from_tcvn3(text: str) -> str:
    """Return what TCVN3 octets, read as Latin-1 or Windows-1252, mean."""
    return _WORD.sub(_tcvn3_word, text)


def _tcvn3_word(found: re.Match[str]) -> str:
    """Capital letters with marks came from fonts of capitals: the word's plain letters tell."""
    word = found[0]
    plain = [one for one in word if one.isascii() and one.isalpha()]
    meant = word.translate(_TCVN3)
    return meant.upper() if plain and all(one.isupper() for one in plain) else meant


def from_vni(text: str) -> str:
    """Return what VNI-Windows octets, read as Windows-1252, mean."""

    def letter(found: re.Match[str]) -> str:
        pair = found[0]
        plain = _VNI_PAIRS.get(pair.lower()) or _VNI_LETTERS[pair.lower()]
        return plain.upper() if pair[0].isupper() else plain

    return unicodedata.normalize("NFC", _VNI.sub(letter, text))


def is_vietnamese(text: str) -> bool:
    """Tell whether every word with marks has the form of a Vietnamese syllable."""
    return all(_is_syllable(word) for word in _WORD.findall(text) if not word.isascii())


def score(text: str) -> tuple[int, int]:
    """Return how many words with marks are Vietnamese syllables, and how many are not."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    good = sum(map(_is_syllable, words))
    return good, len(words) - good


def is_broken(text: str) -> bool:
    """Tell whether letters were lost in a wrong encoding, so that nobody can tell the text."""
    return _BROKEN.search(text) is not None


def detect(text: str) -> tuple[LegacyText, str] | None:
    """Return how a text is garbled and what it means, None where it reads well as it is."""
    if text.isascii() or is_vietnamese(unicodedata.normalize("NFC", text)):
        return None
    for kind, meant in _readings(text):
        if meant != text and not meant.isascii() and meant.isprintable() and is_vietnamese(meant):
            return kind, meant
    return None


def _readings(text: str) -> list[tuple[LegacyText, str]]:
    found = []
    with suppress(UnicodeEncodeError, UnicodeDecodeError):
        found.append((LegacyText.UTF8_AS_1252, _octets_1252(text).decode()))
    return [*found, (LegacyText.TCVN3, from_tcvn3(text)), (LegacyText.VNI, from_vni(text))]


def _octets_1252(text: str) -> bytes:
    """Windows-1252, with the five octets that it leaves open passed through as programs do."""
    return b"".join(
        bytes((ord(one),)) if 0x80 <= ord(one) <= 0x9F else one.encode("cp1252") for one in text
    )


def _is_syllable(word: str) -> bool:
    decomposed = unicodedata.normalize("NFD", word.lower())
    plain, tones = _TONES.subn("", decomposed)
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", plain)) is not None

"""Vietnamese and English side by side: a text is written as a pair, so none can be missing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from flask import g, request

COOKIE = "cardsvc-language"


@unique
class Language(StrEnum):
    """What a page is written in; values are those of the ``lang`` attribute (BCP 47)."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages; as a string it is the one of the present request."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.vi if present_language() is Language.VIETNAMESE else self.en

    def filled(self, **values: object) -> Text:
        """Return the text with its ``{places}`` filled."""
        shown = {name: str(value) for name, value in values.items()}
        return Text(self.vi.format_map(shown), self.en.format_map(shown))


def t(vi: str, en: str) -> str:
    """Return a text in the language of the present request."""
    return str(Text(vi, en))


def present_language() -> Language:
    """Return the language of the present request: the cookie's, else Vietnamese."""
    chosen = g.get("language")
    if isinstance(chosen, Language):
        return chosen
    asked = request.cookies.get(COOKIE, "")
    language = Language.ENGLISH if asked == Language.ENGLISH else Language.VIETNAMESE
    g.language = language
    return language

"""The QR code's text form of Decision 838/QĐ-BNV: fields in a row, at most 130 characters.

It is unsigned: whoever reads it knows what the card says, not whether it is true (X0). The
decision's field list after the first could not be had; a layout lists the fields.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from cardsvc.errors import IssuanceError, ReasonCode
from issuance.faces.content import Fields
from issuance.faces.layout import DecisionQr

MAX_CHARACTERS = 130
"""Decision 838/QĐ-BNV."""
SEPARATOR = "|"
_SHORTEST = 8
"""A field is not cut to fewer characters: it would say nothing, and is rather left out."""
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class DecisionText:
    """The text, and whether a field had to be shortened for it."""

    text: str
    shortened: bool


def decision_text(fields: Fields, rules: DecisionQr) -> DecisionText:
    """Return the text form.

    Spec: Decision 838/QĐ-BNV: ``|`` between fields, the first a random card number of at most 4
    characters, at most 130 characters.

    Raises:
        IssuanceError: QR_TOO_LONG, also after all that the layout lets be shortened;
            FACE_LETTER_MISSING, a field holds the separator or a control character.
    """
    values = {name: _plain(name, fields.get(name, "")) for name in rules.fields}
    if len(_joined(values, rules)) <= MAX_CHARACTERS:
        return DecisionText(_joined(values, rules), shortened=False)
    for name in rules.shorten:
        values[name] = _abbreviated(values[name], rules.abbreviations)
        if len(_joined(values, rules)) <= MAX_CHARACTERS:
            return DecisionText(_joined(values, rules), shortened=True)
    for name in rules.shorten:
        excess = len(_joined(values, rules)) - MAX_CHARACTERS
        values[name] = _cut(values[name], max(_SHORTEST, len(values[name]) - excess))
        if len(_joined(values, rules)) <= MAX_CHARACTERS:
            return DecisionText(_joined(values, rules), shortened=True)
    for name in rules.shorten:
        values[name] = ""
        if len(_joined(values, rules)) <= MAX_CHARACTERS:
            return DecisionText(_joined(values, rules), shortened=True)
    raise IssuanceError(ReasonCode.QR_TOO_LONG, f"more than {MAX_CHARACTERS} characters")


def _joined(values: Mapping[str, str], rules: DecisionQr) -> str:
    return SEPARATOR.join(values[name] for name in rules.fields)


def _plain(name: str, text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    if SEPARATOR in composed or any(unicodedata.category(one) == "Cc" for one in composed):
        raise IssuanceError(
            ReasonCode.FACE_LETTER_MISSING, f"{name}: a character that the QR text cannot hold"
        )
    return composed


def _abbreviated(text: str, abbreviations: Mapping[str, str]) -> str:
    for long, short in abbreviations.items():
        text = re.sub(rf"(?<!\w){re.escape(long)}(?!\w)", short, text, flags=re.IGNORECASE)
    return text


def _cut(text: str, most: int) -> str:
    """Cut at a word where that leaves enough, and mark it."""
    if len(text) <= most:
        return text
    room = most - len(_ELLIPSIS)
    at_word = text[: room + 1].rpartition(" ")[0]
    return (at_word if len(at_word) >= _SHORTEST else text[:room]).rstrip(" ,;–-") + _ELLIPSIS

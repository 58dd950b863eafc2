"""Notes on a request: a code for the audit log, names of fields, and a text for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.operator_key import operator_key
from cardsvc.records import DecisionNote

MOST_CHARACTERS = 1000
MOST_FIELDS = 30

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_FIELD = re.compile(r"(?=.{1,60}$)[a-z_]+(\.[a-z_]+)*")
_LAYOUT = str.maketrans("", "", "\n\r\t")
"""What a text area sends beside printable characters."""


def make_note(
    code: str, *, by: str, at: datetime, fields: Iterable[str] = (), text: str = ""
) -> DecisionNote:
    """Return a note of bounded form.

    Args:
        code: a letter, then letters, digits, ``_ . -``; no room for a name or a number alone.
        by: the operator.
        at: the instant.
        fields: names of facts, such as ``employment.position``.
        text: at most 1000 characters.

    Raises:
        Malformed: a part has another form (MALFORMED_MESSAGE).
    """
    names = tuple(dict.fromkeys(fields))
    if _CODE.fullmatch(code) is None:
        _refuse("a note's code has 1 to 40 letters, digits, _ . or -, and begins with a letter")
    if len(names) > MOST_FIELDS or any(_FIELD.fullmatch(name) is None for name in names):
        _refuse("a note names at most 30 fields, such as holder.name")
    text = text.strip()
    if len(text) > MOST_CHARACTERS or not text.translate(_LAYOUT).isprintable():
        _refuse("a note's text has at most 1000 printable characters")
    return DecisionNote(code, operator_key(by), require_utc(at), names, text)


def _refuse(what: str) -> None:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, what)

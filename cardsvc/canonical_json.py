"""Events as canonical JSON: octets that are hashed, and taken back only as they were written.

Spec: RFC 8785 (JSON canonicalization) for the subset used here: strings, integers, booleans and
null in flat objects; keys sorted by code point; UTF-8; no insignificant white space. ``v`` is the
version of an event's layout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn

from msgspec.json import Encoder

from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode

_AT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_INSTANTS = 64
"""Instants whose text is remembered: the events of one transaction are of one instant."""


def _plain(value: object) -> object:
    """Return the number that a status word is, and the text that another kind of text is."""
    return int(value) if isinstance(value, int) else str(value)


_CANONICAL = Encoder(order="sorted", enc_hook=_plain)


@lru_cache(maxsize=_INSTANTS)
def encode_instant(at: datetime) -> str:
    """Return an instant as fixed-width UTC text to the microsecond (RFC 3339)."""
    utc = require_utc(at)
    # strftime does not pad years before 1000 on every platform
    return f"{utc.year:04}-{utc:%m-%dT%H:%M:%S.%f}Z"


def parse_instant(text: str) -> datetime:
    """Parse what ``encode_instant`` gives.

    Raises:
        TypeError: not text.
        ValueError: not an instant of that form.
    """
    return datetime.strptime(text, _AT_FORMAT).replace(tzinfo=UTC)


def encode_document(document: Mapping[str, object], *, most: int) -> bytes:
    """Encode an event's members; equal ones give equal octets.

    Raises:
        Malformed: a text that UTF-8 has no octets for, or more than ``most`` octets.
    """
    try:
        octets = _CANONICAL.encode(document)
    except ValueError:  # lone surrogates; integers past the interpreter's digit limit
        _refuse("not text that can be encoded")
    if len(octets) > most:
        _refuse("too long")
    return octets


def parse_document(
    octets: bytes, *, members: frozenset[str], version: int, most: int
) -> dict[str, Any]:
    """Parse an event's members, of any types; whoever calls encodes them again and compares.

    Raises:
        Malformed: too long, not JSON, other members, or another version.
    """
    if len(octets) > most:
        _refuse("too long")
    try:
        document = json.loads(octets.decode())
    except (ValueError, RecursionError):
        _refuse("not JSON")
    if not isinstance(document, dict) or document.keys() != members:
        _refuse("members are missing or unknown")
    if type(document["v"]) is not int or document["v"] != version:
        _refuse("unknown version")
    return document


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"event: {message}")

"""The canonical octets of an audit event: what the Merkle log hashes.

Spec: RFC 8785 (JSON canonicalization) for the subset used here: strings, integers, booleans and
null in flat objects; keys sorted by code point; UTF-8; no insignificant white space. ``v`` is the
version of this layout.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

from msgspec.json import Encoder

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode

ENCODING_VERSION = 1
MAX_EVENT_OCTETS = 16_384
"""Far above any real event; a bound so that nobody fills the log through one call."""
_MEMBERS = frozenset({"v", "at", "actor", "action", "subject", "facts"})
_AT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_IDENTIFIER_CHARACTERS = 200
_INSTANTS = 64
"""Instants whose text is remembered: the events of one transaction are of one instant."""


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"audit event: {message}")


def _plain(value: object) -> object:
    """Return the number that a status word is, and the text that another kind of text is."""
    return int(value) if isinstance(value, int) else str(value)


_CANONICAL = Encoder(order="sorted", enc_hook=_plain)


def _check_identifier(name: str, value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _IDENTIFIER_CHARACTERS:
        _refuse(f"{name} needs 1 to {_IDENTIFIER_CHARACTERS} characters")
    if not value.isprintable():
        _refuse(f"{name} holds a character that can't be shown")
    return value


def _check_facts(facts: object) -> AuditFacts:
    if not isinstance(facts, dict):
        _refuse("facts are an object")
    checked: AuditFacts = {}
    for key, value in facts.items():
        if not isinstance(key, str) or not key:
            _refuse("a fact needs a name")
        if value is not None and not isinstance(value, str | int):  # bool is an int
            _refuse("a fact is text, an integer, true, false or null")
        checked[key] = value
    return checked


@lru_cache(maxsize=_INSTANTS)
def encode_instant(at: datetime) -> str:
    """Return an instant as fixed-width UTC text to the microsecond (RFC 3339)."""
    utc = require_utc(at)
    # strftime does not pad years before 1000 on every platform
    return f"{utc.year:04}-{utc:%m-%dT%H:%M:%S.%f}Z"


def encode_event(event: AuditEvent) -> bytes:
    """Encode an event; equal events give equal octets.

    Raises:
        Malformed: an identifier is empty, overlong or unprintable, or a fact is not flat.
    """
    document = {
        "v": ENCODING_VERSION,
        "at": encode_instant(event.at),
        "actor": _check_identifier("actor", event.actor),
        "action": event.action.value,
        "subject": _check_identifier("subject", event.subject),
        "facts": _check_facts(event.facts),
    }
    try:
        octets = _CANONICAL.encode(document)
    except ValueError:  # lone surrogates; integers past the interpreter's digit limit
        _refuse("not text that can be encoded")
    if len(octets) > MAX_EVENT_OCTETS:
        _refuse("too long")
    return octets


def parse_event(octets: bytes) -> AuditEvent:
    """Parse canonical octets back into the event.

    Raises:
        Malformed: other members, another version, or octets that are not the canonical ones.
    """
    if len(octets) > MAX_EVENT_OCTETS:
        _refuse("too long")
    try:
        document = json.loads(octets.decode())
    except (ValueError, RecursionError):
        _refuse("not JSON")
    if not isinstance(document, dict) or document.keys() != _MEMBERS:
        _refuse("members are missing or unknown")
    if document["v"] != ENCODING_VERSION:
        _refuse("unknown version")
    try:
        at = datetime.strptime(document["at"], _AT_FORMAT).replace(tzinfo=UTC)
        action = AuditAction(document["action"])
    except (TypeError, ValueError):
        _refuse("no such instant or action")
    event = AuditEvent(
        at=at,
        actor=_check_identifier("actor", document["actor"]),
        action=action,
        subject=_check_identifier("subject", document["subject"]),
        facts=_check_facts(document["facts"]),
    )
    if encode_event(event) != octets:
        _refuse("not canonical")
    return event

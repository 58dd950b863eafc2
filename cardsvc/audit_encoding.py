"""The canonical octets of an audit event: what the Merkle log hashes.

Spec: RFC 8785 (JSON canonicalization) as ``canonical_json`` has it.
"""

from __future__ import annotations

from typing import NoReturn

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.canonical_json import (
    encode_document,
    encode_instant,
    parse_document,
    parse_instant,
)
from cardsvc.errors import Malformed, ReasonCode

ENCODING_VERSION = 1
MAX_EVENT_OCTETS = 16_384
"""Far above any real event; a bound so that nobody fills the log through one call."""
_MEMBERS = frozenset({"v", "at", "actor", "action", "subject", "facts"})
_IDENTIFIER_CHARACTERS = 200


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"audit event: {message}")


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


def encode_event(event: AuditEvent) -> bytes:
    """Encode an event; equal events give equal octets.

    Raises:
        Malformed: an identifier is empty, overlong or unprintable, or a fact is not flat.
    """
    document: dict[str, object] = {
        "v": ENCODING_VERSION,
        "at": encode_instant(event.at),
        "actor": _check_identifier("actor", event.actor),
        "action": event.action.value,
        "subject": _check_identifier("subject", event.subject),
        "facts": _check_facts(event.facts),
    }
    return encode_document(document, most=MAX_EVENT_OCTETS)


def parse_event(octets: bytes) -> AuditEvent:
    """Parse canonical octets back into the event.

    Raises:
        Malformed: other members, another version, or octets that are not the canonical ones.
    """
    document = parse_document(
        octets, members=_MEMBERS, version=ENCODING_VERSION, most=MAX_EVENT_OCTETS
    )
    try:
        at = parse_instant(document["at"])
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

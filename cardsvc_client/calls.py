"""One call each, and what its answer holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cardsvc_client.answers import parse_json
from cardsvc_client.errors import UnexpectedAnswer
from cardsvc_client.transport import Transport

_JPEG = b"\xff\xd8\xff"


def post_object(transport: Transport, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Send an object once and return the answer's."""
    octets = json.dumps(body, ensure_ascii=False).encode()
    return parse_json(transport.post(path, octets).body)


def get_object(transport: Transport, path: str) -> dict[str, Any]:
    """Return the object at an address."""
    return parse_json(transport.get(path).body)


def get_jpeg(transport: Transport, path: str) -> bytes:
    """Return the picture at an address. Raises ``UnexpectedAnswer``."""
    octets = transport.get(path).body
    if not octets.startswith(_JPEG):
        raise UnexpectedAnswer("not a JPEG")
    return octets


def read(document: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    """Return a member of a type; True and False are no numbers. Raises ``UnexpectedAnswer``."""
    value = document.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UnexpectedAnswer(f"{name} is missing")
    return value


def read_or_none(document: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    """Return a member of a type, None where it is null or not there."""
    return None if document.get(name) is None else read(document, name, kind)


def read_instant(document: Mapping[str, Any], name: str) -> datetime:
    """Return an instant with its time zone (RFC 3339). Raises ``UnexpectedAnswer``."""
    try:
        at = datetime.fromisoformat(read(document, name, str))
    except ValueError as error:
        raise UnexpectedAnswer(f"{name} is no instant") from error
    if at.tzinfo is None:
        raise UnexpectedAnswer(f"{name} has no time zone")
    return at

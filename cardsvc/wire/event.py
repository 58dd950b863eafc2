"""An event as partners get it, in the feed and by webhook alike.

Spec: CloudEvents 1.0.2 JSON Event Format (structured content mode); the extension ``sequence`` is
the event's position in the partner's feed.
"""

from __future__ import annotations

from typing import Any

from cardsvc.event_records import STATUS_AFTER, EventKind, PartnerEvent
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import encode_instant, encode_object

CONTENT_TYPE = "application/cloudevents+json"
_SPEC_VERSION = "1.0"
_TYPE_PREFIX = "cardsvc."
_TEXT = {"type": "string"}
_TOLD_OR_NOT = {"type": ["string", "null"]}
_NAMES = {"card": _TOLD_OR_NOT, "pseudonym": _TOLD_OR_NOT}


def _data(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an event's details: those of its kind, and what names the card."""
    properties = fields | _NAMES
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


_DATA = {
    EventKind.DECISION_MADE: _data(
        {
            "decision": _TEXT,
            "service": _TEXT,
            "granted": {"type": "boolean"},
            "level": {"enum": [*AssuranceLevel.__members__, None]},
            "code": _TEXT,
        }
    ),
    EventKind.CARD_STATUS_CHANGED: _data(
        {"state": {"enum": sorted({state.value for state in STATUS_AFTER.values()})}}
    ),
}
EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "sequence",
        "datacontenttype",
        "data",
    ],
    "additionalProperties": False,
    "properties": {
        "specversion": {"const": _SPEC_VERSION},
        "id": _TEXT,
        "source": _TEXT,
        "type": {"enum": [_TYPE_PREFIX + kind.value for kind in EventKind]},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "string", "pattern": "^[0-9]+$"},
        "datacontenttype": {"const": "application/json"},
        "subject": _TEXT,
        "data": {"anyOf": [_DATA[kind] for kind in EventKind]},
    },
}
"""An event as JSON Schema (2020-12)."""


def event_document(event: PartnerEvent, source: str) -> dict[str, Any]:
    """Return an event as the JSON object that partners get.

    Args:
        event: the event.
        source: our name in receipts; with the event's id it is unique.
    """
    document: dict[str, Any] = {
        "specversion": _SPEC_VERSION,
        "id": event.id,
        "source": source,
        "type": _TYPE_PREFIX + event.kind.value,
        "time": encode_instant(event.at),
        "sequence": str(event.position),
        "datacontenttype": "application/json",
        "data": dict(event.data),
    }
    if event.subject is not None:
        document["subject"] = event.subject
    return document


def encode_event_message(event: PartnerEvent, source: str) -> bytes:
    """Encode one event; the same event gives the same octets each time it is sent."""
    return encode_object(event_document(event, source))

"""The partners' feed of events: what happened to the cards they know, and their decisions."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.partner_records import Scope
from cardsvc.wire.event import EVENT_SCHEMA, event_document
from cardsvc.wire.fields import encode_object
from cardsvc.wire.kinds import Number
from web.agent_api import json_response
from web.auth import partner_caller
from web.openapi.operation import Caller, Media, Parameter, Tag, operation
from web.services import Services

MOST_EVENTS = 500
_USUAL_EVENTS = 100
_MOST_POSITION = 2**53 - 1
"""RFC 7493 section 2.2: the greatest whole number that every JSON reader keeps."""
_WHOLE = re.compile("[0-9]{1,16}")
_AFTER = Parameter("after", Number(0, _MOST_POSITION, about="the last `sequence` that you have"))
_LIMIT = Parameter("limit", Number(1, MOST_EVENTS, about="how many at most; 100 without it"))
_PAGE = Media(
    "application/json",
    {
        "type": "object",
        "required": ["events", "after", "more"],
        "additionalProperties": False,
        "properties": {
            "events": {"type": "array", "items": EVENT_SCHEMA},
            "after": {"type": "integer", "minimum": 0},
            "more": {"type": "boolean"},
        },
    },
)


def events_api(services: Services) -> Blueprint:
    """Return the blueprint of /partner/v1/events."""
    views = Blueprint("events_api", __name__, url_prefix="/partner/v1")

    @views.get("/events")
    @operation(
        "Sự kiện của đối tác", "What happened: your decisions, changes of the cards you know",
        caller=Caller.PARTNER, tag=Tag.EVENTS, answer=_PAGE, parameters=(_AFTER, _LIMIT),
        refusals=(400, 403, 410), scope=Scope.EVENTS,
    )  # fmt: skip
    def events() -> Response:
        caller = partner_caller(services.partners, Scope.EVENTS, services.clock.now()).id
        after = _whole("after", 0, 0, _MOST_POSITION)
        limit = _whole("limit", _USUAL_EVENTS, 1, MOST_EVENTS)
        page = services.events.read(caller, after, limit)
        last = page.events[-1].position if page.events else min(after, page.newest)
        body = {
            "events": [event_document(one, services.events.source) for one in page.events],
            "after": last,
            "more": last < page.newest,
        }
        return json_response(encode_object(body))

    return views


def _whole(name: str, usual: int, least: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return usual
    if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
        message = f"{name}: a whole number from {least} to {most} is needed"
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, message)
    return int(text)

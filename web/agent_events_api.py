"""The JSON API of agents' outboxes: events, and where a chain stands. Parse, one call, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.event_chain import CHAIN_OCTETS
from cardsvc.wire.event_batch import ChainHeadMessage, EventBatchMessage
from cardsvc.wire.fields import decode_octets
from web.agent_api import json_response
from web.auth import calling_agent
from web.services import Services


def agent_events_api(services: Services) -> Blueprint:
    """Return the blueprint of the outboxes' part of /agent/v1."""
    views = Blueprint("agent_events_api", __name__, url_prefix="/agent/v1")

    def agent() -> str:
        return calling_agent(services)

    @views.post("/events")
    def take_events() -> Response:
        caller = agent()
        message = EventBatchMessage.parse(request.get_data())
        at = services.clock.now()
        head = services.agent_events.take(caller, message.chain, message.events, at)
        return json_response(ChainHeadMessage(head).encode())

    @views.get("/events/<chain>")
    def chain_head(chain: str) -> Response:
        caller = agent()
        octets = decode_octets(chain, exactly=CHAIN_OCTETS, name="chain")
        return json_response(ChainHeadMessage(services.agent_events.head(caller, octets)).encode())

    return views

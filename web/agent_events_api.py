"""The JSON API of agents' outboxes: events, and where a chain stands. Parse, one call, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.event_chain import CHAIN_OCTETS
from cardsvc.wire.event_batch import CHAIN, ChainHeadMessage, EventBatchMessage
from cardsvc.wire.fields import decode_octets
from web.agent_api import json_response
from web.auth import calling_agent
from web.openapi.operation import Caller, Tag, operation
from web.services import Services


def agent_events_api(services: Services) -> Blueprint:
    """Return the blueprint of the outboxes' part of /agent/v1."""
    views = Blueprint("agent_events_api", __name__, url_prefix="/agent/v1")

    def agent() -> str:
        return calling_agent(services)

    @views.post("/events")
    @operation(
        "Nộp nhật ký của thiết bị", "Hand in events of an agent's outbox",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=EventBatchMessage, answer=ChainHeadMessage,
        refusals=(409,),
    )  # fmt: skip
    def take_events() -> Response:
        caller = agent()
        message = EventBatchMessage.parse(request.get_data())
        at = services.clock.now()
        head = services.agent_events.take(caller, message.chain, message.received(), at)
        return json_response(ChainHeadMessage.of(head).encode())

    @views.get("/events/<chain>")
    @operation(
        "Xem nhật ký đã nhận đến đâu", "Tell how far a chain of events has come",
        caller=Caller.AGENT, tag=Tag.AGENTS, answer=ChainHeadMessage, path={"chain": CHAIN},
    )  # fmt: skip
    def chain_head(chain: str) -> Response:
        caller = agent()
        octets = decode_octets(chain, exactly=CHAIN_OCTETS, name="chain")
        return json_response(
            ChainHeadMessage.of(services.agent_events.head(caller, octets)).encode()
        )

    return views

"""Who checked my card: asked by the holder at an agent, with card and PIN."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.wire.own_checks import OwnCheck, OwnChecksMessage
from cardsvc.wire.tap import PresentationMessage
from web import taps
from web.agent_api import json_response
from web.auth import calling_agent
from web.decision_id import decision_id
from web.openapi.operation import Caller, Tag, operation
from web.request_id import request_id
from web.services import Services


def own_checks(services: Services) -> Blueprint:
    """Return the blueprint of /agent/v1/own-checks."""
    views = Blueprint("own_checks", __name__, url_prefix="/agent/v1")

    @views.post("/own-checks")
    @operation(
        "Chủ thẻ hỏi ai đã kiểm tra thẻ của mình", "The holder asks who checked the card",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=PresentationMessage, answer=OwnChecksMessage,
    )  # fmt: skip
    def tell() -> Response:
        agent = calling_agent(services)
        message = PresentationMessage.parse(request.get_data())
        at = services.clock.now()
        settled, checks = services.flows.own_checks.tell(
            taps.unverified(message, agent, request_id()),
            decision_id=decision_id(at, services.random_octets),
            at=at,
        )
        told = tuple(
            OwnCheck(
                one.at,
                one.partner,
                one.service.vi,
                one.service.en,
                None if one.level is None else one.level.name,
                one.granted,
                one.code,
                one.released,
            )
            for one in checks
        )
        return json_response(OwnChecksMessage(taps.decision_message(settled), told).encode())

    return views

"""May this delegate do that for this company today."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.partner_records import Scope
from cardsvc.wire.delegation import DelegationMessage
from cardsvc.wire.tap import DecisionMessage
from verification.flows.delegation import DelegationQuestion
from web import taps
from web.agent_api import json_response
from web.decision_id import decision_id
from web.openapi.operation import Caller, Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.request_id import request_id
from web.services import Services


def add_views(views: Blueprint, services: Services) -> None:
    """Add the flow's addresses."""

    @views.post("/delegations:check")
    @operation(
        "Hỏi người được ủy quyền có được làm việc này không", "Ask whether a delegate may do this",
        caller=Caller.PARTNER, tag=Tag.TAP, body=DelegationMessage, answer=DecisionMessage,
        refusals=(403,), scope=Scope.DELEGATION,
    )  # fmt: skip
    def check() -> Response:
        agent = reader_of(partner(services, Scope.DELEGATION))
        message = DelegationMessage.parse(request.get_data())
        at = services.clock.now()
        settled = services.flows.delegations.settle(
            taps.unverified(message.presentation, agent, request_id()),
            DelegationQuestion(message.enterprise_number, message.act),
            decision_id=decision_id(at, services.random_octets),
            at=at,
        )
        return json_response(taps.decision_message(settled).encode())

"""Where a card stands, by its GUID or by a receipt."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.lifecycle import CardState
from cardsvc.partner_records import Scope
from cardsvc.wire.verification import StatusMessage, StatusQuery
from web.agent_api import json_response
from web.openapi.operation import Caller, Tag, operation
from web.partner_flows.caller import partner_calling
from web.services import Services


def add_views(views: Blueprint, services: Services) -> None:
    """Add the flow's addresses."""

    @views.post("/status")
    @operation(
        "Hỏi trạng thái thẻ theo GUID, biên nhận hoặc bí danh", "Ask where a card stands",
        caller=Caller.PARTNER, tag=Tag.LOOKUP, body=StatusQuery, answer=StatusMessage,
        refusals=(403, 404, 409), scope=Scope.STATUS,
    )  # fmt: skip
    def card_status() -> Response:
        caller = partner_calling(services, Scope.STATUS)
        query = StatusQuery.parse(request.get_data())
        desk = services.flows.status
        if query.card is not None:
            state = desk.of_card(query.card, caller.realm)
        elif query.pseudonym is not None:
            state = desk.of_pseudonym(caller.id, query.pseudonym, caller.realm)
        else:
            state = desk.of_receipt(caller.id, query.receipt or "", caller.realm)
        usable = state is CardState.ACTIVE
        return json_response(StatusMessage(state, usable, services.clock.now()).encode())

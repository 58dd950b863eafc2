"""Agents ask whether a door is to be opened from afar. Parse, one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.wire.desk import MAX_WAIT_SECONDS
from cardsvc.wire.door_order import DoorAnswer, DoorQuestion
from web.agent_api import json_response
from web.auth import calling_agent
from web.job_waiting import JobWaiting
from web.openapi.operation import Caller, Tag, operation
from web.services import Services


def door_orders_api(services: Services) -> Blueprint:
    """Return the blueprint of the doors' part of /agent/v1."""
    views = Blueprint("door_orders_api", __name__, url_prefix="/agent/v1")
    waiting = JobWaiting()

    @views.post("/door-orders")
    @operation(
        "Hỏi lệnh mở cửa từ xa, chờ nếu chưa có", "Ask for an order to open a door, and wait",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=DoorQuestion, answer=DoorAnswer,
    )  # fmt: skip
    def door_order() -> Response:
        calling_agent(services)
        asked = DoorQuestion.parse(request.get_data())

        def look() -> str | None:
            # whoever was shut out while waiting gets nothing
            caller, at = calling_agent(services), services.clock.now()
            return services.door_orders.take(caller, asked.doors, asked.nonce, at)

        order, again = waiting.wait(look, min(asked.wait, MAX_WAIT_SECONDS))
        return json_response(DoorAnswer(order, again).encode())

    return views

"""How devices become agents and renew their certificates: parse, call one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.wire.enrolment import EnrolledMessage, EnrolmentMessage, RenewalMessage
from web.agent_api import json_response
from web.auth import calling_agent
from web.openapi.operation import Caller, Tag, operation
from web.services import Services


def enrolment_api(services: Services) -> Blueprint:
    """Return the blueprint of /agent/v1/enrolments."""
    views = Blueprint("enrolment_api", __name__, url_prefix="/agent/v1/enrolments")
    desk = services.agents.enrolment

    @views.post("")
    @operation(
        "Đăng ký thiết bị bằng mã mời", "Make a device the agent that it was invited as",
        caller=Caller.ANYONE, tag=Tag.AGENTS, body=EnrolmentMessage, answer=EnrolledMessage,
        refusals=(403, 409, 429),
    )  # fmt: skip
    def enrol() -> Response:
        asked = EnrolmentMessage.parse(request.get_data())
        return json_response(desk.enrol(asked, services.clock.now()).encode())

    @views.post("/renewals")
    @operation(
        "Gia hạn chứng thư của thiết bị", "Renew a device's certificate",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=RenewalMessage, answer=EnrolledMessage,
    )  # fmt: skip
    def renew() -> Response:
        caller = calling_agent(services)
        asked = RenewalMessage.parse(request.get_data())
        return json_response(desk.renew(caller, asked, services.clock.now()).encode())

    return views

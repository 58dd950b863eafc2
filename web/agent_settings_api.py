"""What an administrator has set at an agent, for that agent. Parse, one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response

from web.auth import calling_agent
from web.documents import send_plain
from web.openapi.operation import Caller, Media, Tag, operation
from web.services import Services

_ASK_EACH_TIME = "private, no-cache"


def agent_settings_api(services: Services) -> Blueprint:
    """Return the blueprint of /agent/v1/settings."""
    views = Blueprint("agent_settings_api", __name__, url_prefix="/agent/v1")

    @views.get("/settings")
    @operation(
        "Cấu hình đặt từ xa (đã ký)", "What is set at the calling agent from afar, a JWS",
        caller=Caller.AGENT, tag=Tag.AGENTS, answer=Media("application/jose"), refusals=(404,),
    )  # fmt: skip
    def settings() -> Response:
        token = services.agent_settings.signed(calling_agent(services))
        return send_plain(token.encode("ascii"), "application/jose", cache=_ASK_EACH_TIME)

    return views

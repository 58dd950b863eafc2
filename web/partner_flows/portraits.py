"""The holder's portrait that a decision released, for the caller who brought the card.

Fetched by GET: what a POST answers may be kept to be sent again, and a picture is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from cardsvc.partner_records import Scope
from cardsvc.wire.kinds import Text
from web.auth import calling_agent
from web.openapi.operation import Caller, Media, Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.services import Services

_PATH = {"decision_id": Text(36, about="`jti` of the decision's receipt")}
_JPEG = Media("image/jpeg")


def add_views(views: Blueprint, services: Services) -> None:
    """Add the partners' address."""

    def caller() -> str:
        return reader_of(partner(services, Scope.PORTRAIT))

    _add_portrait(views, services, caller, Caller.PARTNER, Scope.PORTRAIT)


def agent_portraits(services: Services) -> Blueprint:
    """Return the blueprint of the agents' part, /agent/v1/decisions."""
    views = Blueprint("agent_portraits", __name__, url_prefix="/agent/v1")
    _add_portrait(views, services, lambda: calling_agent(services), Caller.AGENT, "")
    return views


def _add_portrait(
    views: Blueprint, services: Services, caller: Callable[[], str], who: Caller, scope: str
) -> None:
    @views.get("/decisions/<decision_id>/portrait")
    @operation(
        "Lấy ảnh chủ thẻ mà một quyết định cho phép xem",
        "Fetch the holder's photo that a decision released",
        caller=who, tag=Tag.TAP, answer=_JPEG, path=_PATH, refusals=(403, 404, 410), scope=scope,
    )  # fmt: skip
    def portrait(decision_id: str) -> Response:
        who_asks = caller()
        desk = services.flows.portraits
        octets = desk.hand_over(decision_id, who_asks, services.clock.now())
        response = Response(octets, content_type="image/jpeg")
        response.headers["Cache-Control"] = "no-store"
        return response

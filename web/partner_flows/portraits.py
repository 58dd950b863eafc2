"""The holder's portrait, for the caller who brought the card: a decision's, or to be matched.

Fetched by GET: what a POST answers may be kept to be sent again, and a picture is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from cardsvc.partner_records import Scope
from cardsvc.wire.kinds import Text
from verification.flows.counter_session import Caller
from web.auth import calling_agent
from web.openapi import operation as told
from web.openapi.operation import Media, Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.services import Services

_DECISION = {"decision_id": Text(36, about="`jti` of the decision's receipt")}
_SESSION = {"session_id": Text(36, about="the session's identifier")}
_JPEG = Media("image/jpeg")


def add_views(views: Blueprint, services: Services) -> None:
    """Add the partners' addresses."""

    def caller() -> Caller:
        relying_party = partner(services, Scope.PORTRAIT)
        return Caller(reader_of(relying_party), relying_party)

    _add_portraits(views, services, caller, told.Caller.PARTNER)


def agent_portraits(services: Services) -> Blueprint:
    """Return the blueprint of the agents' part of /agent/v1."""
    views = Blueprint("agent_portraits", __name__, url_prefix="/agent/v1")

    def caller() -> Caller:
        return Caller(calling_agent(services))

    _add_portraits(views, services, caller, told.Caller.AGENT)
    return views


def _add_portraits(
    views: Blueprint, services: Services, caller: Callable[[], Caller], kind: told.Caller
) -> None:
    scope = Scope.PORTRAIT if kind is told.Caller.PARTNER else ""

    @views.get("/decisions/<decision_id>/portrait")
    @operation(
        "Lấy ảnh chủ thẻ mà một quyết định cho phép xem",
        "Fetch the holder's photo that a decision released",
        caller=kind, tag=Tag.TAP, answer=_JPEG, path=_DECISION, refusals=(403, 404, 410),
        scope=scope,
    )  # fmt: skip
    def portrait(decision_id: str) -> Response:
        who, desk = caller(), services.flows.portraits
        return _picture(desk.hand_over(decision_id, who.agent, services.clock.now()))

    @views.get("/sessions/<session_id>/portrait")
    @operation(
        "Lấy ảnh chủ thẻ để cán bộ đối chiếu (mức X3)",
        "Fetch the holder's photo that an officer is to match (X3)",
        caller=kind, tag=Tag.SESSIONS, answer=_JPEG, path=_SESSION, refusals=(403, 404, 409),
        scope=scope,
    )  # fmt: skip
    def to_be_matched(session_id: str) -> Response:
        who, desk = caller(), services.flows.match_portraits
        return _picture(desk.hand_over(session_id, who, services.clock.now()))


def _picture(octets: bytes) -> Response:
    response = Response(octets, content_type=_JPEG.content_type)
    response.headers["Cache-Control"] = "no-store"
    return response

"""Visitor passes: issue, show at a gate, look at, revoke; keys and revoked ones for everybody."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.errors import ReasonCode
from cardsvc.partner_records import Scope
from cardsvc.pass_records import VisitorPass
from cardsvc.terms import Realm
from cardsvc.wire.fields import encode_object
from cardsvc.wire.kinds import Text
from cardsvc.wire.visitor_pass import (
    PassAnswerMessage,
    PassShownMessage,
    VisitorPassMessage,
    VisitorPassRequest,
)
from verification.flows.visitor_desk import Shown, Visit
from verification.remedy import remedy_for
from web.agent_api import json_response
from web.documents import ASK_EACH_TIME, FOR_AN_HOUR, open_to_browsers, send_plain
from web.openapi.key_sets import KEY_SET
from web.openapi.operation import Caller, Media, Tag, operation
from web.partner_flows.caller import partner_calling, reader_of
from web.services import Services

_PATH = {"pass_id": Text(36, about="the pass's identifier")}
_LIST = Media("application/jwt")


def add_views(views: Blueprint, services: Services) -> None:
    """Add the partners' addresses."""
    desk = services.flows.visitors

    @views.post("/visitor-passes")
    @operation(
        "Cấp giấy ra vào", "Issue a visitor pass",
        caller=Caller.PARTNER, tag=Tag.CREDENTIALS, body=VisitorPassRequest,
        answer=VisitorPassMessage, refusals=(403,), scope=Scope.PASSES,
    )  # fmt: skip
    def issue() -> Response:
        caller = partner_calling(services, Scope.PASSES)
        asked = VisitorPassRequest.parse(request.get_data())
        visit = Visit(
            asked.host,
            asked.zone,
            asked.purpose,
            asked.visitor,
            asked.entries,
            asked.not_before,
            asked.expires_at,
        )
        kept, text = desk.issue(caller.id, caller.realm, visit, services.clock.now())
        return json_response(_message(kept, text).encode())

    @views.post("/visitor-passes:show")
    @operation(
        "Kiểm tra giấy ra vào tại cổng và tính một lượt vào",
        "Check a visitor pass at a gate and count the entry",
        caller=Caller.PARTNER, tag=Tag.CREDENTIALS, body=PassShownMessage,
        answer=PassAnswerMessage, refusals=(403,), scope=Scope.PASSES,
    )  # fmt: skip
    def show() -> Response:
        caller = partner_calling(services, Scope.PASSES)
        asked = PassShownMessage.parse(request.get_data())
        shown = desk.show(
            caller.id,
            caller.realm,
            asked.text,
            zone=asked.zone,
            agent=reader_of(caller.id),
            at=services.clock.now(),
        )
        return json_response(_answer(shown).encode())

    @views.get("/visitor-passes/<pass_id>")
    @operation(
        "Xem giấy ra vào", "Look at a visitor pass",
        caller=Caller.PARTNER, tag=Tag.CREDENTIALS, answer=VisitorPassMessage, path=_PATH,
        refusals=(403, 404), scope=Scope.PASSES,
    )  # fmt: skip
    def find(pass_id: str) -> Response:
        caller = partner_calling(services, Scope.PASSES)
        return json_response(_message(desk.find(caller.id, pass_id)).encode())

    @views.post("/visitor-passes/<pass_id>/revoke")
    @operation(
        "Thu hồi giấy ra vào", "Revoke a visitor pass",
        caller=Caller.PARTNER, tag=Tag.CREDENTIALS, answer=VisitorPassMessage, path=_PATH,
        refusals=(403, 404), scope=Scope.PASSES,
    )  # fmt: skip
    def revoke(pass_id: str) -> Response:
        caller = partner_calling(services, Scope.PASSES)
        actor, at = reader_of(caller.id), services.clock.now()
        return json_response(_message(desk.revoke(caller.id, pass_id, actor=actor, at=at)).encode())


def public_passes(services: Services) -> Blueprint:
    """Return the blueprint of what gates without a network fetch beforehand."""
    views = Blueprint("public_passes", __name__)

    @views.get("/.well-known/visitor-pass-keys.json")
    @operation(
        "Khóa kiểm tra giấy ra vào", "The keys that visitor passes are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET,
    )  # fmt: skip
    def keys() -> Response:
        body = encode_object(dict(services.flows.visitors.signers[Realm.PRODUCTION].jwks()))
        return open_to_browsers(send_plain(body, "application/json", cache=FOR_AN_HOUR))

    @views.get("/status/visitor-passes")
    @operation(
        "Giấy ra vào đã thu hồi", "The visitor passes that were revoked, as JWT",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=_LIST,
    )  # fmt: skip
    def revoked() -> Response:
        token = services.flows.visitors.revoked_list(services.clock.now())
        body = token.encode("ascii")
        return open_to_browsers(send_plain(body, "application/jwt", cache=ASK_EACH_TIME))

    return views


def _message(kept: VisitorPass, text: str | None = None) -> VisitorPassMessage:
    return VisitorPassMessage(
        id=kept.id,
        host=kept.host,
        zone=kept.zone,
        not_before=kept.not_before,
        expires_at=kept.expires_at,
        entries=kept.entries,
        used=kept.used,
        revoked=kept.revoked_at is not None,
        text=text,
    )


def _answer(shown: Shown) -> PassAnswerMessage:
    if shown.reason is None and shown.claims is not None:
        vi, en = "Giấy ra vào hợp lệ.", "The pass is valid."
        says = shown.claims
        return PassAnswerMessage(
            granted=True,
            code="granted",
            level="X0",
            message_vi=vi,
            message_en=en,
            id=says.id,
            purpose=says.purpose,
            visitor=says.visitor,
            entries_left=shown.left,
        )
    remedy = remedy_for(shown.reason or ReasonCode.PASS_UNKNOWN)
    return PassAnswerMessage(
        granted=False,
        code=remedy.public_code,
        level="X0",
        message_vi=remedy.vi,
        message_en=remedy.en,
    )

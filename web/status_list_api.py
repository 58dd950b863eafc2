"""Token Status Lists over HTTP (draft-ietf-oauth-status-list-17 sections 8 and 9)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from cardsvc.wire.lookup import StatusListsMessage
from web.documents import ASK_EACH_TIME, open_to_browsers, send_document, send_plain
from web.openapi.operation import Caller, Media, Tag, operation
from web.services import Services

_STATUS_LIST_JWT = "application/statuslist+jwt"
"""Section 8.2; the form in CBOR is not made."""


def status_list_api(services: Services) -> Blueprint:
    """Return the blueprint of the status lists; no token is asked."""
    views = Blueprint("status_list_api", __name__)
    status = services.status

    @views.get("/status/list/<int:number>")
    @operation(
        "Một danh sách trạng thái", "A Token Status List, as a JWT",
        caller=Caller.ANYONE, tag=Tag.STATUS,
        answer=Media(_STATUS_LIST_JWT, {"type": "string"}), refusals=(406, 501),
    )  # fmt: skip
    def status_list(number: int) -> Response:
        if "time" in request.args:
            abort(501)  # lists of the past are not kept (section 8.4)
        accepted = request.accept_mimetypes
        if accepted and accepted.best_match([_STATUS_LIST_JWT]) is None:
            abort(406)
        document = status.list_token(number, services.clock.now())
        response = send_document(document, _STATUS_LIST_JWT, cache=ASK_EACH_TIME, compress=True)
        response.vary.add("Accept")
        return open_to_browsers(response)

    @views.get("/status/lists")
    @operation(
        "Địa chỉ của mọi danh sách trạng thái", "The addresses of all status lists",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=StatusListsMessage,
    )  # fmt: skip
    def status_lists() -> Response:
        uris = [status.list_uri(number) for number in status.list_numbers()]
        body = StatusListsMessage(tuple(one for one in uris if one is not None)).encode()
        return open_to_browsers(send_plain(body, "application/json", cache=ASK_EACH_TIME))

    return views

"""Bundles for agents that decide offline: a signed head, and parts by their hash."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import encode_object
from cardsvc.wire.kinds import Text
from web.agent_api import json_response
from web.auth import calling_agent
from web.documents import send_plain
from web.openapi.key_sets import KEY_SET
from web.openapi.operation import Caller, Media, Parameter, Tag, operation
from web.services import Services

_ASK_EACH_TIME = "private, no-cache"
_NEVER_CHANGES = "private, max-age=604800, immutable"
_SHA256_DIGITS = 64
_RELYING_PARTY = Parameter(
    "relying_party", Text(about="on whose behalf the agent decides"), required=True
)


def bundle_api(services: Services) -> Blueprint:
    """Return the blueprint of /agent/v1/bundle."""
    views = Blueprint("bundle_api", __name__, url_prefix="/agent/v1/bundle")
    bundles = services.bundles

    def agent() -> str:
        return calling_agent(services)

    @views.get("")
    @operation(
        "Gói xác thực ngoại tuyến (phần đầu đã ký)", "The signed head of an agent's bundle, a JWS",
        caller=Caller.AGENT, tag=Tag.AGENTS, answer=Media("application/jose"),
        parameters=(_RELYING_PARTY,), refusals=(404, 409),
    )  # fmt: skip
    def manifest() -> Response:
        caller = agent()
        relying_party = request.args.get("relying_party", "")
        if not 0 < len(relying_party) <= 200 or not relying_party.isprintable():
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "relying_party is missing")
        token = bundles.manifest(relying_party, caller, services.clock.now())
        return send_plain(token.encode("ascii"), "application/jose", cache=_ASK_EACH_TIME)

    @views.get("/parts/<sha256>")
    @operation(
        "Một phần của gói xác thực ngoại tuyến", "A part of a bundle, by its hash",
        caller=Caller.AGENT, tag=Tag.AGENTS, answer=Media("application/octet-stream"),
        path={"sha256": Text(64, about="SHA-256 of the part, in hexadecimal")}, refusals=(404,),
    )  # fmt: skip
    def part(sha256: str) -> Response:
        agent()
        octets = bundles.part(_digest(sha256))
        if octets is None:
            abort(404)
        return send_plain(octets, "application/octet-stream", cache=_NEVER_CHANGES)

    @views.get("/keys")
    @operation(
        "Khóa kiểm tra chữ ký của gói", "The keys that sign bundles",
        caller=Caller.AGENT, tag=Tag.AGENTS, answer=KEY_SET,
    )  # fmt: skip
    def keys() -> Response:
        agent()
        return json_response(encode_object(services.bundle_keys()))

    return views


def _digest(text: str) -> bytes:
    if len(text) != _SHA256_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a SHA-256 in hexadecimal")
    return bytes.fromhex(text)

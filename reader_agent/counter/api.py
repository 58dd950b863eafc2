"""How counter software asks: JSON and server-sent events on loopback; parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from flask import Blueprint, Response, request, send_from_directory

from cardsvc.access_records import require_identifier
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.kinds import Flag, Name, Parsed, Text
from cardsvc.wire.message import Message
from reader_agent.client import ServiceError
from reader_agent.counter.desk import CounterDesk
from reader_agent.kiosk.words import Words
from reader_agent.loopback.guard import allow_origin, preflight, require_counter, require_json

SAMPLE = Path(__file__).parent / "sample"
_LEVELS = (AssuranceLevel.X1, AssuranceLevel.X2, AssuranceLevel.X3)
_STATUS = {
    ReasonCode.READER_BUSY: 409,
    ReasonCode.ILLEGAL_TRANSITION: 409,
    ReasonCode.PORTRAIT_UNKNOWN: 404,
    ReasonCode.PORTRAIT_NOT_RELEASED: 404,
    ReasonCode.PORTRAIT_EXPIRED: 404,
}


@dataclass(frozen=True, slots=True)
class VerifyOrder(Message):
    """A tap that counter software asks for."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {"service": "tiep-don", "level": "X2"}

    service: Annotated[str, Text(64, about="one of the agent's relying party")]
    level: Annotated[AssuranceLevel, Name(AssuranceLevel, about="X1, X2 or X3")]
    title_vi: Annotated[str | None, Text(60, about="what the holder's screen calls it")] = None
    title_en: Annotated[str | None, Text(60, about="the same in English")] = None


@dataclass(frozen=True, slots=True)
class PhotoConfirmation(Message):
    """What an officer saw."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "tap": "5f0c1d9e2a7b4c68",
        "officer": "can-bo-lan",
        "matches": True,
    }

    tap: Annotated[str, Text(64, about="as the answer to verify named it")]
    officer: Annotated[str, Parsed(require_identifier, most=64, about="who compared the photo")]
    matches: Annotated[bool, Flag(about="whether it is the person at the counter")]


def counter_api(desk: CounterDesk, secret: str, origins: frozenset[str]) -> Blueprint:
    """Return the blueprint of /v1.

    Args:
        desk: takes the orders.
        secret: the bearer token of the counter software.
        origins: of its pages.
    """
    views = Blueprint("counter_api", __name__, url_prefix="/v1")
    _guard(views, secret, origins)

    @views.get("/state")
    def state() -> dict[str, object]:
        return dict(desk.state())

    @views.get("/events")
    def events() -> Response:
        last = request.headers.get("Last-Event-ID", request.args.get("after", ""))
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else None
        gone: Callable[[], bool] = request.environ.get(
            "waitress.client_disconnected", lambda: False
        )
        stream = desk.feed.follow(after, gone)
        return Response(stream, content_type="text/event-stream; charset=utf-8")

    @views.post("/verify")
    def verify() -> tuple[dict[str, str], int]:
        order = VerifyOrder.parse(require_json())
        if order.level not in _LEVELS:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a counter verifies at X1, X2 or X3")
        vi = order.title_vi or order.service
        title = Words(vi, order.title_en or vi)
        return {"tap": desk.verify(order.service, order.level, title)}, 202

    @views.post("/cancel")
    def cancel() -> tuple[str, int]:
        desk.cancel()
        return "", 204

    @views.get("/portrait")
    def portrait() -> Response:
        octets = desk.portrait(request.args.get("tap", ""))
        return Response(octets, content_type="image/jpeg")

    @views.post("/confirm-photo")
    def confirm_photo() -> Response:
        seen = PhotoConfirmation.parse(require_json())
        decision = desk.confirm(seen.tap, seen.officer, matches=seen.matches)
        if decision is None:
            return Response(status=204)
        return Response(decision.encode(), content_type="application/json")

    return views


def _guard(views: Blueprint, secret: str, origins: frozenset[str]) -> None:
    @views.before_request
    def look_who_asks() -> Response | None:
        if request.method == "OPTIONS":
            return preflight(origins)
        require_counter(secret, origins)
        return None

    @views.after_request
    def let_it_be_read(response: Response) -> Response:
        return allow_origin(response, origins)

    @views.errorhandler(CardsvcError)
    def refused(error: CardsvcError) -> tuple[dict[str, str], int]:
        if isinstance(error, Malformed):
            return {"reason": error.reason.value}, 400
        of_service = 502 if isinstance(error, ServiceError) else 500
        return {"reason": error.reason.value}, _STATUS.get(error.reason, of_service)


def sample_page() -> Blueprint:
    """Return the sample page of counter software, under /sample."""
    views = Blueprint("sample", __name__, url_prefix="/sample")

    @views.get("/")
    def page() -> Response:
        return send_from_directory(SAMPLE, "counter.html")

    @views.get("/<path:file>")
    def part(file: str) -> Response:
        return send_from_directory(SAMPLE, file)

    return views

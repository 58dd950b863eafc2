"""The page that a holder touches, as the browser gets it: parse, tell the visit, render."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_from_directory

from cardsvc.wire.fields import Fields, parse_object
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.document import page_words
from reader_agent.kiosk.machine import tasks_of
from reader_agent.kiosk.part import Kiosk
from reader_agent.kiosk.visit import Task
from reader_agent.loopback.guard import COOKIE, require_json, require_page

STATIC = Path(__file__).parents[1] / "kiosk" / "static"
_MAX_ACT_OCTETS = 1024
_MAX_TYPED = 16
_FIELDS = ("step", "action", "number", "text", "english")
_OPENED = (
    '<!doctype html><link rel="icon" href="/{name}/static/mark.svg">'
    '<meta http-equiv="refresh" content="0;url=/{name}/">'
)
_ALWAYS = frozenset({"language", "touched"})
"""What may come late: it hurts no later screen."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the person did on the page.

    Args:
        told: what it is to the visit.
        step: the screen it was done on; None where that does not matter.
    """

    told: i.OfPerson = field(repr=False)
    step: int | None


def parse_act(octets: bytes, tasks: Sequence[Task]) -> Act:
    """Parse what the page sends.

    Args:
        octets: JSON.
        tasks: what there is to choose.

    Raises:
        Malformed: MALFORMED_MESSAGE.
    """
    fields = Fields(parse_object(octets, most=_MAX_ACT_OCTETS), _FIELDS)
    action = fields.text("action", most=20)
    step = None if action in _ALWAYS else fields.number("step")
    match action:
        case "choose":
            return Act(i.Chosen(tasks[fields.number("number", most=len(tasks) - 1)]), step)
        case "typed":
            return Act(i.Typed(fields.text("text", most=_MAX_TYPED)), step)
        case "language":
            return Act(i.LanguageChosen(fields.flag("english")), step)
        case "again":
            return Act(i.TryAgain(), step)
        case "help":
            return Act(i.HelpWanted(), step)
        case "touched":
            return Act(i.Touched(), step)
        case _:
            return Act(i.StartOver(), step)


def page_api(name: str, kiosk: Kiosk, secret: str) -> Blueprint:
    """Return the blueprint of a page under /NAME/.

    Args:
        name: of the page.
        kiosk: whose visit it shows.
        secret: opens the page.
    """
    views = Blueprint(f"{name}_page", __name__, url_prefix=f"/{name}")
    tasks = tasks_of(kiosk.config)

    @views.get("/open/<given>")
    def open_page(given: str) -> Response:
        """Take the secret once and keep it where scripts can't read it."""
        if given != secret:
            abort(403)
        # a redirect would still count as coming from elsewhere, and take no strict cookie along
        body = _OPENED.format(name=escape(name))
        response = Response(body, content_type="text/html; charset=utf-8")
        response.set_cookie(COOKIE, secret, path=f"/{name}/", httponly=True, samesite="Strict")
        return response

    @views.get("/")
    def page() -> Response:
        require_page(secret)
        return send_from_directory(STATIC, "index.html")

    @views.get("/static/<path:file>")
    def static(file: str) -> Response:
        return send_from_directory(STATIC, file)

    @views.get("/v1/page")
    def words() -> dict[str, object]:
        require_page(secret)
        return page_words(kiosk.config)

    @views.get("/v1/screen")
    def screen() -> Response:
        require_page(secret)
        gone = request.environ.get("waitress.client_disconnected", lambda: False)
        stream = kiosk.board.follow(gone)
        return Response(stream, content_type="text/event-stream; charset=utf-8")

    @views.get("/v1/portrait/<int:step>")
    def portrait(step: int) -> Response:
        require_page(secret)
        octets = kiosk.portrait(step)
        if octets is None:
            abort(404)
        return Response(octets, content_type="image/jpeg")

    @views.post("/v1/act")
    def act() -> tuple[str, int]:
        require_page(secret)
        done = parse_act(require_json(), tasks)
        kiosk.tell(done.told, done.step)
        return "", 204

    return views

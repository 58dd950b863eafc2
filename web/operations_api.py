"""/operations: the screen of an operations centre, without scripts.

It opens to this machine, to a screen that was given the token once (and keeps a cookie), and to
operators, who come by way of the console.
"""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, render_template, request

from web.metrics_api import may_watch
from web.operations.board import THRESHOLD
from web.operations.passes import PATH, SCREEN_SECONDS, give_pass, has_pass
from web.services import Services

REFRESH_SECONDS = 10
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def operations_api(services: Services) -> Blueprint:
    """Return the blueprint of /operations."""
    views = Blueprint(
        "operations_api",
        __name__,
        url_prefix=PATH,
        template_folder="operations/templates",
        static_folder="operations/static",
        static_url_path="/static",
    )

    @views.get("")
    def screen() -> Response:
        secret_key, token = services.console.secret_key, services.watch_token
        if not may_watch(token) and not has_pass(secret_key, token):
            return _page(render_template("operations/open.html", refused=False), 403)
        board = services.board.shown(services.clock.now())
        still = "still" in request.args
        page = _page(
            render_template("operations/board.html", board=board, threshold=THRESHOLD, still=still)
        )
        if not still:  # who reads with a screen reader stops it (WCAG 2.2 success criterion 2.2.2)
            page.headers["Refresh"] = str(REFRESH_SECONDS)
        return page

    @views.post("/open")
    def open_screen() -> Response:
        brought = request.form.get("token", "").encode()
        token = services.watch_token
        if not token or not hmac.compare_digest(brought, token.encode()):
            return _page(render_template("operations/open.html", refused=True), 403)
        return give_pass(services.console.secret_key, token, SCREEN_SECONDS)

    return views


def _page(html: str, status: int = 200) -> Response:
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response

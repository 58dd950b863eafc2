"""/metrics for Prometheus, and the measuring of every request.

The page tells how many cards are read where, so it is not for everyone: a token opens it, or,
where none is set, a request from this machine that no proxy passed on.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, g, request
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from werkzeug.exceptions import NotFound

from web.documents import send_plain
from web.metrics.instruments import Instruments
from web.openapi.operation import Caller, Media, Tag, operation
from web.request_id import named_decisions, request_id
from web.services import Services

_LOG = logging.getLogger("cardsvc.requests")
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "Via")
_NO_ROUTE = "-"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_METRICS = Media("text/plain")


def metrics_api(services: Services) -> Blueprint:
    """Return the blueprint of /metrics."""
    views = Blueprint("metrics_api", __name__)

    @views.get("/metrics")
    @operation(
        "Số đo vận hành", "Measurements for Prometheus; from this machine, or with the token",
        caller=Caller.ANYONE, tag=Tag.HEALTH, answer=_METRICS, refusals=(404,),
    )  # fmt: skip
    def metrics() -> Response:
        if not may_watch(services.watch_token):
            raise NotFound
        return send_plain(services.instruments.exposition(), CONTENT_TYPE_LATEST, cache="no-store")

    return views


def may_watch(token: str) -> bool:
    """Tell whether the present request may see how the service does.

    Args:
        token: what opens it; empty for requests from this machine alone.
    """
    if token:
        brought = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(brought, f"Bearer {token}".encode())
    if any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered.

    Args:
        method: of HTTP.
        route: never its path, which may name somebody.
        status: of HTTP.
        seconds: that it took.
        name: the request's.
        decisions: what it led to, with a space between; empty for none.
    """

    method: str
    route: str
    status: int
    seconds: float
    name: str
    decisions: str


def note_answered(instruments: Instruments, answered: Answered) -> None:
    """Count, time and log a request."""
    instruments.count_request(answered.method, answered.route, answered.status, answered.seconds)
    _LOG.info(
        "request",
        extra={
            "request_id": answered.name,
            "method": answered.method,
            "route": answered.route,
            "status": answered.status,
            "milliseconds": round(1000 * answered.seconds, 1),
        }
        | ({"decisions": answered.decisions} if answered.decisions else {}),
    )


def register_measuring(app: Flask, instruments: Instruments) -> None:
    """Count, time and log every request."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule is not None else _NO_ROUTE
        method = request.method if request.method in _METHODS else _NO_ROUTE
        answered = Answered(
            method, route, response.status_code, seconds, request_id(), named_decisions()
        )
        note_answered(instruments, answered)
        return response

"""RFC 9457 problem documents, made here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from cardsvc.errors import CardsvcError, Malformed, ReasonCode, VaultError
from cardsvc.wire.problem import CONTENT_TYPE, MOST_DETAIL, TYPE_PREFIX, ProblemMessage
from web.bearer import parse_bearer
from web.partners.door import ScopeMissing
from web.partners.limits import TooManyRequests, rate_limit_headers
from web.request_id import request_id

_LOG = logging.getLogger(__name__)

_STATUS = {
    ReasonCode.ACCESS_DENIED: 403,
    ReasonCode.SCOPE_MISSING: 403,
    ReasonCode.IDEMPOTENCY_KEY_REUSED: 422,
    ReasonCode.TOO_MANY_REQUESTS: 429,
    ReasonCode.CARD_UNKNOWN: 404,
    ReasonCode.APPLICATION_UNKNOWN: 404,
    ReasonCode.JOB_UNKNOWN: 404,
    ReasonCode.LOSS_CASE_UNKNOWN: 404,
    ReasonCode.BATCH_UNKNOWN: 404,
    ReasonCode.TOO_MANY_REPORTS: 429,
    ReasonCode.UNBLOCK_UNKNOWN: 404,
    ReasonCode.SERVICE_UNKNOWN: 404,
    ReasonCode.RELYING_PARTY_UNKNOWN: 404,
    ReasonCode.EVENTS_FORGOTTEN: 410,
    ReasonCode.PORTRAIT_UNKNOWN: 404,
    ReasonCode.PORTRAIT_NOT_RELEASED: 403,
    ReasonCode.PORTRAIT_EXPIRED: 410,
    ReasonCode.SESSION_UNKNOWN: 404,
    ReasonCode.PASS_UNKNOWN: 404,
    ReasonCode.SETTINGS_UNKNOWN: 404,
    ReasonCode.SERVICE_UNAVAILABLE: 503,
    ReasonCode.BUNDLE_PREPARING: 503,
    ReasonCode.RECORD_CORRUPT: 500,
    ReasonCode.AUDIT_BROKEN: 500,
}
_COME_AGAIN_SECONDS = {ReasonCode.BUNDLE_PREPARING: 5}
"""What is no fault and over soon (RFC 9110 section 10.2.3)."""
_KEPT_HEADERS = frozenset({"Allow", "Retry-After"})
"""What an error's own response says beside its body (RFC 9110 sections 10.2.1 and 10.2.3)."""


class Unauthenticated(CardsvcError):
    """No bearer token, or one that belongs to nobody."""

    def __init__(self) -> None:
        super().__init__(ReasonCode.ACCESS_DENIED, "no valid bearer token")


def problem(
    status: int,
    reason: str,
    title: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    detail: str | None = None,
) -> Response:
    """Return a problem document. ``title`` and ``detail`` are for a developer.

    They hold no personal data.
    """
    g.refused_for = reason
    said = None if detail is None else detail[:MOST_DETAIL]
    body = ProblemMessage(TYPE_PREFIX + reason, title, status, reason, request_id(), said)
    response = Response(body.encode(), status, content_type=CONTENT_TYPE)
    response.headers.extend(dict(headers))
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        # whoever showed a token learns that a new one is needed (RFC 6750 section 3.1)
        shown = parse_bearer(request.headers.get("Authorization", "")) is not None
        ended = ', error="invalid_token"' if shown else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="cardsvc"{ended}'
    return response


def register_problems(app: Flask) -> None:
    """Turn every error of a view into a problem document; tracebacks go to the log only."""

    @app.errorhandler(Unauthenticated)
    def unauthenticated(error: Unauthenticated) -> Response:
        return problem(401, error.reason.value, "a valid bearer token is needed")

    @app.errorhandler(ScopeMissing)
    def scope_missing(error: ScopeMissing) -> Response:
        response = problem(403, error.reason.value, "the token does not open this")
        # RFC 6750 section 3.1
        needed = f'Bearer realm="cardsvc", error="insufficient_scope", scope="{error.scope.value}"'
        response.headers["WWW-Authenticate"] = needed
        return response

    @app.errorhandler(TooManyRequests)
    def too_many_requests(error: TooManyRequests) -> Response:
        said = rate_limit_headers(error.states) | {"Retry-After": str(error.retry_after_seconds)}
        return problem(429, error.reason.value, "more requests than were agreed", said.items())

    @app.errorhandler(CardsvcError)
    def refused(error: CardsvcError) -> Response:
        status, again = _status_of(error), _COME_AGAIN_SECONDS.get(error.reason)
        if status >= 500 and again is None:
            _LOG.error("%s: %s (request %s)", error.reason.value, error, request_id())
        headers = [] if again is None else [("Retry-After", str(again))]
        title = error.reason.value.replace("_", " ")
        return problem(status, error.reason.value, title, headers, detail=_detail_of(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        name = error.name.lower()
        kept = [one for one in error.get_headers() if one[0] in _KEPT_HEADERS]
        detail = error.description if isinstance(error, UnsupportedMediaType) else None
        return problem(error.code or 500, name.replace(" ", "_"), name, kept, detail=detail)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        _LOG.exception("unforeseen error (request %s)", request_id(), exc_info=error)
        return problem(500, "internal_error", "the service failed; the fault is in its log")


def _detail_of(error: CardsvcError) -> str | None:
    """Return what is wrong with a message's form; what a card answered is explained to nobody."""
    return str(error) if error.reason is ReasonCode.MALFORMED_MESSAGE else None


def _status_of(error: CardsvcError) -> int:
    if isinstance(error, Malformed):
        return 400
    # a vault that fails is our fault, whatever was asked
    return 500 if isinstance(error, VaultError) else _STATUS.get(error.reason, 409)

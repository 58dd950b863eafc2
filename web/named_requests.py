"""Answers: once for an ``Idempotency-Key``, with what is left of a partner's limits."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import Flask, Response, g, request

from cardsvc.errors import CardsvcError
from cardsvc.partner_records import KeptAnswer, RequestName
from web.partners.limits import rate_limit_headers
from web.partners.request_names import NamedRequests, parse_request_key
from web.request_id import request_id

_LOG = logging.getLogger(__name__)
_HEADER = "Idempotency-Key"


class AnsweredBefore(Exception):
    """The request was answered; its answer is sent again, and its view is not run."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__("answered before")
        self.answer = answer


def name_request(named: NamedRequests, caller: str, at: datetime) -> None:
    """Look whether the present request was answered before; asked once its caller is known.

    A request that waits, and looks again who sends it, keeps the name that it has.

    Raises:
        AnsweredBefore: it was.
        RequestRunning: it is being answered now.
        KeyReused: the key was given to another request.
        Malformed: the header is none.
    """
    value = request.headers.get(_HEADER)
    if value is None or request.method != "POST" or "request_name" in g:
        return
    parts = (
        request.method.encode(),
        request.full_path.encode(),
        request.mimetype.encode(),
        request.get_data(),
    )
    found = named.begin(caller, parse_request_key(value), parts, at)
    if isinstance(found, KeptAnswer):
        raise AnsweredBefore(found)
    g.request_name = named, found


def register_named_answers(app: Flask) -> None:
    """Send kept answers again, keep new ones, and say what is left of the caller's limits."""

    @app.errorhandler(AnsweredBefore)
    def again(error: AnsweredBefore) -> Response:
        answer = error.answer
        response = Response(answer.body, answer.status, content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.after_request
    def keep(response: Response) -> Response:
        claimed: tuple[NamedRequests, RequestName] | None = g.pop("request_name", None)
        if claimed is not None:
            named, name = claimed
            try:
                named.end(name, response.status_code, response.get_data())
            except CardsvcError as error:  # what was done is answered all the same
                _LOG.error("answer not kept: %s (request %s)", error, request_id())
        return response

    @app.after_request
    def tell_limits(response: Response) -> Response:
        states = g.pop("rate_limits", None)
        if states is not None:
            response.headers.extend(rate_limit_headers(states))
        return response

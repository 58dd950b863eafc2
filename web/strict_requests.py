"""Requests are as their endpoint declares, or are refused before anything else looks at them.

What is declared to the document (``web.openapi.operation``) is held to here: the type of a body,
and which query parameters there are, each once. A misspelt parameter is noticed as a misspelt
field is, and two readers of one request can't see two values. A number in a path is one that a
database can have: any other names nothing, whatever the database thinks of it.
"""

from __future__ import annotations

from flask import Flask, current_app, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import IntegerConverter

from cardsvc.errors import Malformed, ReasonCode
from web.openapi.operation import Caller, Media, Operation, operation_of

JSON = "application/json"


class PathNumber(IntegerConverter):
    """A number in a path: ASCII digits, as many as fit into 64 bits whatever they are."""

    regex = "[0-9]{1,18}"


def register_strict_requests(app: Flask) -> None:
    """Refuse requests that are not as declared."""

    @app.before_request
    def look() -> None:
        declared = operation_of(current_app.view_functions.get(request.endpoint or ""))
        if declared is not None:
            _look_at_type(declared)
            _look_at_query(declared)


def _look_at_type(declared: Operation) -> None:
    """Refuse a body of another type (RFC 9110 section 15.5.16); none said is taken for JSON."""
    if declared.body is None or isinstance(declared.body, Media):
        return
    if request.mimetype not in {"", JSON} or "Content-Encoding" in request.headers:
        raise UnsupportedMediaType(f"the body is {JSON}, without a Content-Encoding")


def _look_at_query(declared: Operation) -> None:
    """Refuse parameters that the endpoint does not have; public documents are not so strict."""
    if declared.caller is Caller.ANYONE:
        return
    known = {one.name for one in declared.parameters if one.where == "query"}
    for name, values in request.args.lists():
        if name not in known or len(values) != 1:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a query parameter is unknown or twice")

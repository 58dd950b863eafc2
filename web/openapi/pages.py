"""The contract over HTTP: the OpenAPI document, and a page to read it on.

The page is rendered here from the document: no script, nothing from elsewhere, so that it can be
read on a closed network and printed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask import Blueprint, Flask, Response, render_template

from web.documents import FOR_AN_HOUR, open_to_browsers, send_plain
from web.openapi.document import METHODS, OPENAPI_VERSION, openapi_document
from web.openapi.operation import Caller, Media, Tag, operation
from web.openapi.reading import chapters_of

_JSON = "application/json"
_TEXT = {"type": "string"}
_OPERATION = {
    "type": "object",
    "properties": {
        "operationId": _TEXT,
        "summary": _TEXT,
        "description": _TEXT,
        "responses": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"description": _TEXT},
                "required": ["description"],
            },
        },
    },
    "required": ["operationId", "summary", "description", "responses"],
}
_PARAMETER = {
    "type": "object",
    "properties": {"name": _TEXT, "in": {"const": "path"}, "required": {"const": True}},
    "required": ["name", "in", "required"],
}
_DOCUMENT = {
    "type": "object",
    "description": "an OpenAPI document (OpenAPI Specification 3.1.1 section 4.8)",
    "properties": {
        "openapi": {"const": OPENAPI_VERSION},
        "info": {
            "type": "object",
            "properties": {"title": _TEXT, "version": _TEXT, "description": _TEXT},
            "required": ["title", "version"],
        },
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "parameters": {"type": "array", "items": _PARAMETER},
                    **{method.lower(): _OPERATION for method in METHODS},
                },
            },
        },
    },
    "required": ["openapi", "info", "paths"],
}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def register_reference(app: Flask) -> None:
    """Serve the document at /api/openapi.json and the page at /api/docs."""
    views = Blueprint("api_reference", __name__, url_prefix="/api", template_folder="templates")

    @cache
    def document() -> dict[str, Any]:
        return openapi_document(app, program_version())

    @views.get("/openapi.json")
    @operation(
        "Tài liệu OpenAPI này", "This document",
        caller=Caller.ANYONE, tag=Tag.HEALTH,
        answer=Media(_JSON, _DOCUMENT),
    )  # fmt: skip
    def openapi() -> Response:
        octets = json.dumps(document(), ensure_ascii=False).encode()
        return open_to_browsers(send_plain(octets, _JSON, cache=FOR_AN_HOUR))

    @views.get("/docs")
    @operation(
        "Trang tra cứu API", "The reference as a page",
        caller=Caller.ANYONE, tag=Tag.HEALTH, answer=Media("text/html", {"type": "string"}),
    )  # fmt: skip
    def reference() -> Response:
        page = render_template("api/reference.html", **chapters_of(document()))
        response = send_plain(page.encode(), "text/html; charset=utf-8", cache="no-cache")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    app.register_blueprint(views)


def program_version() -> str:
    """Return the version of this program, as installed."""
    try:
        return version("cardsvc")
    except PackageNotFoundError:
        return "0"

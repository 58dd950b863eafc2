"""The OpenAPI document over HTTP."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any

from flask import Flask, Response

from web.documents import FOR_AN_HOUR, open_to_browsers, send_plain
from web.openapi.document import openapi_document
from web.openapi.operation import Caller, Media, Tag, operation

_JSON = "application/json"


def register_reference(app: Flask) -> None:
    """Serve the document at /api/openapi.json."""

    @cache
    def document() -> dict[str, Any]:
        return openapi_document(app, program_version())

    @app.get("/api/openapi.json")
    @operation(
        "Tài liệu OpenAPI này", "This document",
        caller=Caller.ANYONE, tag=Tag.HEALTH,
        answer=Media(_JSON, {"type": "object", "required": ["openapi", "paths"]}),
    )  # fmt: skip
    def openapi() -> Response:
        octets = json.dumps(document(), ensure_ascii=False).encode()
        return open_to_browsers(send_plain(octets, _JSON, cache=FOR_AN_HOUR))


def program_version() -> str:
    """Return the version of this program, as installed."""
    try:
        return installed_version("cardsvc")
    except PackageNotFoundError:
        return "0"

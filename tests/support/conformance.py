"""Holds what an application answers to its own OpenAPI document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import jsonschema
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from web.openapi.document import openapi_document

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_POINTER = "#/components/schemas/"


class Conformance:
    """Looks at every answer of an application and keeps what its document does not allow.

    Args:
        app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self.document = openapi_document(app, "test")
        self.faults: list[str] = []
        self.checked: set[str] = set()
        self.exchanges: dict[str, dict[str, Any]] = {}
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._rules = app.url_map
        self._inner: WSGIApplication = app.wsgi_app
        # around all of it: some requests are answered before Flask sees them
        app.wsgi_app = self._serve  # type: ignore[method-assign]

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        rule = self._rule(environ)
        told = None if rule is None else self._operation(rule, environ["REQUEST_METHOD"].lower())
        if told is None:
            return self._inner(environ, start_response)
        body = b""
        if environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
        response = Response.from_app(self._inner, environ)
        where = f"{environ['REQUEST_METHOD']} {rule} {response.status_code}"
        self.checked.add(where)
        asked = Request(environ | {"wsgi.input": io.BytesIO(body)})
        self._remember(told, asked, response)
        self.faults += [f"{where}: {one}" for one in self._faults_of(told, response)]
        return response(environ, start_response)

    def _rule(self, environ: WSGIEnvironment) -> str | None:
        try:
            rule, _ = self._rules.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return None
        return rule.rule

    def _remember(self, told: dict[str, Any], request: Request, response: Response) -> None:
        """Keep the first good exchange of each endpoint, for the document's examples."""
        if response.status_code >= 300 or not response.is_json:
            return
        kept = {"response": response.get_json()}
        if request.is_json and request.get_data():
            kept["request"] = request.get_json()
        self.exchanges.setdefault(told["operationId"], kept)

    def _operation(self, rule: str, method: str) -> dict[str, Any] | None:
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)
        found = self.document["paths"].get(path, {}).get(method)
        assert found is None or isinstance(found, dict)
        return found

    def _faults_of(self, told: dict[str, Any], response: Response) -> list[str]:
        if response.status_code == 304:
            return []  # the edition is the one that the caller has
        answer = told["responses"].get(str(response.status_code))
        if answer is None:
            return ["the status is not in the document"]
        if not answer.get("content"):
            return []
        media = answer["content"].get(response.mimetype)
        if media is None:
            return [f"{response.mimetype} is not in the document"]
        if "schema" not in media or not response.is_json:
            return []
        return [
            one.message[:300] for one in self._validator(media["schema"]).iter_errors(response.json)
        ]

    def _validator(self, schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
        key = str(schema)
        if key not in self._validators:
            whole = schema | {"components": self.document["components"]}
            self._validators[key] = jsonschema.Draft202012Validator(whole)
        return self._validators[key]

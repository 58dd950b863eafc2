"""Holds what an application answers to its own OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
from flask import Flask, Response, request

from web.openapi.document import openapi_document

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
        app.after_request(self._look)

    def _look(self, response: Response) -> Response:
        if request.url_rule is not None and request.method != "HEAD":
            told = self._operation(request.url_rule.rule, request.method.lower())
            if told is not None:
                where = f"{request.method} {request.url_rule.rule} {response.status_code}"
                self.checked.add(where)
                self._remember(told, response)
                self.faults += [f"{where}: {one}" for one in self._faults_of(told, response)]
        return response

    def _remember(self, told: dict[str, Any], response: Response) -> None:
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

"""Makes the OpenAPI document of an application from what its endpoints declare.

Spec: OpenAPI Specification 3.1.1; schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from cardsvc.wire.message import Message
from cardsvc.wire.problem import CONTENT_TYPE, ProblemMessage
from web.openapi import texts
from web.openapi.operation import Body, Caller, Media, Operation, Tag, operation_of

OPENAPI_VERSION = "3.1.1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_VARIABLE = re.compile(r"<(?:(?P<converter>[^:<>]+):)?(?P<name>[^<>]+)>")
_JSON = "application/json"
_MOST_PATH_NUMBER = 2**31 - 1
_EXAMPLES = Path(__file__).with_name("examples.json")
"""Recorded from the journey tests (``tests/support/api_examples.py``)."""


def openapi_document(app: Flask, version: str) -> dict[str, Any]:
    """Return the document of all endpoints that declare themselves.

    Args:
        app: the application.
        version: of the service.
    """
    operations = list(_operations(app))
    return {
        "openapi": OPENAPI_VERSION,
        "info": {
            "title": texts.TITLE,
            "version": version,
            "description": texts.DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag.value[1], "description": tag.value[0]} for tag in Tag],
        "paths": _paths(operations),
        "components": {
            "schemas": _schemas(operation for _, _, operation in operations),
            "securitySchemes": texts.SECURITY_SCHEMES,
            "headers": {"RequestId": texts.REQUEST_ID_HEADER},
            "parameters": {
                "RequestId": texts.REQUEST_ID_PARAMETER,
                "IdempotencyKey": texts.IDEMPOTENCY_KEY_PARAMETER,
            },
        },
    }


def undeclared(app: Flask) -> set[str]:
    """Return the endpoints that declare nothing, as ``METHOD /path``; pages for people aside."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in _methods(rule)
        if operation_of(app.view_functions[rule.endpoint]) is None
    }


def _methods(rule: Rule) -> list[str]:
    return [one for one in METHODS if one in (rule.methods or ())]


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        declared = operation_of(app.view_functions[rule.endpoint])
        if declared is not None:
            yield from ((rule, method, declared) for method in _methods(rule))


def _paths(operations: Iterable[tuple[Rule, str, Operation]]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for rule, method, declared in operations:
        path = _VARIABLE.sub(lambda found: f"{{{found['name']}}}", rule.rule)
        item = paths.setdefault(path, {})
        if variables := _variables(rule, declared):
            item["parameters"] = variables
        item[method.lower()] = _operation(rule, method, declared)
    return paths


def _variables(rule: Rule, declared: Operation) -> list[dict[str, Any]]:
    found = []
    for variable in _VARIABLE.finditer(rule.rule):
        name, number = variable["name"], variable["converter"] == "int"
        schema: dict[str, Any] = {"type": "string", "minLength": 1}
        if number:
            schema = {"type": "integer", "minimum": 0, "maximum": _MOST_PATH_NUMBER}
        kind = declared.path.get(name)
        one = {"name": name, "in": "path", "required": True}
        one["schema"] = schema if kind is None else kind.schema()
        if kind is not None and kind.about:
            one["description"] = kind.about
        found.append(one)
    return found


def _operation(rule: Rule, method: str, declared: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": f"{rule.endpoint.replace('.', '_')}_{method.lower()}",
        "tags": [declared.tag.value[1]],
        "summary": declared.en,
        "description": declared.vi,
        "parameters": [
            {
                "name": one.name,
                "in": one.where,
                "required": one.required,
                "schema": one.kind.schema(),
                "description": one.kind.about,
            }
            for one in declared.parameters
        ]
        + [{"$ref": f"#/components/parameters/{one}"} for one in _common(rule, declared)],
        "responses": _responses(rule, declared),
        "security": texts.security_of(declared.caller, declared.scope),
    }
    if declared.body is not None:
        made["requestBody"] = {"required": True, "content": _content((declared.body,))}
    _add_examples(made, str(declared.status))
    return made


def _add_examples(made: dict[str, Any], status: str) -> None:
    """Add an exchange that really happened, where one was recorded."""
    recorded = _examples().get(made["operationId"], {})
    parts = {"request": made.get("requestBody"), "response": made["responses"][status]}
    for part, body in parts.items():
        if part in recorded and body is not None and _JSON in body["content"]:
            body["content"][_JSON]["example"] = recorded[part]


@cache
def _examples() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_EXAMPLES.read_text("utf-8"))
    return found


def _is_named(rule: Rule, declared: Operation) -> bool:
    """Tell whether a request may be given a name, so that it is answered once."""
    return declared.caller is not Caller.ANYONE and "POST" in (rule.methods or ())


def _common(rule: Rule, declared: Operation) -> list[str]:
    return ["RequestId", *(["IdempotencyKey"] if _is_named(rule, declared) else [])]


def _responses(rule: Rule, declared: Operation) -> dict[str, Any]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    found: dict[str, Any] = {
        str(declared.status): {
            "description": declared.en,
            "headers": headers,
            "content": _content(declared.answers),
        }
    }
    for status in sorted(_refusals(rule, declared)):
        found[str(status)] = {
            "description": texts.REFUSALS[status],
            "headers": headers,
            "content": _content((declared.refusal_bodies[status],))
            if status in declared.refusal_bodies
            else {CONTENT_TYPE: {"schema": _reference(ProblemMessage)}},
        }
    return found


def _refusals(rule: Rule, declared: Operation) -> set[int]:
    """Return the statuses of problem documents: those of every such endpoint, and its own."""
    found = {*declared.refusals, *declared.refusal_bodies, 500, 503}
    if declared.body is not None:
        found |= {400, 413}
        if _is_json(declared.body):
            found |= {415}
    if declared.parameters or declared.path:
        found |= {400}
    if _VARIABLE.search(rule.rule):
        found |= {404}
    if declared.caller is not Caller.ANYONE:
        found |= {401}
    if declared.caller is Caller.PARTNER:
        found |= {403, 429}
    if _is_named(rule, declared):
        found |= {400, 409, 422}
    return found


def _is_json(body: Body) -> bool:
    return not isinstance(body, Media) or body.content_type == _JSON


def _content(bodies: tuple[Body, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    messages = [one for one in bodies if not isinstance(one, Media)]
    if len(messages) == 1:
        content[_JSON] = {"schema": _reference(messages[0])}
    elif messages:
        content[_JSON] = {"schema": {"anyOf": [_reference(one) for one in messages]}}
    for media in (one for one in bodies if isinstance(one, Media)):
        content[media.content_type] = {"schema": media.schema} if media.schema else {}
        if media.example is not None:
            content[media.content_type]["example"] = media.example
    return content


def _reference(message: type[Message]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{message.schema_name()}"}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the schemas of all messages, by name; two of one name would hide each other."""
    left: list[type[Message]] = [ProblemMessage]
    for declared in operations:
        bodies = (*declared.answers, declared.body)
        left.extend(one for one in bodies if one is not None and not isinstance(one, Media))
    known: dict[str, type[Message]] = {}
    while left:
        message = left.pop()
        name = message.schema_name()
        if known.setdefault(name, message) is not message:
            msg = f"two messages are called {name}"
            raise ValueError(msg)
        left.extend(part for part in message.parts() if part.schema_name() not in known)
    return {name: known[name].schema() for name in sorted(known)}

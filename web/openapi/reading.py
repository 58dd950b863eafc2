"""Arranges the OpenAPI document for a person who reads it: chapters, endpoints, rows of fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from web.openapi.operation import Tag

_REFERENCE = "#/components/schemas/"
_CALLERS = {
    "agentToken": ("Tác tử", "agent's token"),
    "agentProof": ("Tác tử", "agent's proof"),
    "partnerToken": ("Đơn vị tích hợp", "partner's token"),
    "partnerOAuth": ("Đơn vị tích hợp", "partner's OAuth token"),
}
_OPEN = ("Công khai", "open to all")


@dataclass(frozen=True, slots=True)
class Row:
    """One field or parameter.

    Args:
        name: its name.
        kind: its type in words.
        link: the name of the schema it refers to; empty for none.
        required: it must be there.
        about: what it is.
    """

    name: str
    kind: str
    link: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One status of an endpoint.

    Args:
        status: of HTTP.
        about: what it means.
        contents: media type and the schema's name, by type.
    """

    status: str
    about: str
    contents: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as the page shows it."""

    id: str
    method: str
    path: str
    vi: str
    en: str
    callers: tuple[tuple[str, str], ...]
    parameters: tuple[Row, ...]
    body: tuple[tuple[str, tuple[str, ...]], ...]
    answers: tuple[Answer, ...]
    example: str
    answer_example: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One message as the page shows it."""

    name: str
    about: str
    rows: tuple[Row, ...]
    example: str


def chapters_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's template needs of a document."""
    endpoints: dict[str, list[Endpoint]] = {}
    for path, item in document["paths"].items():
        for method, told in item.items():
            if method != "parameters":
                one = _endpoint(path, method, told, item.get("parameters", []), document)
                endpoints.setdefault(told["tags"][0], []).append(one)
    schemas = document["components"]["schemas"]
    return {
        "info": document["info"],
        "chapters": [
            (tag.name.lower(), *tag.value, endpoints[tag.value[1]])
            for tag in Tag
            if tag.value[1] in endpoints
        ],
        "definitions": [_definition(name, one) for name, one in schemas.items()],
    }


def _endpoint(
    path: str, method: str, told: dict[str, Any], variables: list[Any], document: dict[str, Any]
) -> Endpoint:
    given = [one for one in (*variables, *told["parameters"]) if "$ref" not in one]
    return Endpoint(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        vi=told["description"],
        en=told["summary"],
        callers=tuple(
            _CALLERS.get(scheme, (scheme, scheme)) for one in told["security"] for scheme in one
        )
        or (_OPEN,),
        parameters=tuple(
            Row(
                one["name"],
                *_kind(one["schema"]),
                required=one["required"],
                about=one.get("description", ""),
            )
            for one in given
        ),
        body=_contents(told.get("requestBody", {})),
        answers=tuple(
            Answer(status, one["description"], _contents(one))
            for status, one in told["responses"].items()
        ),
        example=_example(told.get("requestBody", {}), document),
        answer_example=_example(next(iter(told["responses"].values())), document),
    )


def _contents(told: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (media, tuple(_names(one.get("schema", {}))))
        for media, one in told.get("content", {}).items()
    )


def _names(schema: dict[str, Any]) -> Iterator[str]:
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("$ref", "").startswith(_REFERENCE):
            yield one["$ref"].removeprefix(_REFERENCE)


def _example(body: dict[str, Any], document: dict[str, Any]) -> str:
    for one in body.get("content", {}).values():
        if "example" in one:
            return json.dumps(one["example"], ensure_ascii=False, indent=2)
        for name in _names(one.get("schema", {})):
            return _shown(document["components"]["schemas"][name])
    return ""


def _shown(schema: dict[str, Any]) -> str:
    examples = schema.get("examples", [])
    return json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else ""


def _definition(name: str, schema: dict[str, Any]) -> Definition:
    rows = tuple(
        Row(
            field,
            *_kind(one),
            required=field in schema["required"],
            about=one.get("description", ""),
        )
        for field, one in schema["properties"].items()
    )
    return Definition(name, schema["description"], rows, _shown(schema))


def _kind(schema: dict[str, Any]) -> tuple[str, str]:
    """Return a schema in words, and the message it refers to."""
    if "anyOf" in schema:
        choices = [_kind(one) for one in schema["anyOf"]]
        link = next((link for _, link in choices if link), "")
        return " | ".join(text for text, _ in choices), link
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return name, name
    if "enum" in schema:
        return " | ".join(schema["enum"]), ""
    types = schema.get("type", "any")
    text = " | ".join(types) if isinstance(types, list) else str(types)
    if "array" in text:
        inner, link = _kind(schema["items"])
        return text.replace("array", f"list of {inner}, {_bounds(schema, 'Items')}"), link
    if "object" in text and isinstance(schema.get("additionalProperties"), dict):
        inner, link = _kind(schema["additionalProperties"])
        return text.replace("object", f"object of {inner}"), link
    if schema.get("contentEncoding") == "base64url":
        return text.replace("string", "octets, base64url"), ""
    if schema.get("format"):
        return text.replace("string", schema["format"]), ""
    if "integer" in text:
        return text.replace("integer", f"{schema['minimum']} to {schema['maximum']}"), ""
    if "string" in text and "maxLength" in schema:
        return text.replace("string", f"text, {_bounds(schema, 'Length')}"), ""
    return text, ""


def _bounds(schema: dict[str, Any], what: str) -> str:
    least, most = schema.get(f"min{what}", 0), schema[f"max{what}"]
    return f"{least} to {most}"

"""What a message's schema says and what ``Message.parse`` takes are one thing.

``Message.parse_answer`` takes that, and what a newer service adds.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pkgutil
from dataclasses import dataclass
from typing import Annotated, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cardsvc.wire
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import encode_octets
from cardsvc.wire.kinds import Text
from cardsvc.wire.message import Message
from cardsvc.wire.tap import ChallengeMessage, ConsentText

MODULES = [
    importlib.import_module(f"cardsvc.wire.{one.name}")
    for one in pkgutil.iter_modules(cardsvc.wire.__path__)
]
MESSAGES: list[type[Message]] = [
    one
    for module in MODULES
    for one in vars(module).values()
    if isinstance(one, type)
    and issubclass(one, Message)
    and one.__module__ == module.__name__
    and one is not Message
]
QUICK = settings(
    max_examples=8, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the schemas referred to in place, small enough to draw from."""
    known = {f"#/components/schemas/{one.schema_name()}": one for one in MESSAGES}
    text = json.dumps(schema)

    def resolve(value: object) -> object:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolve(known[value["$ref"]].schema())
            return {key: resolve(one) for key, one in value.items()}
        return [resolve(one) for one in value] if isinstance(value, list) else value

    resolved = resolve(json.loads(text))
    assert isinstance(resolved, dict)
    return resolved


def drawn(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values of a schema in the few words that our schemas are written in."""
    if not schema:
        return json_values
    if "anyOf" in schema:
        return st.one_of(*map(drawn, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(*(_of_type(kind, schema) for kind in kinds))


def _of_type(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", 40), 90)
    match kind:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "array":
            most = min(schema["maxItems"], 3)
            return st.lists(drawn(schema["items"]), min_size=schema["minItems"], max_size=most)
        case "object" if "properties" in schema:
            members = {name: drawn(one) for name, one in schema["properties"].items()}
            needed = {name: members[name] for name in schema["required"]}
            others = {name: one for name, one in members.items() if name not in needed}
            return st.fixed_dictionaries(needed, optional=others)
        case "object":
            names, values = drawn(schema["propertyNames"]), drawn(schema["additionalProperties"])
            return st.dictionaries(names, values, max_size=min(schema["maxProperties"], 3))
    if "pattern" in schema and "contentEncoding" not in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema.get("contentEncoding") == "base64url":
        octets = st.binary(min_size=least * 3 // 4, max_size=most)
        return octets.map(encode_octets).filter(lambda text: least <= len(text))
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=most)


SCHEMAS = {one: inlined(one.schema()) for one in MESSAGES}


def conforms(message: type[Message], value: object) -> bool:
    validator = jsonschema.Draft202012Validator(SCHEMAS[message])
    return bool(validator.is_valid(value))


def test_there_are_messages_and_their_names_differ() -> None:
    assert len(MESSAGES) > 10
    assert len({one.schema_name() for one in MESSAGES}) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
def test_a_schema_is_one_and_tells_what_the_message_is(message: type[Message]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[message])
    assert message.schema()["description"]


@pytest.mark.parametrize(
    "message", [one for one in MESSAGES if one.EXAMPLE], ids=lambda one: one.__name__
)
def test_an_example_is_a_message(message: type[Message]) -> None:
    assert conforms(message, message.EXAMPLE)
    assert message.parse(json.dumps(message.EXAMPLE).encode())


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
@QUICK
@given(data=st.data())
def test_what_is_read_is_written_as_the_schema_says(
    message: type[Message], data: st.DataObject
) -> None:
    value = data.draw(drawn(SCHEMAS[message]))
    # a schema can't say everything: printable text, canonical base64url
    with contextlib.suppress(Malformed):
        read = message.parse(json.dumps(value).encode())
        assert conforms(message, read.as_object())
        assert message.parse(read.encode()) == read


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
@QUICK
@given(data=st.data(), more=json_values)
def test_what_a_newer_service_adds_to_an_answer_is_passed_over(
    message: type[Message], data: st.DataObject, more: object
) -> None:
    value = data.draw(drawn(SCHEMAS[message]))
    assert isinstance(value, dict)
    with contextlib.suppress(Malformed):
        read = message.parse(json.dumps(value).encode())
        assert message.parse_answer(json.dumps(value | {"added": more}).encode()) == read
        with pytest.raises(Malformed):
            message.parse(json.dumps(value | {"added": more}).encode())


def test_an_answer_is_passed_over_within_too_and_what_is_known_is_held_to_its_form() -> None:
    consent = {"id": "a", "vi": "Đồng ý", "en": "Agreed", "de": "Einverstanden"}
    asked = {"nonce": encode_octets(bytes(32)), "message": "", "expires_at": "2026-11-22T00:00:00Z"}
    octets = json.dumps(asked | {"consent": consent, "hint": {}}).encode()
    read = ChallengeMessage.parse_answer(octets)
    assert read.consent == ConsentText("a", "Đồng ý", "Agreed")
    for refused in (octets, json.dumps(asked | {"consent": consent | {"vi": 7}}).encode()):
        with pytest.raises(Malformed):
            ChallengeMessage.parse(refused)
    with pytest.raises(Malformed):
        ChallengeMessage.parse_answer(json.dumps(asked | {"consent": consent | {"vi": 7}}).encode())


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.__name__)
@QUICK
@given(data=st.data())
def test_what_is_not_as_the_schema_says_is_refused(
    message: type[Message], data: st.DataObject
) -> None:
    value = data.draw(drawn(SCHEMAS[message]))
    assert isinstance(value, dict)
    name = data.draw(st.sampled_from([*sorted(value), "another"]))
    changed = value | {name: data.draw(json_values)}
    if data.draw(st.booleans()):
        changed.pop(name)
    if not conforms(message, changed):
        with pytest.raises(Malformed):
            message.parse(json.dumps(changed).encode())


@settings(max_examples=60)
@given(junk=st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_junk_is_malformed_for_every_message(junk: bytes) -> None:
    for message in MESSAGES:
        if junk.strip() == b"{}":
            continue  # a message all of whose fields have defaults
        with pytest.raises(Malformed):
            message.parse(junk)
        with contextlib.suppress(Malformed):
            message.parse_answer(junk)  # an object of other fields may be an answer without ours


def test_a_field_without_a_kind_is_a_fault_of_the_programmer() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd(Message):
        """Odd."""

        field: Annotated[str, "no kind"]

    @dataclass(frozen=True, slots=True)
    class Even(Message):
        """Even."""

        field: Annotated[str, Text()]

    with pytest.raises(TypeError, match=r"Odd\.field"):
        Odd.schema()
    assert Even.parse(b'{"field":"x"}') == Even("x")
    with pytest.raises(Malformed):
        Even.parse(b'{"field":"x","field":"x"}')

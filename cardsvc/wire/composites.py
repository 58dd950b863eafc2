"""Kinds that hold other kinds: lists, objects, messages within messages, what may be null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardsvc.wire import fields
from cardsvc.wire.kinds import Kind, Schema

if TYPE_CHECKING:
    from cardsvc.wire.message import Message


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list of one kind, read as a tuple.

    Args:
        kind: of its items.
        most: most items.
        least: fewest items.
        about: what it is, in English.
    """

    kind: Kind
    most: int = 1000
    least: int = 0
    about: str = ""

    def read(self, value: object, name: str) -> tuple[Any, ...]:
        """Return the items."""
        items = fields.read_items(value, name, least=self.least, most=self.most)
        return tuple(self.kind.read(one, name) for one in items)

    def write(self, value: Any) -> list[object]:
        """Return the items' JSON."""
        return [self.kind.write(one) for one in value]

    def schema(self) -> Schema:
        """Return ``array``."""
        items = self.kind.described()
        return {"type": "array", "items": items, "minItems": self.least, "maxItems": self.most}

    def parts(self) -> tuple[type[Message], ...]:
        """Return the items' messages."""
        return self.kind.parts()


@dataclass(frozen=True, slots=True)
class MapOf(Kind):
    """An object whose members' names are not fixed.

    Args:
        names: kind of the names.
        kind: kind of the values.
        most: most members.
        about: what it is, in English.
    """

    names: Kind
    kind: Kind
    most: int = 100
    about: str = ""

    def read(self, value: object, name: str) -> dict[Any, Any]:
        """Return the members."""
        found: Mapping[str, object] = fields.read_mapping(value, name, most=self.most)
        return {self.names.read(key, name): self.kind.read(one, name) for key, one in found.items()}

    def write(self, value: Any) -> dict[Any, object]:
        """Return the members' JSON."""
        return {self.names.write(key): self.kind.write(one) for key, one in value.items()}

    def schema(self) -> Schema:
        """Return ``object``."""
        return {
            "type": "object",
            "propertyNames": self.names.schema(),
            "additionalProperties": self.kind.described(),
            "maxProperties": self.most,
        }

    def parts(self) -> tuple[type[Message], ...]:
        """Return the values' messages."""
        return self.kind.parts()


@dataclass(frozen=True, slots=True)
class Inner(Kind):
    """Another message.

    Args:
        message: its type.
        about: what it is, in English.
    """

    message: type[Message]
    about: str = ""

    def read(self, value: object, name: str) -> Message:  # noqa: ARG002 - it names its own fields
        """Return the message."""
        return self.message.read(value)

    def write(self, value: Any) -> object:
        """Return the message's object."""
        return value.as_object()

    def schema(self) -> Schema:
        """Return where the message's schema stands."""
        return {"$ref": f"#/components/schemas/{self.message.schema_name()}"}

    def parts(self) -> tuple[type[Message], ...]:
        """Return the message."""
        return (self.message,)


@dataclass(frozen=True, slots=True)
class OrNull(Kind):
    """A kind, or null where there is none.

    Args:
        kind: the kind.
        about: what it is, in English.
    """

    kind: Kind
    about: str = ""

    def read(self, value: object, name: str) -> Any:
        """Return the value, or None."""
        return None if value is None else self.kind.read(value, name)

    def write(self, value: Any) -> object:
        """Return the JSON value, or null."""
        return None if value is None else self.kind.write(value)

    def schema(self) -> Schema:
        """Return the kind's schema or null."""
        return or_null(self.kind.described())

    def parts(self) -> tuple[type[Message], ...]:
        """Return the kind's messages."""
        return self.kind.parts()


@dataclass(frozen=True, slots=True)
class Converted(Kind):
    """A kind whose values are turned into another type.

    Args:
        kind: what stands in the message.
        convert: makes the typed value; may raise ``Malformed``.
        restore: makes the kind's value again.
        about: what it is, in English.
    """

    kind: Kind
    convert: Callable[[Any], Any]
    restore: Callable[[Any], Any]
    about: str = ""

    def read(self, value: object, name: str) -> Any:
        """Return the typed value."""
        return self.convert(self.kind.read(value, name))

    def write(self, value: Any) -> object:
        """Return the kind's JSON value."""
        return self.kind.write(self.restore(value))

    def schema(self) -> Schema:
        """Return the kind's schema."""
        return self.kind.schema()

    def parts(self) -> tuple[type[Message], ...]:
        """Return the kind's messages."""
        return self.kind.parts()


def or_null(schema: Schema) -> Schema:
    """Return a schema that takes null as well."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    if "null" in schema.get("type", ()):
        return schema
    return {"anyOf": [schema, {"type": "null"}]}

"""Messages declared once: the fields of a frozen type parse, encode and describe it.

::

    @dataclass(frozen=True, slots=True)
    class ChallengeRequest(Message):
        \"\"\"An agent asks for a question to put to a card.\"\"\"

        relying_party: Annotated[str, Text(about="the partner")]
        level: Annotated[AssuranceLevel, Name(AssuranceLevel)]
        asked: Annotated[tuple[str, ...] | None, ListOf(Text())] = None

A field with a default may be absent or null; any other must be there. Fields twice and other types
are refused, and unknown fields where a message is asked something; of an answer they are passed
over (ADR-0038).
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from dataclasses import MISSING, fields
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin, get_type_hints

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.composites import or_null
from cardsvc.wire.fields import MAX_MESSAGE_OCTETS, encode_object, parse_object
from cardsvc.wire.kinds import Kind, Schema

_IS_ANSWER: ContextVar[bool] = ContextVar("is_answer", default=False)
"""Whether what is read came as an answer; messages within messages are read as the outer one is."""


class Message:
    """The base of messages; a message is a frozen dataclass whose fields are annotated by kinds."""

    __slots__ = ()

    MOST_OCTETS: ClassVar[int] = MAX_MESSAGE_OCTETS
    """Longest text that is read."""
    EXAMPLE: ClassVar[dict[str, Any] | None] = None
    """An example for the reader of the schema; a test parses it."""

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Parse one JSON object.

        Raises:
            Malformed: not as declared.
        """
        return cls.read(parse_object(octets, most=cls.MOST_OCTETS))

    @classmethod
    def parse_answer(cls, octets: bytes) -> Self:
        """Parse one JSON object from a service that may be newer: what it adds is passed over.

        Raises:
            Malformed: what we know of it is not as declared.
        """
        before = _IS_ANSWER.set(True)
        try:
            return cls.parse(octets)
        finally:
            _IS_ANSWER.reset(before)

    @classmethod
    def read(cls, value: object) -> Self:
        """Return the message that a JSON value is.

        Raises:
            Malformed: not as declared.
        """
        if not isinstance(value, dict):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not an object")
        declared = _declared(cls)
        if not value.keys() <= declared.keys() and not _IS_ANSWER.get():
            known = f"unknown fields; known are {', '.join(declared)}"
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, known)
        found = {}
        for name, (kind, optional) in declared.items():
            given = value.get(name)
            if optional and given is None:
                continue
            if name not in value:
                raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is missing")
            found[name] = kind.read(given, name)
        return cls(**found)

    def as_object(self) -> dict[str, Any]:
        """Return the JSON object."""
        found: dict[str, Any] = {}
        for name, (kind, _) in _declared(type(self)).items():
            value = getattr(self, name)
            found[name] = None if value is None else kind.write(value)
        return found

    def encode(self) -> bytes:
        """Return the JSON octets."""
        return encode_object(self.as_object())

    @classmethod
    def schema_name(cls) -> str:
        """Return the name under which the schema stands in a document."""
        return cls.__name__.removesuffix("Message")

    @classmethod
    def schema(cls) -> Schema:
        """Return the JSON Schema (2020-12); messages within are referred to as components."""
        declared = _declared(cls)
        found: Schema = {
            "type": "object",
            "description": inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0],
            "properties": {
                name: or_null(kind.described()) if optional else kind.described()
                for name, (kind, optional) in declared.items()
            },
            "required": [name for name, (_, optional) in declared.items() if not optional],
            "additionalProperties": False,
        }
        if cls.EXAMPLE is not None:
            found["examples"] = [cls.EXAMPLE]
        return found

    @classmethod
    def parts(cls) -> tuple[type[Message], ...]:
        """Return the messages that stand in this one."""
        return tuple(part for kind, _ in _declared(cls).values() for part in kind.parts())


_KNOWN: dict[str, dict[str, tuple[Kind, bool]]] = {}
"""What was declared, by the message's full name; hints are costly to resolve."""


def _declared(cls: type[Message]) -> dict[str, tuple[Kind, bool]]:
    """Return kind and whether it may be absent, by field."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    found = _KNOWN.get(name)
    if found is None:
        found = _KNOWN[name] = _resolve(cls)
    return found


def _resolve(cls: type[Message]) -> dict[str, tuple[Kind, bool]]:
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for one in fields(cls):  # type: ignore[arg-type]  # every message is a dataclass
        hint = hints[one.name]
        kinds = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        kind = next((kind for kind in kinds if isinstance(kind, Kind)), None)
        if kind is None:
            msg = f"{cls.__name__}.{one.name} declares no kind"
            raise TypeError(msg)
        optional = one.default is not MISSING or one.default_factory is not MISSING
        found[one.name] = (kind, optional)
    return found

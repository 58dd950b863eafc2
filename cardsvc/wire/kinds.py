"""Kinds of fields: each reads a JSON value, writes one, and says its schema.

One declaration does all three, so that the published schema (JSON Schema 2020-12, as OpenAPI 3.1
takes it) can't say one thing and the parser do another. What is not as declared raises
``Malformed`` with MALFORMED_MESSAGE, or the reason of the type that a text is turned into.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire import fields

if TYPE_CHECKING:
    from cardsvc.wire.message import Message

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema."""
_LISTED_WORDS = 24
"""A longer list of words is told by its pattern."""
_HEX = re.compile(r"[1-9A-F][0-9A-F]{0,7}")


class Kind(ABC):
    """What one field holds."""

    about: str

    @abstractmethod
    def read(self, value: object, name: str) -> Any:
        """Return the typed value; ``name`` is for the error. Raises ``Malformed``."""

    def write(self, value: Any) -> object:
        """Return the JSON value."""
        return value

    @abstractmethod
    def schema(self) -> Schema:
        """Return the JSON Schema, without ``about``."""

    def parts(self) -> tuple[type[Message], ...]:
        """Return the messages that stand in this one."""
        return ()

    def described(self) -> Schema:
        """Return the JSON Schema with what it is about."""
        return self.schema() | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Printable text.

    Args:
        most: most characters.
        least: fewest characters.
        about: what it is, in English.
    """

    most: int = 200
    least: int = 1
    about: str = ""

    def read(self, value: object, name: str) -> str:
        """Return the text."""
        return fields.read_text(value, name, least=self.least, most=self.most)

    def schema(self) -> Schema:
        """Return ``string`` with its bounds."""
        return {"type": "string", "minLength": self.least, "maxLength": self.most}


@dataclass(frozen=True, slots=True)
class Parsed(Kind):
    """Text of a form of its own, such as a GUID.

    Args:
        parse: turns the text into its type; may raise ``Malformed`` or ``ValueError``.
        encode: turns it back.
        most: most characters.
        pattern: an ECMA 262 pattern that the whole text must match; empty for none.
        format: a JSON Schema format, such as ``uuid``; empty for none.
        about: what it is, in English.
    """

    parse: Callable[[str], Any]
    encode: Callable[[Any], str] = str
    most: int = 200
    pattern: str = ""
    format: str = ""
    about: str = ""

    def read(self, value: object, name: str) -> Any:
        """Return what the text stands for."""
        text = fields.read_text(value, name, most=self.most)
        try:
            return self.parse(text)
        except Malformed:
            raise
        except (ValueError, KeyError) as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is not of its form") from error

    def write(self, value: Any) -> str:
        """Return the text."""
        return self.encode(value)

    def schema(self) -> Schema:
        """Return ``string`` with pattern and format."""
        found: Schema = {"type": "string", "minLength": 1, "maxLength": self.most}
        if self.pattern:
            found["pattern"] = f"^(?:{self.pattern})$"
        if self.format:
            found["format"] = self.format
        return found


@dataclass(frozen=True, slots=True)
class Word(Kind):
    """One of some words: the values of an enumeration.

    Args:
        words: the enumeration.
        about: what it is, in English.
    """

    words: type[StrEnum]
    about: str = ""

    def read(self, value: object, name: str) -> StrEnum:
        """Return the word."""
        try:
            return self.words(fields.read_text(value, name))
        except Malformed:
            raise
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is no such word") from error

    def write(self, value: Any) -> str:
        """Return the word's text."""
        return str(value.value)

    def schema(self) -> Schema:
        """Return the list of words, or their pattern where there are many."""
        words = [one.value for one in self.words]
        if len(words) > _LISTED_WORDS:
            return {"type": "string", "pattern": "^[a-z0-9_]+$", "maxLength": 200}
        return {"type": "string", "enum": words}


@dataclass(frozen=True, slots=True)
class Name(Kind):
    """One of some names: the members of an enumeration by name, such as ``X1``.

    Args:
        members: the enumeration.
        about: what it is, in English.
    """

    members: type[Enum]
    about: str = ""

    def read(self, value: object, name: str) -> Enum:
        """Return the member."""
        found = self.members.__members__.get(fields.read_text(value, name))
        if found is None:
            known = f"{name} is none of {', '.join(self.members.__members__)}"
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, known)
        return found

    def write(self, value: Any) -> str:
        """Return the member's name."""
        return str(value.name)

    def schema(self) -> Schema:
        """Return the list of names."""
        return {"type": "string", "enum": list(self.members.__members__)}


@dataclass(frozen=True, slots=True)
class Hex(Kind):
    """A number of an enumeration in upper-case hexadecimal without leading zeros, such as ``9E``.

    Args:
        members: the enumeration.
        about: what it is, in English.
    """

    members: type[Enum]
    about: str = ""

    def read(self, value: object, name: str) -> Enum:
        """Return the member."""
        text = fields.read_text(value, name)
        try:
            return self.members(int(text if _HEX.fullmatch(text) else "", 16))
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is no such number") from error

    def write(self, value: Any) -> str:
        """Return the digits."""
        return f"{value:X}"

    def schema(self) -> Schema:
        """Return the list of numbers."""
        return {"type": "string", "enum": [f"{member.value:X}" for member in self.members]}


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A whole number.

    Args:
        least: the smallest.
        most: the largest.
        about: what it is, in English.
    """

    least: int = 0
    most: int = 2**31 - 1
    about: str = ""

    def read(self, value: object, name: str) -> int:
        """Return the number."""
        return fields.read_number(value, name, least=self.least, most=self.most)

    def schema(self) -> Schema:
        """Return ``integer`` with its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """True or false.

    Args:
        about: what it is, in English.
    """

    about: str = ""

    def read(self, value: object, name: str) -> bool:
        """Return it."""
        return fields.read_flag(value, name)

    def schema(self) -> Schema:
        """Return ``boolean``."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Octets(Kind):
    """Octets in unpadded base64url (RFC 4648 section 5).

    Args:
        most: most octets.
        least: fewest octets.
        about: what it is, in English.
    """

    most: int = 65_536
    least: int = 0
    about: str = ""

    def read(self, value: object, name: str) -> bytes:
        """Return the octets."""
        octets = fields.decode_octets(value, most=self.most, name=name)
        if len(octets) < self.least:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is too short")
        return octets

    def write(self, value: Any) -> str:
        """Return the text."""
        return fields.encode_octets(value)

    def schema(self) -> Schema:
        """Return ``string`` with its alphabet and bounds."""
        return {
            "type": "string",
            "contentEncoding": "base64url",
            "pattern": "^[A-Za-z0-9_-]*$",
            "minLength": -(-self.least * 4 // 3),
            "maxLength": -(-self.most * 4 // 3),
        }


@dataclass(frozen=True, slots=True)
class Instant(Kind):
    """An instant with its time zone (RFC 3339); written in UTC.

    Args:
        about: what it is, in English.
    """

    about: str = ""

    def read(self, value: object, name: str) -> object:
        """Return the instant in UTC."""
        return fields.read_instant(value, name)

    def write(self, value: Any) -> str:
        """Return RFC 3339 text."""
        return fields.encode_instant(value)

    def schema(self) -> Schema:
        """Return ``date-time``."""
        pattern = f"^{fields.INSTANT_PATTERN}$"
        return {"type": "string", "format": "date-time", "maxLength": 40, "pattern": pattern}


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """A day, such as ``2026-11-21`` (RFC 3339 ``full-date``).

    Args:
        about: what it is, in English.
    """

    PATTERN: ClassVar[str] = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    about: str = ""

    def read(self, value: object, name: str) -> date:
        """Return the day."""
        text = fields.read_text(value, name, least=10, most=10)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is no day") from error

    def write(self, value: Any) -> str:
        """Return the text."""
        return str(value.isoformat())

    def schema(self) -> Schema:
        """Return ``date``."""
        return {"type": "string", "format": "date", "pattern": f"^{self.PATTERN}$"}


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """Text, true, false or null: the value of a released attribute.

    Args:
        most: most characters of a text.
        about: what it is, in English.
    """

    most: int = 1000
    about: str = ""

    def read(self, value: object, name: str) -> str | bool | None:
        """Return the value."""
        if value is None or isinstance(value, bool):
            return value
        if not isinstance(value, str) or len(value) > self.most:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is of another kind")
        return value

    def schema(self) -> Schema:
        """Return the three types."""
        return {"type": ["string", "boolean", "null"], "maxLength": self.most}

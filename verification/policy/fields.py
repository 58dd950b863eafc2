"""Reading tables of a policy document: known entries only, each of its kind, bounded.

Everything that is not as described raises ``Malformed`` with MALFORMED_POLICY.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import AssuranceLevel
from verification.policy.document import Text

MAX_TEXT_CHARACTERS = 400
MAX_LIST_ITEMS = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

_Enum = TypeVar("_Enum", bound=StrEnum)


def refuse(what: str) -> NoReturn:
    """Raise ``Malformed`` with what is wrong; the message names the entry."""
    raise Malformed(ReasonCode.MALFORMED_POLICY, what)


class Table:
    """One TOML table; each entry is taken by name and kind, and none may be left.

    Args:
        value: the table.
        where: how messages call it.
        allowed: every name that may stand in it; None where the names are the author's own.
    """

    def __init__(self, value: object, where: str, allowed: Iterable[str] | None) -> None:
        if not isinstance(value, dict):
            refuse(f"{where} is not a table")
        if allowed is not None:
            unknown = sorted(value.keys() - set(allowed))
            if unknown:
                refuse(f"{where} has no entry {unknown[0]!r}")
        self.where = where
        self._value: dict[str, Any] = value

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def names(self) -> list[str]:
        """Return the entries' names in the document's order."""
        return list(self._value)

    def get(self, name: str) -> object:
        """Return an entry as it is, None where there is none."""
        return self._value.get(name)

    def table(self, name: str, allowed: Iterable[str] | None) -> Table:
        """Return a table within; an empty one where there is none."""
        return Table(self._value.get(name, {}), f"{self.where}.{name}", allowed)

    def text(self, name: str, *, most: int = MAX_TEXT_CHARACTERS) -> str:
        """Return printable text that is not empty."""
        value = self._value.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
            refuse(f"{self.where}.{name} is missing, empty, too long or not text")
        return value

    def name(self, name: str) -> str:
        """Return a short identifier in lower-case ASCII."""
        return require_name(self._value.get(name), f"{self.where}.{name}")

    def both_languages(self, name: str) -> Text:
        """Return a sentence in Vietnamese and English."""
        inner = self.table(name, ("vi", "en"))
        return Text(inner.text("vi"), inner.text("en"))

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._value.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            refuse(f"{self.where}.{name} is not a number from {least} to {most}")
        return value

    def day(self, name: str) -> date | None:
        """Return a date, None where there is none."""
        value = self._value.get(name)
        return None if value is None else require_day(value, f"{self.where}.{name}")

    def choice(self, name: str, vocabulary: type[_Enum], default: _Enum | None = None) -> _Enum:
        """Return a value of a vocabulary; without a default it must be there."""
        value = self._value.get(name, default)
        for one in vocabulary:
            if one.value == value:
                return one
        known = ", ".join(one.value for one in vocabulary)
        refuse(f"{self.where}.{name} is none of {known}")

    def level(self, name: str, default: AssuranceLevel) -> AssuranceLevel:
        """Return an assurance level by its name."""
        value = self._value.get(name, default.name)
        if not isinstance(value, str) or value not in AssuranceLevel.__members__:
            refuse(f"{self.where}.{name} is no level")
        return AssuranceLevel[value]

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Return a list of different texts, None where there is none; it may not be empty."""
        value = self._value.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST_ITEMS:
            refuse(f"{self.where}.{name} is not a list of 1 to {MAX_LIST_ITEMS} texts")
        for one in value:
            if not isinstance(one, str) or not 0 < len(one) <= 100 or not one.isprintable():
                refuse(f"{self.where}.{name} has an item that is no text")
        if len(set(value)) != len(value):
            refuse(f"{self.where}.{name} has an item twice")
        return tuple(value)


def require_name(value: object, where: str) -> str:
    """Return a short identifier in lower-case ASCII, digits, dot, dash and underscore."""
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        refuse(f"{where} is not a name of 1 to 64 characters a-z 0-9 . _ -")
    return value


def require_day(value: object, where: str) -> date:
    """Return a date; an instant is none."""
    if not isinstance(value, date) or isinstance(value, datetime):
        refuse(f"{where} is not a date")
    return value

"""Strict reading of a part of a TOML file; what is wrong is told with its key and line.

Every entry is taken by name and type, and ``done`` refuses what nobody took.
Spec: TOML 1.0.0.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from cardsvc.errors import Malformed, ReasonCode

MAX_CONFIG_OCTETS = 256 * 1024
_HEADER = re.compile(r"\s*\[\[?\s*([^\]#]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(r"\s*(?:([A-Za-z0-9_-]+)|\"([^\"]+)\")\s*=")
_SLIPS = {
    "Cannot overwrite": "an entry stands twice",
    "Duplicate": "an entry stands twice",
    "Cannot declare": "a table stands twice, or once as [table] and once as [[table]]",
    "Unescaped '\\'": "a backslash in a text is written twice, or the text in '…'",
    "Illegal character '\\n'": "a text has no end on its line",
    "Invalid value": 'a value is a "text" in straight quotes, a number, true or false',
    "Invalid hex": "a backslash in a text is written twice, or the text in '…'",
    "Expected newline": "one entry a line, and nothing behind it",
    "Expected '='": "an entry is written name = value",
}
"""What the TOML parser complains of, and what to do; only the sign is taken from its words."""

_Member = TypeVar("_Member", bound=StrEnum)


class ConfigError(Malformed):
    """A configuration is not as described.

    Args:
        key: which entry, such as ``readers[1].role``; empty for the file.
        line: where, from 1; None where the entry is missing.
        what: what is wrong with it; holds no value of the file.
    """

    def __init__(self, key: str, line: int | None, what: str) -> None:
        place = f"{key or 'file'}" + (f" (line {line})" if line else "")
        super().__init__(ReasonCode.MALFORMED_CONFIG, f"{place}: {what}")
        self.key = key
        self.line = line
        self.what = what


class ConfigSection:
    """A table of the file.

    Args:
        value: its entries.
        path: its name, such as ``kiosk`` or ``readers[0]``; empty for the whole file.
        lines: of every key of the file.
    """

    def __init__(self, value: Mapping[str, Any], path: str, lines: Mapping[str, int]) -> None:
        self._value = dict(value)
        self._path = path
        self._lines = lines
        self._taken: set[str] = set()

    def refuse(self, name: str, what: str) -> NoReturn:
        """Raise ``ConfigError`` about an entry, or with an empty name about the table."""
        key = self._key(name) if name else self._path
        line = self._lines.get(key)
        if line is None and name in self._value:  # in a table that stands on one line
            line = self._lines.get(self._path)
        raise ConfigError(key, line, what)

    def has(self, name: str) -> bool:
        """Tell whether there is such an entry."""
        return name in self._value

    def names(self) -> tuple[str, ...]:
        """Return the names of all entries, in the order of the file."""
        return tuple(self._value)

    def value(self) -> dict[str, Any]:
        """Return all entries as they are."""
        return dict(self._value)

    def text(self, name: str, default: str | None = None, *, most: int = 500) -> str:
        """Return a text that is printable and not empty; without a default it is needed."""
        value = self._take(name, str, "a text", default)
        if value != default and (not 0 < len(value) <= most or not value.isprintable()):
            self.refuse(name, f"a text of 1 to {most} printable characters is needed")
        return str(value)

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._take(name, list, "a list of texts", default)
        if not all(isinstance(one, str) and one and one.isprintable() for one in value):
            self.refuse(name, "a list of texts is needed")
        return tuple(value)

    def number(self, name: str, default: int | None = None, *, least: int = 0, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._take(name, int, "a whole number", default)
        if not least <= value <= most:
            self.refuse(name, f"a whole number from {least} to {most} is needed")
        return int(value)

    def seconds(self, name: str, default: float, *, least: float = 0.0, most: float) -> float:
        """Return a time in seconds within bounds; whole or decimal."""
        value = self._take(name, (int, float), "a number of seconds", default)
        if not least <= value <= most:  # NaN is in no range
            self.refuse(name, f"a number of seconds from {least:g} to {most:g} is needed")
        return float(value)

    def flag(self, name: str, default: bool | None = None) -> bool:  # noqa: FBT001 - it is the value
        """Return true or false."""
        return bool(self._take(name, bool, "true or false", default))

    def choice(self, name: str, kind: type[_Member], default: _Member | None = None) -> _Member:
        """Return a member of an enumeration by its value."""
        value = self.text(name, None if default is None else default.value)
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(one.value for one in kind)
            self.refuse(name, f"one of {known} is needed")

    def path(self, name: str, default: Path | None = None) -> Path:
        """Return an absolute path; ``~`` is the home folder of who runs the agent."""
        value = self.text(name, None if default is None else str(default), most=4000)
        try:
            found = Path(value).expanduser()
        except RuntimeError:
            self.refuse(name, "there is no such home folder")
        if not found.is_absolute():
            self.refuse(name, "an absolute path is needed")
        return found

    def section(self, name: str) -> ConfigSection:
        """Return a table; an empty one where it is not there."""
        value = self._take(name, dict, "a table", {})
        return ConfigSection(value, self._key(name), self._lines)

    def table(self, name: str) -> dict[str, Any]:
        """Return a table as it is, for a reader of its own; an empty one where it is not there."""
        return dict(self._take(name, dict, "a table", {}))

    def sections(self, name: str, *, most: int = 64) -> tuple[ConfigSection, ...]:
        """Return the tables of a list, ``[[name]]``; none where it is not there."""
        value = self._take(name, list, "a list of tables", [])
        if len(value) > most or not all(isinstance(one, dict) for one in value):
            self.refuse(name, f"a list of at most {most} tables is needed")
        return tuple(
            ConfigSection(one, f"{self._key(name)}[{index}]", self._lines)
            for index, one in enumerate(value)
        )

    def done(self) -> None:
        """Refuse entries that nobody took: a slip must not pass for a default."""
        unknown = sorted(self._value.keys() - self._taken)
        if unknown:
            self.refuse(unknown[0], "no such entry")

    def _key(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _take(self, name: str, kind: type | tuple[type, ...], what: str, default: Any) -> Any:
        self._taken.add(name)
        value = self._value.get(name)
        if value is None:
            if default is None:
                self.refuse(name, f"missing: {what} is needed")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(name, f"{what} is needed")
        return value


def parse_config_text(text: str) -> ConfigSection:
    """Parse a TOML file as a whole; what it means is its readers' affair.

    Raises:
        ConfigError: too large or not TOML.
    """
    if len(text.encode("utf-8", "replace")) > MAX_CONFIG_OCTETS:
        raise ConfigError("", None, "the file is too large")
    try:
        value = tomllib.loads(text.removeprefix("\ufeff"))  # the mark that some editors write
    except (ValueError, RecursionError) as error:  # also of an integer of too many digits
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise ConfigError("", line, f"not TOML: {_slip(str(error))}") from error
    return ConfigSection(value, "", _lines_of(text))


def _slip(told: str) -> str:
    """Return what the TOML parser says, in words that hold nothing of the file."""
    for sign, meaning in _SLIPS.items():
        if sign in told:
            return meaning
    return "a line is [table], name = value, or a # remark"


def _lines_of(text: str) -> dict[str, int]:
    """Return the line of each table and key; good for messages, not a second parser."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):  # as TOML counts them
        if header := _HEADER.match(line):
            table = header.group(1).replace('"', "").replace(" ", "")
            outer, dot, inner = table.partition(".")
            if outer in counts:  # [doors.lock] belongs to the last of [[doors]]
                table = f"{outer}[{counts[outer] - 1}]{dot}{inner}" if dot else table
            if line.lstrip().startswith("[["):
                index = counts.get(table, 0)
                counts[table] = index + 1
                lines.setdefault(table, number)
                table = f"{table}[{index}]"
            lines.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            name = entry.group(1) or entry.group(2)
            lines.setdefault(f"{table}.{name}" if table else name, number)
    return lines

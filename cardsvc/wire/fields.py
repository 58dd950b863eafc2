"""Strict reading of JSON messages: known keys only, none twice, bounded, typed.

Everything that is not as described raises ``Malformed`` with MALFORMED_MESSAGE.
Spec: RFC 8259; octets travel as unpadded base64url (RFC 4648 section 5).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

from cardsvc.errors import Malformed, ReasonCode

MAX_MESSAGE_OCTETS = 256 * 1024
INSTANT_PATTERN = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""RFC 3339 section 5.6, ``date-time``; a time zone is a must."""
_INSTANT = re.compile(INSTANT_PATTERN)
_MAX_SECOND = 2**33
"""In the year 2242."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, what)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("a key stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    _refuse("NaN and Infinity are not JSON")


def parse_object(octets: bytes, *, most: int = MAX_MESSAGE_OCTETS) -> dict[str, Any]:
    """Parse one JSON object.

    Raises:
        Malformed: too large, not UTF-8, not JSON, a key twice, or not an object.
    """
    if len(octets) > most:
        _refuse("the message is too large")
    try:
        value = json.loads(
            octets.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not JSON") from error
    if not isinstance(value, dict):
        _refuse("not an object")
    return value


class Fields:
    """The fields of one JSON object; each is taken by name and type, and none may be left.

    Args:
        value: the object.
        allowed: every name that may stand in it.
    """

    def __init__(self, value: object, allowed: Iterable[str]) -> None:
        if not isinstance(value, dict):
            _refuse("not an object")
        unknown = value.keys() - set(allowed)
        if unknown:
            _refuse(f"{len(unknown)} unknown fields")
        self._value: dict[str, Any] = value

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self._value.get(name) is not None

    def text(self, name: str, *, most: int = 200) -> str:
        """Return a non-empty string of at most ``most`` characters, without control characters."""
        return read_text(self._value.get(name), name, most=most)

    def number(self, name: str, *, least: int = 0, most: int = 2**31 - 1) -> int:
        """Return a whole number within bounds."""
        return read_number(self._value.get(name), name, least=least, most=most)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return read_flag(self._value.get(name), name)

    def octets(self, name: str, *, most: int = 65_536, exactly: int | None = None) -> bytes:
        """Return octets from unpadded base64url."""
        return decode_octets(self._value.get(name), most=most, exactly=exactly, name=name)

    def items(self, name: str, *, most: int = 1000) -> list[Any]:
        """Return a list of at most ``most`` items."""
        return read_items(self._value.get(name), name, most=most)

    def mapping(self, name: str, *, most: int = 100) -> dict[str, Any]:
        """Return an object of at most ``most`` members."""
        return read_mapping(self._value.get(name), name, most=most)

    def instant(self, name: str) -> datetime:
        """Return an aware instant in UTC from RFC 3339 text."""
        return read_instant(self._value.get(name), name)

    def second(self, name: str) -> datetime:
        """Return an aware instant in UTC from seconds since 1970 (RFC 7519 section 2)."""
        return datetime.fromtimestamp(self.number(name, most=_MAX_SECOND), UTC)


def read_text(value: object, name: str, *, least: int = 1, most: int = 200) -> str:
    """Return text of ``least`` to ``most`` characters, without control characters."""
    if not isinstance(value, str):
        _refuse(f"{name} is missing or of another type")
    if not least <= len(value) <= most or not value.isprintable():
        _refuse(f"{name} is {least} to {most} printable characters")
    return value


def read_number(value: object, name: str, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """Return a whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(f"{name} is missing or of another type")
    if not least <= value <= most:
        _refuse(f"{name} is out of range")
    return value


def read_flag(value: object, name: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        _refuse(f"{name} is missing or of another type")
    return value


def read_items(value: object, name: str, *, least: int = 0, most: int = 1000) -> list[Any]:
    """Return a list of ``least`` to ``most`` items."""
    if not isinstance(value, list):
        _refuse(f"{name} is missing or of another type")
    if not least <= len(value) <= most:
        _refuse(f"{name} has {least} to {most} items")
    return value


def read_mapping(value: object, name: str, *, most: int = 100) -> dict[str, Any]:
    """Return an object of at most ``most`` members."""
    if not isinstance(value, dict):
        _refuse(f"{name} is missing or of another type")
    if len(value) > most:
        _refuse(f"{name} has too many members")
    return value


def read_instant(value: object, name: str) -> datetime:
    """Return an aware instant in UTC from RFC 3339 text."""
    text = read_text(value, name, most=40)
    if not _INSTANT.fullmatch(text):
        _refuse(f"{name} is no instant with a time zone, such as 2026-11-21T08:00:00+07:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is no instant") from error


def decode_octets(
    text: object, *, most: int = 65_536, exactly: int | None = None, name: str = "octets"
) -> bytes:
    """Return octets from unpadded base64url, of bounded or exact length."""
    if not isinstance(text, str) or len(text) > most * 4 // 3 + 4 or not text.isascii():
        _refuse(f"{name} is not text or too long")
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is not base64url") from error
    if encode_octets(value) != text or len(value) > most:
        _refuse(f"{name} is not canonical or too long")
    if exactly is not None and len(value) != exactly:
        _refuse(f"{name} has another length")
    return value


def encode_octets(octets: bytes) -> str:
    """Return unpadded base64url."""
    encoded = binascii.b2a_base64(octets, newline=False).translate(_URL_SAFE)
    return encoded.rstrip(b"=").decode("ascii")


def encode_instant(at: datetime) -> str:
    """Return RFC 3339 text in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_object(value: dict[str, Any]) -> bytes:
    """Return compact UTF-8 JSON.

    Raises:
        Malformed: a text is none, such as half a surrogate pair from a command line.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "text that is not Unicode") from error

"""Strict reading of JSON messages: known keys only, none twice, bounded, typed.

Everything that is not as described raises ``Malformed`` with MALFORMED_MESSAGE.
Spec: RFC 8259; octets travel as unpadded base64url (RFC 4648 section 5).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

from cardsvc.errors import Malformed, ReasonCode

MAX_MESSAGE_OCTETS = 256 * 1024


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

    def _take(self, name: str, kind: type) -> Any:
        value = self._value.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            _refuse(f"{name} is missing or of another type")
        return value

    def text(self, name: str, *, most: int = 200) -> str:
        """Return a non-empty string of at most ``most`` characters, without control characters."""
        value: str = self._take(name, str)
        if not 0 < len(value) <= most or not value.isprintable():
            _refuse(f"{name} is empty, too long or not printable")
        return value

    def number(self, name: str, *, least: int = 0, most: int = 2**31 - 1) -> int:
        """Return a whole number within bounds."""
        value: int = self._take(name, int)
        if not least <= value <= most:
            _refuse(f"{name} is out of range")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value: bool = self._take(name, bool)
        return value

    def octets(self, name: str, *, most: int = 65_536, exactly: int | None = None) -> bytes:
        """Return octets from unpadded base64url."""
        return decode_octets(self._take(name, str), most=most, exactly=exactly, name=name)

    def items(self, name: str, *, most: int = 1000) -> list[Any]:
        """Return a list of at most ``most`` items."""
        value: list[Any] = self._take(name, list)
        if len(value) > most:
            _refuse(f"{name} has too many items")
        return value

    def mapping(self, name: str, *, most: int = 100) -> dict[str, Any]:
        """Return an object of at most ``most`` members."""
        value: dict[str, Any] = self._take(name, dict)
        if len(value) > most:
            _refuse(f"{name} has too many members")
        return value

    def instant(self, name: str) -> datetime:
        """Return an aware instant in UTC from RFC 3339 text."""
        try:
            value = datetime.fromisoformat(self.text(name, most=40))
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"{name} is no instant") from error
        if value.tzinfo is None:
            _refuse(f"{name} has no time zone")
        return value.astimezone(UTC)


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
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


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

"""A small, strict CBOR: what signed credentials need and nothing more.

Spec: RFC 8949; written in the deterministic form of section 4.2.1. Reading takes definite lengths
only, no floating point numbers, no key twice and nothing after the item, so that two readers of
one signed text can't see two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from cardsvc.errors import Malformed, ReasonCode

_UNSIGNED, _NEGATIVE, _OCTETS, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
"""Major types (RFC 8949 section 3.1)."""
_SIMPLE_VALUES: dict[int, bool | None] = {20: False, 21: True, 22: None}
"""RFC 8949 section 3.3, table 4."""
MAX_DEPTH = 8
"""A Claim 169 token nests four deep."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag and what it holds (RFC 8949 section 3.4)."""

    tag: int
    value: CborValue


CborKey: TypeAlias = int | str
CborValue: TypeAlias = (
    "int | bytes | str | bool | Tagged | tuple[CborValue, ...] | dict[CborKey, CborValue] | None"
)


def encode_cbor(value: CborValue) -> bytes:
    """Return the deterministic encoding: shortest heads, keys in the order of their octets.

    Spec: RFC 8949 section 4.2.1. Integers from -2^64 to 2^64 - 1.

    Raises:
        Malformed: MALFORMED_CREDENTIAL, a number that needs more octets.
    """
    match value:
        case bool() | None:
            simple = next(number for number, one in _SIMPLE_VALUES.items() if one is value)
            return _head(_SIMPLE, simple)
        case int():
            return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case bytes():
            return _head(_OCTETS, len(value)) + value
        case str():
            octets = value.encode("utf-8")
            return _head(_TEXT, len(octets)) + octets
        case Tagged(tag, inner):
            return _head(_TAG, tag) + encode_cbor(inner)
        case dict():
            pairs = sorted((encode_cbor(key), encode_cbor(one)) for key, one in value.items())
            return _head(_MAP, len(pairs)) + b"".join(key + one for key, one in pairs)
        case tuple():
            return _head(_ARRAY, len(value)) + b"".join(encode_cbor(one) for one in value)


def parse_cbor(octets: bytes) -> CborValue:
    """Parse one item that fills ``octets`` exactly.

    Spec: RFC 8949 sections 3 and 5.6; heads longer than need be are taken.

    Raises:
        Malformed: MALFORMED_CREDENTIAL.
    """
    reader = _Reader(octets)
    value = reader.item(MAX_DEPTH)
    if reader.left:
        _refuse("octets after the item")
    return value


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._octets) - self._at

    def _take(self, count: int) -> bytes:
        if count > self.left:
            _refuse("cut short")
        start, self._at = self._at, self._at + count
        return self._octets[start : self._at]

    def _head(self) -> tuple[int, int]:
        (first,) = self._take(1)
        major, info = first >> 5, first & 0x1F
        if info < 24:
            return major, info
        if info > 27 or major == _SIMPLE:
            _refuse("an indefinite length or a floating point number")
        return major, int.from_bytes(self._take(1 << (info - 24)), "big")

    def item(self, depth: int) -> CborValue:
        if depth == 0:
            _refuse("nested too deep")
        major, number = self._head()
        match major:
            case 0:
                return number
            case 1:
                return -1 - number
            case 2:
                return self._take(number)
            case 3:
                return _text(self._take(number))
            case 4:
                self._require_room(number)
                return tuple(self.item(depth - 1) for _ in range(number))
            case 5:
                self._require_room(2 * number)
                return self._map(number, depth - 1)
            case 6:
                return Tagged(number, self.item(depth - 1))
        if number not in _SIMPLE_VALUES:
            _refuse("a simple value without a meaning")
        return _SIMPLE_VALUES[number]

    def _require_room(self, items: int) -> None:
        if items > self.left:
            _refuse("cut short")

    def _map(self, pairs: int, depth: int) -> dict[CborKey, CborValue]:
        found: dict[CborKey, CborValue] = {}
        for _ in range(pairs):
            key = self.item(depth)
            # in Python True is 1: two keys would be one
            if isinstance(key, bool) or not isinstance(key, int | str):
                _refuse("a key that is neither a number nor text")
            if key in found:
                _refuse("a key stands twice")
            found[key] = self.item(depth)
        return found


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    octets = next((size for size in (1, 2, 4, 8) if number < 1 << (8 * size)), None)
    if octets is None:
        _refuse("a number of more than 64 bits")
    return bytes([major << 5 | 24 + octets.bit_length() - 1]) + number.to_bytes(octets, "big")


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not UTF-8")


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, what)

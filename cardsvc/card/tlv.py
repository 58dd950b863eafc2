"""Strict BER-TLV, as ISO/IEC 7816-4 section 6 and SP 800-73-5 use it.

Definite lengths only, at most ``MAX_LENGTH`` octets of value, tags of at most three octets.
A reader of hostile octets gets ``Malformed`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode

MAX_LENGTH = 0xFFFF
"""Longest value accepted; PIV objects and APDUs stay below 64 KiB."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object: ``tag`` as a number (5C, 7F49, 5FC102) and its value octets."""

    tag: int
    value: bytes

    def encode(self) -> bytes:
        """Return tag, shortest length form and value."""
        return encode(self.tag, self.value)


def encode_length(length: int) -> bytes:
    """Return the shortest length field (ISO/IEC 7816-4 section 6.3) for 0 to 65,535 octets."""
    if not 0 <= length <= MAX_LENGTH:
        msg = f"a value of {length} octets does not fit"
        raise ValueError(msg)
    if length < 0x80:
        return bytes([length])
    if length <= 0xFF:
        return bytes([0x81, length])
    return bytes([0x82]) + length.to_bytes(2, "big")


def encode_tag(tag: int) -> bytes:
    """Return a tag's octets; the number already holds them big-endian (ISO/IEC 7816-4, 6.2)."""
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big")


def encode(tag: int, value: bytes = b"") -> bytes:
    """Return one encoded data object."""
    return encode_tag(tag) + encode_length(len(value)) + value


def encode_all(items: Iterable[tuple[int, bytes]]) -> bytes:
    """Return data objects one after the other, in the order given."""
    return b"".join(encode(tag, value) for tag, value in items)


def _read_tag(octets: bytes, at: int) -> tuple[int, int]:
    first = octets[at]
    end = at + 1
    if first & 0x1F == 0x1F:
        while True:
            if end >= len(octets) or end - at >= 3:
                raise Malformed(ReasonCode.MALFORMED_TLV, "a tag is cut short or overlong")
            end += 1
            if not octets[end - 1] & 0x80:
                break
        if octets[at + 1] == 0x80:
            raise Malformed(ReasonCode.MALFORMED_TLV, "a tag is padded")
    return int.from_bytes(octets[at:end], "big"), end


def _read_length(octets: bytes, at: int) -> tuple[int, int]:
    if at >= len(octets):
        raise Malformed(ReasonCode.MALFORMED_TLV, "the length is missing")
    first = octets[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    end = at + 1 + count
    if count not in (1, 2, 3) or end > len(octets):
        raise Malformed(ReasonCode.MALFORMED_TLV, "the length is indefinite, too long or cut short")
    return int.from_bytes(octets[at + 1 : end], "big"), end


def iterate(octets: bytes) -> Iterator[Tlv]:
    """Yield the data objects that fill ``octets`` exactly.

    Raises:
        Malformed: a tag or length is cut short, a value overruns, or octets trail.
    """
    at = 0
    while at < len(octets):
        item, at = read_one(octets, at)
        yield item


def read_one(octets: bytes, at: int = 0) -> tuple[Tlv, int]:
    """Return the data object that starts at ``at``, and the offset behind it.

    Raises:
        Malformed: nothing is there, or it is cut short.
    """
    if at >= len(octets):
        raise Malformed(ReasonCode.MALFORMED_TLV, "no data object")
    tag, start = _read_tag(octets, at)
    length, start = _read_length(octets, start)
    end = start + length
    if length > MAX_LENGTH or end > len(octets):
        raise Malformed(ReasonCode.MALFORMED_TLV, "a value overruns what was received")
    return Tlv(tag, octets[start:end]), end


def parse_one(octets: bytes, expected_tag: int) -> bytes:
    """Return the value of the single data object that fills ``octets``.

    Raises:
        Malformed: another tag, trailing octets, or an ill-formed encoding.
    """
    item, end = read_one(octets)
    if item.tag != expected_tag:
        raise Malformed(ReasonCode.MALFORMED_TLV, f"tag {item.tag:X} where {expected_tag:X} is due")
    if end != len(octets):
        raise Malformed(ReasonCode.MALFORMED_TLV, "octets trail the data object")
    return item.value


def parse_unique(octets: bytes) -> dict[int, bytes]:
    """Return tag to value, in the order met, for a template whose tags may each stand once.

    Raises:
        Malformed: a tag stands twice, or the encoding is ill-formed.
    """
    found: dict[int, bytes] = {}
    for item in iterate(octets):
        if item.tag in found:
            raise Malformed(ReasonCode.MALFORMED_TLV, f"tag {item.tag:X} stands twice")
        found[item.tag] = item.value
    return found

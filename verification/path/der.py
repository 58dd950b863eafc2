"""A small DER reader for what ``cryptography`` does not hand out: received names, mappings.

Certificates and CRLs are parsed strictly by ``cryptography`` first; this only walks octets
that already passed, or the value of an extension it keeps opaque.
"""

from __future__ import annotations

from collections.abc import Iterator

from cardsvc.errors import Malformed, ReasonCode

INTEGER = 0x02
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0xA0

Element = tuple[int, int, int, int]
"""Tag octet, offset of the tag, offset of the value, offset behind the value."""


def _malformed(message: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_CERTIFICATE, message)


def read(octets: bytes, at: int = 0, end: int | None = None) -> Element:
    """Return the element that starts at ``at`` (ITU-T X.690 sections 8.1 and 10.1).

    Raises:
        Malformed: cut short, a multi-octet tag, or not the shortest definite length.
    """
    limit = len(octets) if end is None else end
    if at + 2 > limit:
        raise _malformed("a DER element is cut short")
    tag = octets[at]
    if tag & 0x1F == 0x1F:
        raise _malformed("a DER tag of several octets")
    length = octets[at + 1]
    value = at + 2
    if length >= 0x80:
        count = length & 0x7F
        value += count
        if not 1 <= count <= 4 or value > limit:
            raise _malformed("a DER length is indefinite, overlong or cut short")
        length = int.from_bytes(octets[at + 2 : value], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise _malformed("a DER length is not the shortest")
    if value + length > limit:
        raise _malformed("a DER value overruns")
    return tag, at, value, value + length


def children(octets: bytes, value: int = 0, end: int | None = None) -> Iterator[Element]:
    """Yield the elements that fill ``octets[value:end]`` exactly."""
    limit = len(octets) if end is None else end
    at = value
    while at < limit:
        element = read(octets, at, limit)
        yield element
        at = element[3]


def sequence(octets: bytes, expected_tag: int = SEQUENCE) -> list[Element]:
    """Return the children of the one constructed element that fills ``octets``.

    Raises:
        Malformed: another tag, or octets trail.
    """
    tag, _, value, end = read(octets)
    if tag != expected_tag or end != len(octets):
        raise _malformed("not the one DER element expected")
    return list(children(octets, value, end))


def decode_oid(value: bytes) -> str:
    """Return the dotted form of an OBJECT IDENTIFIER's value (X.690 section 8.19).

    Raises:
        Malformed: empty, padded or cut short.
    """
    if not value or value[-1] & 0x80:
        raise _malformed("an object identifier is cut short")
    arcs: list[int] = []
    number = 0
    fresh = True
    for octet in value:
        if fresh and octet == 0x80:
            raise _malformed("an object identifier is padded")
        number = number << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

"""Distinguished names, compared as RFC 5280 section 7.1 asks.

Attribute values in any character string type are prepared as RFC 4518 describes (map,
normalise, drop insignificant spaces) and compared without case; other values octet by octet.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TypeAlias

from cardsvc.errors import Malformed, ReasonCode
from verification.path import der

Attribute: TypeAlias = tuple[bytes, str | bytes]
"""The attribute type's OID octets and its prepared value."""

NameKey: TypeAlias = tuple[frozenset[Attribute], ...]
"""One set of attributes for each RDN, in the order of the certificate."""

EMAIL_ADDRESS = bytes.fromhex("2a864886f70d010901")
"""OID octets of emailAddress (PKCS #9, RFC 2985 section 5.2.1)."""

_ENCODINGS = {
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString, as the field uses it (RFC 5280 section 4.1.2.4)
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


def prepare_text(text: str) -> str:
    """Return ``text`` as RFC 4518 section 2 prepares it for a case-ignoring match."""
    mapped: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category in {"Zs", "Zl", "Zp"} or character in "\t\n\v\f\r\x85":
            mapped.append(" ")
        elif category not in {"Cc", "Cf"} and character not in "\u034f\u1806\ufffc":
            mapped.append(character)
    folded = unicodedata.normalize("NFKC", "".join(mapped)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _prepare_value(tag: int, octets: bytes) -> str | bytes:
    encoding = _ENCODINGS.get(tag)
    if encoding is None:
        return bytes([tag]) + octets
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        return bytes([tag]) + octets
    return prepare_text(text)


@lru_cache(maxsize=4096)
def parse_name(name_der: bytes) -> NameKey:
    """Return a Name in the form in which equal names are equal.

    Spec: RFC 5280 sections 4.1.2.4 and 7.1; RFC 4518.

    Raises:
        Malformed: not a Name.
    """
    rdns: list[frozenset[Attribute]] = []
    for tag, _, value, end in der.sequence(name_der):
        if tag != der.SET:
            raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "an RDN is not a SET")
        rdns.append(_parse_rdn(name_der, value, end))
    return tuple(rdns)


def _parse_rdn(octets: bytes, value: int, end: int) -> frozenset[Attribute]:
    attributes: set[Attribute] = set()
    for tag, _, start, stop in der.children(octets, value, end):
        parts = list(der.children(octets, start, stop))
        if tag != der.SEQUENCE or len(parts) != 2 or parts[0][0] != der.OBJECT_IDENTIFIER:
            raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not an attribute of a name")
        oid = octets[parts[0][2] : parts[0][3]]
        attributes.add((oid, _prepare_value(parts[1][0], octets[parts[1][2] : parts[1][3]])))
    if not attributes:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "an RDN is empty")
    return frozenset(attributes)


def parse_rdn(rdn_set_der: bytes) -> frozenset[Attribute]:
    """Return one RDN (a SET) prepared for comparison.

    Raises:
        Malformed: not an RDN.
    """
    tag, _, value, end = der.read(rdn_set_der)
    if tag != der.SET or end != len(rdn_set_der):
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not an RDN")
    return _parse_rdn(rdn_set_der, value, end)


def is_within(name: NameKey, subtree: NameKey) -> bool:
    """Tell whether ``name`` lies in the directory subtree (RFC 5280 section 4.2.1.10)."""
    return name[: len(subtree)] == subtree


def email_addresses(name: NameKey) -> list[str]:
    """Return the emailAddress attributes of a name (RFC 5280 section 4.2.1.10)."""
    return [
        value
        for rdn in name
        for oid, value in rdn
        if oid == EMAIL_ADDRESS and isinstance(value, str)
    ]

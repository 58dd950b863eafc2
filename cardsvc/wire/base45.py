"""Base45: octets in the 45 characters that a QR code packs tightest (RFC 9285)."""

from __future__ import annotations

from cardsvc.errors import Malformed, ReasonCode

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""RFC 9285 section 4.2, which is the alphanumeric mode of ISO/IEC 18004."""
_NONE = 1 << 16
"""Too large for any group."""
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}


def encode_base45(octets: bytes) -> str:
    """Return three characters for two octets, two for a last single one (RFC 9285 section 4)."""
    out: list[str] = []
    for start in range(0, len(octets), 2):
        pair = octets[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            out.append(_ALPHABET[digit])
    return "".join(out)


def parse_base45(text: str) -> bytes:
    """Return the octets that a text stands for.

    Raises:
        Malformed: MALFORMED_CREDENTIAL; another character, a length that no octets have, or a
            group that is too large (RFC 9285 section 6).
    """
    out = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        number = sum(_VALUES.get(one, _NONE) * 45**place for place, one in enumerate(group))
        if len(group) < 2 or number >= 1 << (8 * (len(group) - 1)):
            raise Malformed(ReasonCode.MALFORMED_CREDENTIAL, "not Base45")
        out += number.to_bytes(len(group) - 1, "big")
    return bytes(out)

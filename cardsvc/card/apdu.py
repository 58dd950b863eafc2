"""Commands and responses of ISO/IEC 7816-4 section 5, short and extended.

A ``CommandApdu`` is the logical command: its data may be longer than one short APDU holds.
How it travels (chained or extended) is ``connection.py``'s matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed, ReasonCode

SHORT_DATA_LIMIT = 0xFF
EXTENDED_DATA_LIMIT = 0xFFFF
SHORT_NE_LIMIT = 0x100
EXTENDED_NE_LIMIT = 0x10000
CHAINING_BIT = 0x10
"""CLA bit 5: more of this command follows (ISO/IEC 7816-4 section 5.3.3)."""


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command.

    Args:
        cla: class octet.
        ins: instruction octet.
        p1: first parameter octet.
        p2: second parameter octet.
        data: command data, 0 to 65,535 octets.
        ne: the most response octets expected, 0 (none) to 65,536; 256 or less asks with a short Le.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)  # may be a PIN or a key
    ne: int = 0

    def __post_init__(self) -> None:
        if any(not 0 <= octet <= 0xFF for octet in (self.cla, self.ins, self.p1, self.p2)):
            raise Malformed(ReasonCode.MALFORMED_APDU, "a header octet is out of range")
        if len(self.data) > EXTENDED_DATA_LIMIT or not 0 <= self.ne <= EXTENDED_NE_LIMIT:
            raise Malformed(ReasonCode.MALFORMED_APDU, "data or Ne is out of range")

    @property
    def header(self) -> bytes:
        """CLA INS P1 P2."""
        return bytes([self.cla, self.ins, self.p1, self.p2])

    def encode(self, *, extended: bool = False) -> bytes:
        """Return the octets of one APDU, case 1 to 4 of ISO/IEC 7816-3 section 12.1.

        Raises:
            Malformed: data or Ne do not fit the short form.
        """
        if extended:
            return self._encode_extended()
        if len(self.data) > SHORT_DATA_LIMIT or self.ne > SHORT_NE_LIMIT:
            raise Malformed(ReasonCode.MALFORMED_APDU, "does not fit a short APDU")
        lc = bytes([len(self.data)]) if self.data else b""
        le = bytes([self.ne & 0xFF]) if self.ne else b""
        return self.header + lc + self.data + le

    def _encode_extended(self) -> bytes:
        lc = b"\x00" + len(self.data).to_bytes(2, "big") if self.data else b""
        le = (self.ne & 0xFFFF).to_bytes(2, "big") if self.ne else b""
        if le and not lc:
            le = b"\x00" + le
        return self.header + lc + self.data + le

    @classmethod
    def parse(cls, octets: bytes) -> CommandApdu:
        """Parse one APDU as a card receives it.

        Raises:
            Malformed: shorter than a header, or Lc and Le do not fit the octets received.
        """
        if len(octets) < 4:
            raise Malformed(ReasonCode.MALFORMED_APDU, "shorter than a header")
        cla, ins, p1, p2 = octets[:4]
        data, ne = _parse_body(octets[4:])
        return cls(cla, ins, p1, p2, data, ne)


def _parse_body(body: bytes) -> tuple[bytes, int]:
    if not body:
        return b"", 0
    if len(body) == 1:
        return b"", body[0] or SHORT_NE_LIMIT
    if body[0] != 0:
        lc = body[0]
        rest = body[1 + lc :]
        if len(body) < 1 + lc or len(rest) > 1:
            raise Malformed(ReasonCode.MALFORMED_APDU, "Lc does not fit the octets received")
        return body[1 : 1 + lc], (rest[0] or SHORT_NE_LIMIT) if rest else 0
    if len(body) < 3:
        raise Malformed(ReasonCode.MALFORMED_APDU, "an extended length is cut short")
    first = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return b"", first or EXTENDED_NE_LIMIT
    rest = body[3 + first :]
    if first == 0 or len(body) < 3 + first or len(rest) not in (0, 2):
        raise Malformed(ReasonCode.MALFORMED_APDU, "extended Lc does not fit the octets received")
    ne = (int.from_bytes(rest, "big") or EXTENDED_NE_LIMIT) if rest else 0
    return body[3 : 3 + first], ne


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """A response: data and the status word."""

    data: bytes = field(repr=False)  # may be a photo
    status: StatusWord

    @classmethod
    def parse(cls, octets: bytes) -> ResponseApdu:
        """Split a response into data and status word.

        Raises:
            Malformed: fewer than two octets, or more than 65,538.
        """
        if not 2 <= len(octets) <= EXTENDED_NE_LIMIT + 2:
            raise Malformed(ReasonCode.MALFORMED_RESPONSE, "a response has 2 to 65,538 octets")
        return cls(octets[:-2], StatusWord(int.from_bytes(octets[-2:], "big")))

    def encode(self) -> bytes:
        """Return data followed by the status word."""
        return self.data + self.status.to_bytes(2, "big")

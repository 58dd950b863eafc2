"""Token Status List: the status of many cards in a compressed array of bits.

Spec: draft-ietf-oauth-status-list-17 sections 4 (bits, DEFLATE, base64url) and 7 (values).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, unique

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.lifecycle import ENDED_STATES, CardState

CARD_STATUS_BITS = 2
"""Enough for valid, invalid and suspended (section 7.1)."""
MAX_LIST_OCTETS = 1 << 24
"""What a list may unpack to: 67 million cards at two bits; a bomb stops here."""
MAX_LST_CHARACTERS = MAX_LIST_OCTETS * 4 // 3 + 4096
"""A list that does not compress at all is a little longer than that in base64url."""
_WIDTHS = (1, 2, 4, 8)
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_HIGHEST_COMPRESSION = 9


@unique
class TokenStatus(IntEnum):
    """Status types (section 7.1); 3 and all others are an application's own."""

    VALID = 0x00
    INVALID = 0x01
    SUSPENDED = 0x02


def card_status(state: CardState) -> TokenStatus:
    """Return what the list says of a card: only an active one is valid.

    A card that was not activated yet may still become valid, so it counts as suspended.
    """
    if state is CardState.ACTIVE:
        return TokenStatus.VALID
    return TokenStatus.INVALID if state in ENDED_STATES else TokenStatus.SUSPENDED


@dataclass(frozen=True, slots=True)
class StatusList:
    """An array of statuses (section 4.1).

    Args:
        bits: of one status: 1, 2, 4 or 8.
        octets: the array; the first status is in the least significant bits of the first octet.
    """

    bits: int
    octets: bytes

    def __post_init__(self) -> None:
        _require_width(self.bits)

    @classmethod
    def of(cls, size: int, statuses: Iterable[tuple[int, int]], bits: int = 2) -> StatusList:
        """Return a list of at least ``size`` statuses, 0 where nothing else is given.

        Args:
            size: rounded up to whole octets.
            statuses: index and status; the last one counts where an index comes twice.
            bits: of one status.

        Raises:
            ValueError: an index outside the list, or a status that ``bits`` can't hold.
        """
        _require_width(bits)
        each, mask = 8 // bits, (1 << bits) - 1
        array = bytearray(-(-size // each))
        for index, status in statuses:
            if not 0 <= index < size or not 0 <= status <= mask:
                msg = "an index or status outside the list"
                raise ValueError(msg)
            where, shift = index // each, index % each * bits
            array[where] = array[where] & ~(mask << shift) | status << shift
        return cls(bits, bytes(array))

    @property
    def size(self) -> int:
        """How many statuses there are, padding included."""
        return len(self.octets) * (8 // self.bits)

    def status(self, index: int) -> int:
        """Return the status at an index.

        Raises:
            VerificationError: outside the list (STATUS_UNKNOWN; section 8.3, step 6).
        """
        if not 0 <= index < self.size:
            raise VerificationError(ReasonCode.STATUS_UNKNOWN, "the index is not in the list")
        each = 8 // self.bits
        return self.octets[index // each] >> index % each * self.bits & (1 << self.bits) - 1

    def compressed(self) -> bytes:
        """Return the array in the ZLIB format (RFC 1950), as small as it gets."""
        return zlib.compress(self.octets, _HIGHEST_COMPRESSION)

    def claim(self, aggregation_uri: str | None = None) -> dict[str, object]:
        """Return the ``status_list`` claim in its JSON form (section 4.2)."""
        lst = base64.urlsafe_b64encode(self.compressed()).rstrip(b"=").decode("ascii")
        claim: dict[str, object] = {"bits": self.bits, "lst": lst}
        if aggregation_uri is not None:
            claim["aggregation_uri"] = aggregation_uri
        return claim


def parse_status_list(claim: object) -> StatusList:
    """Parse a ``status_list`` claim in its JSON form; members we don't know are left alone.

    Spec: draft-ietf-oauth-status-list-17 section 4.2.

    Raises:
        Malformed: MALFORMED_STATUS_LIST: no object, another width, no base64url or no ZLIB data,
            octets behind them, or more than 16 MiB.
    """
    if not isinstance(claim, Mapping):
        raise _malformed("not an object")
    bits, lst = claim.get("bits"), claim.get("lst")
    if not isinstance(bits, int) or isinstance(bits, bool) or bits not in _WIDTHS:
        raise _malformed("bits is 1, 2, 4 or 8")
    if not isinstance(lst, str):
        raise _malformed("lst is a text")
    if not isinstance(claim.get("aggregation_uri", ""), str):
        raise _malformed("aggregation_uri is a text")
    return StatusList(bits, _inflate(_decode(lst)))


def _decode(lst: str) -> bytes:
    if len(lst) > MAX_LST_CHARACTERS or _BASE64URL.fullmatch(lst) is None:
        raise _malformed("lst is not base64url")
    try:
        octets = base64.b64decode(lst + "=" * (-len(lst) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise _malformed("lst is not base64url") from error
    if base64.urlsafe_b64encode(octets).rstrip(b"=") != lst.encode("ascii"):
        raise _malformed("lst has bits behind its last octet")
    return octets


def _inflate(octets: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        array = inflater.decompress(octets, MAX_LIST_OCTETS + 1)
    except zlib.error as error:
        raise _malformed("lst is not ZLIB data") from error
    if len(array) > MAX_LIST_OCTETS:
        raise _malformed("lst unpacks to more than a list may be")
    if not inflater.eof or inflater.unused_data:
        raise _malformed("lst is cut off, or goes on behind its end")
    return array


def _require_width(bits: int) -> None:
    if bits not in _WIDTHS:
        msg = "a status has 1, 2, 4 or 8 bits"
        raise ValueError(msg)


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_STATUS_LIST, what)

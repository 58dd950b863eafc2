"""The card's identifier: the GUID of the CHUID, an RFC 4122 UUID of 16 octets."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cardsvc.errors import Malformed, ReasonCode

URN_PREFIX = "urn:uuid:"

_HYPHENATED = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits of either case."""


@dataclass(frozen=True, slots=True)
class CardGuid:
    """A Card UUID (SP 800-73-5 Part 1 section 3.4.1): 16 octets, random, names nobody."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 16:
            raise Malformed(ReasonCode.MALFORMED_GUID, "a GUID has 16 octets")

    @classmethod
    def from_uuid(cls, value: uuid.UUID) -> CardGuid:
        """Return the GUID that a UUID is."""
        return cls(value.bytes)

    @classmethod
    def parse(cls, text: str) -> CardGuid:
        """Parse ``urn:uuid:…`` or the bare hyphenated form (RFC 9562 section 4).

        Raises:
            Malformed: any other text.
        """
        bare = text[len(URN_PREFIX) :] if text[: len(URN_PREFIX)].lower() == URN_PREFIX else text
        if not _HYPHENATED.fullmatch(bare):
            raise Malformed(ReasonCode.MALFORMED_GUID, "not a UUID in the hyphenated form")
        return cls(bytes.fromhex(bare.replace("-", "")))

    @property
    def urn(self) -> str:
        """``urn:uuid:`` and the hyphenated lower-case form, as a certificate carries it."""
        return _urn(self.octets)

    @property
    def is_zero(self) -> bool:
        """True where a card says that it has no UUID: all octets zero."""
        return not any(self.octets)

    def __str__(self) -> str:
        return self.urn[len(URN_PREFIX) :]


@lru_cache(maxsize=1024)
def _urn(octets: bytes) -> str:
    """Return a GUID's text; what is told of one card names it several times over."""
    digits = octets.hex()
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return URN_PREFIX + "-".join(groups)

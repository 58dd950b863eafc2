"""The card's identifier: the GUID of the CHUID, an RFC 4122 UUID of 16 octets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode

URN_PREFIX = "urn:uuid:"


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
        try:
            value = uuid.UUID(bare)
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_GUID, "not a UUID") from error
        if str(value) != bare.lower():
            raise Malformed(ReasonCode.MALFORMED_GUID, "not the hyphenated form")
        return cls(value.bytes)

    @property
    def urn(self) -> str:
        """``urn:uuid:`` and the hyphenated lower-case form, as a certificate carries it."""
        return URN_PREFIX + str(self)

    @property
    def is_zero(self) -> bool:
        """True where a card says that it has no UUID: all octets zero."""
        return not any(self.octets)

    def __str__(self) -> str:
        return str(uuid.UUID(bytes=self.octets))

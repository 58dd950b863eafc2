"""The Card Capability Container, which old middleware asks for first.

Spec: SP 800-73-5 Part 1 section 3.1.1 and table 8; GSC-IS 2.1 (NIST IR 6887) section 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import tlv
from cardsvc.card.guid import CardGuid
from cardsvc.card.template import TAG_ERROR_DETECTION_CODE
from cardsvc.errors import Malformed, ReasonCode

TAG_CARD_IDENTIFIER = 0xF0
TAG_CONTAINER_VERSION = 0xF1
TAG_GRAMMAR_VERSION = 0xF2
TAG_CARD_URL = 0xF3
TAG_PKCS15 = 0xF4
TAG_DATA_MODEL = 0xF5

_GSC_RID = bytes.fromhex("A000000116")
_UNKNOWN_MANUFACTURER = 0xFF
_JAVA_CARD = 0x02
"""Card type of the card identifier (GSC-IS 2.1 table 5-5)."""
CARD_IDENTIFIER_OCTETS = 21
VERSION_2_1 = 0x21
PIV_DATA_MODEL = 0x10
_MAX_VALUE_OCTETS = 128
_EMPTY_TAGS = (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD)
"""ACL rule table, card APDUs, redirection, capability and status tuples, next CCC."""


@dataclass(frozen=True, slots=True)
class CardCapabilityContainer:
    """What is used of a CCC.

    Args:
        card_identifier: 21 octets, or none where a card leaves it empty.
        container_version: 21 for version 2.1; None where empty.
        grammar_version: the same for the grammar.
        data_model: 10 for PIV; None where empty.
        card_urls: application card URLs, which GSC-IS lets stand several times.
    """

    card_identifier: bytes
    container_version: int | None
    grammar_version: int | None
    data_model: int | None
    card_urls: tuple[bytes, ...] = ()


def parse_ccc(octets: bytes) -> CardCapabilityContainer:
    """Parse a CCC's contents.

    Raises:
        Malformed: MALFORMED_CCC, a tag but F3 repeated, a field of another length, or no
            card identifier.
    """
    found: dict[int, list[bytes]] = {}
    try:
        for item in tlv.iterate(octets):
            found.setdefault(item.tag, []).append(item.value)
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_CCC, str(error)) from error
    for tag, values in found.items():
        if len(values) > 1 and tag != TAG_CARD_URL:
            raise Malformed(ReasonCode.MALFORMED_CCC, f"tag {tag:02X} stands twice")
        if any(len(value) > _MAX_VALUE_OCTETS for value in values):
            raise Malformed(ReasonCode.MALFORMED_CCC, f"tag {tag:02X} is overlong")
    identifier = found.get(TAG_CARD_IDENTIFIER, [None])[0]
    if identifier is None or len(identifier) not in (0, CARD_IDENTIFIER_OCTETS):
        raise Malformed(ReasonCode.MALFORMED_CCC, "the card identifier has 21 octets or none")
    return CardCapabilityContainer(
        card_identifier=identifier,
        container_version=_octet(found, TAG_CONTAINER_VERSION),
        grammar_version=_octet(found, TAG_GRAMMAR_VERSION),
        data_model=_octet(found, TAG_DATA_MODEL),
        card_urls=tuple(url for url in found.get(TAG_CARD_URL, []) if url),
    )


def _octet(found: dict[int, list[bytes]], tag: int) -> int | None:
    value = found.get(tag, [b""])[0]
    if len(value) > 1:
        raise Malformed(ReasonCode.MALFORMED_CCC, f"tag {tag:02X} has one octet")
    return value[0] if value else None


def encode_ccc(guid: CardGuid) -> bytes:
    """Return a CCC's contents; its card identifier is taken from the GUID and says no more."""
    identifier = _GSC_RID + bytes([_UNKNOWN_MANUFACTURER, _JAVA_CARD]) + guid.octets[2:]
    return tlv.encode_all(
        [
            (TAG_CARD_IDENTIFIER, identifier),
            (TAG_CONTAINER_VERSION, bytes([VERSION_2_1])),
            (TAG_GRAMMAR_VERSION, bytes([VERSION_2_1])),
            (TAG_CARD_URL, b""),
            (TAG_PKCS15, b"\x00"),
            (TAG_DATA_MODEL, bytes([PIV_DATA_MODEL])),
            *((tag, b"") for tag in _EMPTY_TAGS),
            (TAG_ERROR_DETECTION_CODE, b""),
        ]
    )

"""GET DATA and PUT DATA."""

from __future__ import annotations

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import PIN_GATED_OBJECTS, ObjectTag
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed

from .core import CardCore, RefusalError, refuse_unless
from .state import MAX_OBJECT_OCTETS, VendorInstructions

TAG_LIST = 0x5C
TAG_DATA = 0x53
OWN_ENVELOPE = frozenset({ObjectTag.DISCOVERY, ObjectTag.BIOMETRIC_GROUP_TEMPLATE})
"""Objects that travel in their own tag, without 53 (SP 800-73-5 Part 2 section 3.3.1)."""
_VENDOR_OBJECTS = range(0x5FFF00, 0x5FFFFF + 1)
"""Where security keys keep their own objects (Yubico PIV extensions)."""
_P1_P2 = (0x3F, 0xFF)


def get_data(core: CardCore, command: CommandApdu) -> bytes:
    """GET DATA of one object (SP 800-73-5 Part 2 section 3.1.2).

    A PIN-gated object answers 6982 whether it is there or not: absence is no one's business
    before the PIN.

    Raises:
        RefusalError: 6A86, 6A80 (no tag list), 6982 (PIN), 6A82 (absent).
    """
    refuse_unless((command.p1, command.p2) == _P1_P2, StatusWord.WRONG_P1P2)
    try:
        wanted = tlv.parse_one(command.data, TAG_LIST)
    except Malformed as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    refuse_unless(1 <= len(wanted) <= 3, StatusWord.WRONG_DATA)
    tag = int.from_bytes(wanted, "big")
    if tag in PIN_GATED_OBJECTS:
        refuse_unless(core.security.pin_verified, StatusWord.SECURITY_NOT_SATISFIED)
    content = core.state.objects.get(tag)
    if content is None:
        raise RefusalError(StatusWord.NOT_FOUND)
    return tlv.encode(tag if tag in OWN_ENVELOPE else TAG_DATA, content)


def put_data(core: CardCore, command: CommandApdu) -> bytes:
    """PUT DATA of one whole object; empty content deletes it (Part 2 section 3.3.1).

    Raises:
        RefusalError: 6A86, 6982 (management key), 6A80, 6A81 (no such object), 6A84 (too large).
    """
    refuse_unless((command.p1, command.p2) == _P1_P2, StatusWord.WRONG_P1P2)
    core.require_admin()
    try:
        tag, content = _parse_put(command.data)
    except Malformed as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    refuse_unless(_is_known(core, tag), StatusWord.FUNCTION_UNSUPPORTED)
    refuse_unless(len(content) <= MAX_OBJECT_OCTETS, StatusWord.NOT_ENOUGH_MEMORY)
    draft = core.state.copy()
    draft.put_object(tag, content)
    core.commit(draft)
    return b""


def _parse_put(data: bytes) -> tuple[int, bytes]:
    first, end = tlv.read_one(data)
    if first.tag in OWN_ENVELOPE:
        return first.tag, tlv.parse_one(data, first.tag)
    if first.tag != TAG_LIST or not 1 <= len(first.value) <= 3:
        raise RefusalError(StatusWord.WRONG_DATA)
    return int.from_bytes(first.value, "big"), tlv.parse_one(data[end:], TAG_DATA)


def _is_known(core: CardCore, tag: int) -> bool:
    if tag in _VENDOR_OBJECTS:
        return core.state.options.vendor is VendorInstructions.YUBICO
    return tag in set(ObjectTag)

"""Administrative forms of two instructions, as the OpenFIPS201 Java Card applet has them.

Source: OpenFIPS201's published schemas (CHANGE REFERENCE DATA ADMIN, PUT DATA ADMIN). The
applet wants a GlobalPlatform channel or its administration key; this card knows the latter.
"""

from __future__ import annotations

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import MANAGEMENT_KEY_SLOT, Algorithm, Ins, PinReference
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, Malformed

from .core import CardCore, Handler, RefusalError, refuse_unless
from .objects import put_data
from .pins import change_reference_data, is_well_formed, replace_reference_data
from .state import ManagementKey, PinState

_PIN_MECHANISM = 0xFF
_TAG_SEQUENCE = 0x30
_TAG_KEY = 0x80
_TAG_ID = 0x8B
_CREATE_OBJECT = 0x64
_CREATE_KEY = 0x66
_ADMIN_P1_P2 = (0x3F, 0x00)
_MANAGEMENT_ALGORITHMS = (
    Algorithm.TDES,
    Algorithm.AES_128,
    Algorithm.AES_192,
    Algorithm.AES_256,
)


def change_reference_data_admin(core: CardCore, command: CommandApdu) -> bytes:
    """CHANGE REFERENCE DATA: the standard's for PIN and PUK, the administrator's otherwise.

    With P1 FF and P2 80 or 81 the data is the new PIN or PUK; with P1 the algorithm and P2 9B
    it is 30 {80 key}. A changed key ends the administrator's session.

    Raises:
        RefusalError: 6982, 6A80, 6A86, 6A88, and those of the standard command.
    """
    is_pin = command.p2 in (PinReference.APPLICATION, PinReference.PUK)
    if is_pin and command.p1 != _PIN_MECHANISM:
        return change_reference_data(core, command)
    if is_pin:
        core.require_admin()
        _set_pin(core, command.p2, command.data)
        return b""
    refuse_unless(command.p2 == MANAGEMENT_KEY_SLOT, StatusWord.REFERENCE_NOT_FOUND)
    refuse_unless(command.p1 in _MANAGEMENT_ALGORITHMS, StatusWord.WRONG_P1P2)
    held = core.state.management_key.algorithm
    refuse_unless(command.p1 == held, StatusWord.REFERENCE_NOT_FOUND)
    core.require_admin()
    try:
        octets = tlv.parse_one(tlv.parse_one(command.data, _TAG_SEQUENCE), _TAG_KEY)
        key = ManagementKey(Algorithm(command.p1), octets)
    except (Malformed, CardError) as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    draft = core.state.copy()
    draft.management_key = key
    core.commit(draft)
    core.security.admin = False
    return b""


def _set_pin(core: CardCore, reference: int, octets: bytes) -> None:
    refuse_unless(is_well_formed(core, reference, octets), StatusWord.WRONG_DATA)
    state = core.state
    limit = state.puk.limit if reference == PinReference.PUK else state.pin.limit
    core.commit(replace_reference_data(state, reference, PinState(octets, limit, limit)))
    core.security.pin_verified = False


def put_data_admin(core: CardCore, command: CommandApdu) -> bytes:
    """PUT DATA: the standard's with P2 FF; with P2 00 create an object or a key.

    This card has every object and slot from the start, so creating one changes nothing.

    Raises:
        RefusalError: 6982, 6A80, and those of the standard command.
    """
    if (command.p1, command.p2) != _ADMIN_P1_P2:
        return put_data(core, command)
    core.require_admin()
    try:
        request, end = tlv.read_one(command.data)
        identifier = tlv.parse_unique(request.value).get(_TAG_ID, b"")
    except Malformed as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    known = request.tag in (_CREATE_OBJECT, _CREATE_KEY)
    whole = end == len(command.data) and 1 <= len(identifier) <= 3
    refuse_unless(known and whole, StatusWord.WRONG_DATA)
    return b""


HANDLERS: dict[int, Handler] = {
    Ins.CHANGE_REFERENCE_DATA: change_reference_data_admin,
    Ins.PUT_DATA: put_data_admin,
}

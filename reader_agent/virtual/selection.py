"""SELECT, and the application property template that it answers."""

from __future__ import annotations

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import PIV_AID, Algorithm
from cardsvc.card.status import StatusWord

from .core import CardCore, refuse_unless
from .stored_key import SUPPORTED

_BY_DF_NAME = 0x04
_RID_OCTETS = 5
"""The shortest part of an AID that names an application (ISO/IEC 7816-4 section 8.2.1.2)."""
_LABEL = b"cardsvc virtual PIV"
_SYMMETRIC = (Algorithm.TDES, Algorithm.AES_128, Algorithm.AES_192, Algorithm.AES_256)


def application_property_template(key_algorithms: tuple[Algorithm, ...] = SUPPORTED) -> bytes:
    """Return the 61 template: PIX, allocation authority, label, algorithms.

    Spec: SP 800-73-5 Part 2 section 3.1.1 tables 3 to 5.
    """
    algorithms = [(0x80, bytes([algorithm])) for algorithm in (*_SYMMETRIC, *key_algorithms)]
    return tlv.encode(
        0x61,
        tlv.encode_all(
            [
                (0x4F, PIV_AID[_RID_OCTETS:]),
                (0x79, tlv.encode(0x4F, PIV_AID[:_RID_OCTETS])),
                (0x50, _LABEL),
                (0xAC, tlv.encode_all([*algorithms, (0x06, b"\x00")])),
            ]
        ),
    )


def select(core: CardCore, command: CommandApdu) -> bytes:
    """SELECT by full or right-truncated AID.

    Selecting PIV again keeps the security status, and so does a name that no application
    has (SP 800-73-5 Part 2 section 3.1.1); a card may be set to log out on the former.

    Raises:
        RefusalError: 6A86 another way to select; 6A82 no such application.
    """
    refuse_unless((command.p1, command.p2) == (_BY_DF_NAME, 0), StatusWord.WRONG_P1P2)
    aid = command.data
    known = len(aid) >= _RID_OCTETS and PIV_AID.startswith(aid)
    refuse_unless(known, StatusWord.NOT_FOUND)
    if not core.security.selected or core.state.options.reselect_resets_security:
        core.security.clear()
    core.security.selected = True
    return application_property_template(core.state.options.key_algorithms)

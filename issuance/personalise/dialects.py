"""Vendors' ways to set the management key, which SP 800-73 leaves to them.

Each dialect is a command; a card that does not speak it refuses and nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from cardsvc.card import commands, tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import MANAGEMENT_KEY_SLOT, Ins
from cardsvc.card.status import StatusWord
from issuance.personalise.management_key import ManagementKey

NOT_SPOKEN = frozenset(
    {
        StatusWord.INS_UNSUPPORTED,
        StatusWord.CLA_UNSUPPORTED,
        StatusWord.FUNCTION_UNSUPPORTED,
        StatusWord.WRONG_P1P2,
        StatusWord.WRONG_DATA,
        StatusWord.WRONG_LENGTH,
        StatusWord.REFERENCE_NOT_FOUND,
        StatusWord.CONDITIONS_NOT_SATISFIED,
    }
)
"""Answers to an instruction, algorithm or key type that the card does not have."""


def change_reference_data(key: ManagementKey) -> CommandApdu:
    """CHANGE REFERENCE DATA of key 9B, as OpenFIPS201 and its descendants take it.

    Source: OpenFIPS201's key update: P1 the algorithm, P2 the key, a SEQUENCE (30) with the key
    element (80). The algorithm of the key can't be changed by it.
    """
    data = tlv.encode(0x30, tlv.encode(0x80, key.octets))
    return CommandApdu(0x00, Ins.CHANGE_REFERENCE_DATA, key.algorithm, MANAGEMENT_KEY_SLOT, data)


def ways_to_set(key: ManagementKey) -> Iterator[CommandApdu]:
    """Yield the commands that set a management key, the commonest first."""
    yield commands.set_management_key(key.algorithm, key.octets)
    yield change_reference_data(key)

"""GENERATE ASYMMETRIC KEY PAIR."""

from __future__ import annotations

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed

from .core import CardCore, RefusalError, refuse_unless
from .state import VendorInstructions
from .stored_key import KeyOrigin, PinPolicy, generate_private_key

TAG_CONTROL = 0xAC
TAG_MECHANISM = 0x80
TAG_PARAMETER = 0x81
TAG_PIN_POLICY = 0xAA
TAG_TOUCH_POLICY = 0xAB


def slot_of(reference: int) -> KeySlot:
    """Return the slot a key reference names.

    Raises:
        RefusalError: 6A86, no such slot.
    """
    refuse_unless(reference in set(KeySlot), StatusWord.WRONG_P1P2)
    return KeySlot(reference)


def generate_asymmetric(core: CardCore, command: CommandApdu) -> bytes:
    """GENERATE ASYMMETRIC KEY PAIR in slot P2 (SP 800-73-5 Part 2 section 3.3.2).

    Returns:
        The 7F49 template of the public key.

    Raises:
        RefusalError: 6A86 (P1, slot), 6982 (management key), 6A80 (template, algorithm).
    """
    refuse_unless(command.p1 == 0, StatusWord.WRONG_P1P2)
    slot = slot_of(command.p2)
    core.require_admin()
    try:
        control = tlv.parse_unique(tlv.parse_one(command.data, TAG_CONTROL))
    except Malformed as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    mechanism = control.pop(TAG_MECHANISM, b"")
    control.pop(TAG_PARAMETER, None)
    policy = pop_policies(core, control)
    known = core.state.options.key_algorithms
    usable = len(mechanism) == 1 and mechanism[0] in known and not control
    refuse_unless(usable, StatusWord.WRONG_DATA)
    draft = core.state.copy()
    private_key = generate_private_key(Algorithm(mechanism[0]))
    draft.put_key(slot, private_key, pin_policy=policy, origin=KeyOrigin.GENERATED)
    core.commit(draft)
    return draft.keys[slot].public_template()


def pop_policies(core: CardCore, parameters: dict[int, bytes]) -> PinPolicy | None:
    """Take the security keys' PIN and touch policies (tags AA, AB) out of ``parameters``.

    Returns:
        The PIN policy, or None for the slot's own.

    Raises:
        RefusalError: 6A80, an unknown policy.
    """
    if core.state.options.vendor is not VendorInstructions.YUBICO:
        return None
    touch = parameters.pop(TAG_TOUCH_POLICY, b"\x00")
    pin = parameters.pop(TAG_PIN_POLICY, b"\x00")
    known = touch in (b"\x00", b"\x01") and len(pin) == 1 and pin[0] in (0, *PinPolicy)
    refuse_unless(known, StatusWord.WRONG_DATA)
    return PinPolicy(pin[0]) if pin[0] else None

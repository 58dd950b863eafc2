"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER.

The counter goes down in the store before the compare: pulling the card can't save a try.
"""

from __future__ import annotations

import hmac
from dataclasses import replace

from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import PinReference
from cardsvc.card.status import StatusWord, tries_left

from .core import CardCore, RefusalError, refuse_unless
from .state import PIN_OCTETS, CardState, PinState, VendorInstructions

_RESET_STATUS = 0xFF
"""P1 of VERIFY that logs out (SP 800-73-5 Part 2 section 3.2.1)."""
_MIN_PIN_OCTETS = 6
_PAD = 0xFF


def _reference_data(state: CardState, reference: int) -> PinState:
    if reference == PinReference.APPLICATION:
        return state.pin
    if reference == PinReference.PUK:
        return state.puk
    raise RefusalError(StatusWord.REFERENCE_NOT_FOUND)


def replace_reference_data(state: CardState, reference: int, new: PinState) -> CardState:
    """Return a draft with a new PIN or PUK state."""
    draft = state.copy()
    if reference == PinReference.PUK:
        draft.puk = new
    else:
        draft.pin = new
    return draft


def is_well_formed(core: CardCore, reference: int, octets: bytes) -> bool:
    """Tell whether octets have a PIN's or PUK's form (SP 800-73-5 Part 2 section 2.4.3).

    The PIN is 6 to 8 decimal digits, FF behind; the PUK is any 8 octets. Security keys take
    any octets in the PIN but the padding.
    """
    if len(octets) != PIN_OCTETS:
        return False
    bare = octets.rstrip(bytes([_PAD]))
    if reference == PinReference.PUK:
        return len(bare) >= _MIN_PIN_OCTETS
    if len(bare) < _MIN_PIN_OCTETS:
        return False
    any_octet = core.state.options.vendor is VendorInstructions.YUBICO
    return _PAD not in bare if any_octet else bare.isdigit()


def may_be_compared(core: CardCore, reference: int, octets: bytes) -> bool:
    """Tell whether a presented value is compared at all, so that a wrong one burns a try.

    The specification refuses another form with 6A80 and burns none; security keys compare
    whatever has 8 octets, and their tools block a PIN that way before a reset.
    """
    if core.state.options.vendor is VendorInstructions.YUBICO:
        return len(octets) == PIN_OCTETS
    return is_well_formed(core, reference, octets)


def compare(core: CardCore, reference: int, presented: bytes) -> None:
    """Burn a try, compare in constant time, and give the tries back on a match.

    Raises:
        RefusalError: 6983 blocked (nothing compared), 63Cx mismatch, 6581 not stored.
    """
    stored = _reference_data(core.state, reference)
    refuse_unless(stored.tries > 0, StatusWord.AUTHENTICATION_BLOCKED)
    burnt = replace(stored, tries=stored.tries - 1)
    core.commit(replace_reference_data(core.state, reference, burnt))
    if not hmac.compare_digest(stored.octets, presented):
        raise RefusalError(tries_left(burnt.tries))
    core.commit(replace_reference_data(core.state, reference, replace(stored, tries=stored.limit)))


def verify(core: CardCore, command: CommandApdu) -> bytes:
    """VERIFY: present the PIN, ask for the tries left (no data), or log out (P1 FF).

    Spec: SP 800-73-5 Part 2 section 3.2.1. Only 80 is supported; the PUK can't be verified.

    Raises:
        RefusalError: 6A86, 6A88, 6983, 6A80 (form; no try burnt), 63Cx.
    """
    refuse_unless(command.p1 in (0, _RESET_STATUS), StatusWord.WRONG_P1P2)
    known = command.p2 == PinReference.APPLICATION
    refuse_unless(known, StatusWord.REFERENCE_NOT_FOUND)
    if command.p1 == _RESET_STATUS:
        refuse_unless(not command.data, StatusWord.WRONG_P1P2)
        core.security.pin_presented(right=False)
        return b""
    pin = core.state.pin
    if not command.data:
        refuse_unless(pin.tries > 0, StatusWord.AUTHENTICATION_BLOCKED)
        refuse_unless(core.security.pin_verified, tries_left(pin.tries))
        return b""
    refuse_unless(pin.tries > 0, StatusWord.AUTHENTICATION_BLOCKED)
    comparable = may_be_compared(core, command.p2, command.data)
    refuse_unless(comparable, StatusWord.WRONG_DATA)
    core.security.pin_presented(right=False)
    compare(core, command.p2, command.data)
    core.security.pin_presented(right=True)
    return b""


def change_reference_data(core: CardCore, command: CommandApdu) -> bytes:
    """CHANGE REFERENCE DATA: old and new PIN (80) or PUK (81), 8 octets each.

    Spec: SP 800-73-5 Part 2 section 3.2.2.

    Raises:
        RefusalError: 6A86, 6A88, 6983, 6A80 (form; no try burnt), 63Cx.
    """
    refuse_unless(command.p1 == 0, StatusWord.WRONG_P1P2)
    reference = command.p2
    stored = _reference_data(core.state, reference)
    refuse_unless(stored.tries > 0, StatusWord.AUTHENTICATION_BLOCKED)
    old, new = command.data[:PIN_OCTETS], command.data[PIN_OCTETS:]
    for octets in (old, new):
        refuse_unless(may_be_compared(core, reference, octets), StatusWord.WRONG_DATA)
    is_pin = reference == PinReference.APPLICATION
    if is_pin:
        core.security.pin_verified = False
    compare(core, reference, old)
    refuse_unless(is_well_formed(core, reference, new), StatusWord.WRONG_DATA)
    changed = PinState(new, stored.limit, stored.limit)
    core.commit(replace_reference_data(core.state, reference, changed))
    if is_pin:
        core.security.pin_verified = True
    return b""


def reset_retry_counter(core: CardCore, command: CommandApdu) -> bytes:
    """RESET RETRY COUNTER: PUK and new PIN, 8 octets each; fills the PIN's counter.

    Spec: SP 800-73-5 Part 2 section 3.2.3. The PIN stays unverified.

    Raises:
        RefusalError: 6A86, 6A88, 6983 (PUK), 6A80 (form; no try burnt), 63Cx (PUK).
    """
    refuse_unless(command.p1 == 0, StatusWord.WRONG_P1P2)
    known = command.p2 == PinReference.APPLICATION
    refuse_unless(known, StatusWord.REFERENCE_NOT_FOUND)
    refuse_unless(core.state.puk.tries > 0, StatusWord.AUTHENTICATION_BLOCKED)
    puk, new = command.data[:PIN_OCTETS], command.data[PIN_OCTETS:]
    refuse_unless(may_be_compared(core, PinReference.PUK, puk), StatusWord.WRONG_DATA)
    refuse_unless(may_be_compared(core, PinReference.APPLICATION, new), StatusWord.WRONG_DATA)
    core.security.pin_verified = False
    compare(core, PinReference.PUK, puk)
    refuse_unless(is_well_formed(core, PinReference.APPLICATION, new), StatusWord.WRONG_DATA)
    limit = core.state.pin.limit
    changed = PinState(new, limit, limit)
    core.commit(replace_reference_data(core.state, PinReference.APPLICATION, changed))
    return b""

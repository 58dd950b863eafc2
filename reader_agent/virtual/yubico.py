"""Instructions that security keys add to PIV, and several Java Card applets share.

Source: Yubico PIV extensions (public documentation): FE import, FF set management key,
FD version, F8 serial, F7 metadata, FA set tries, FB reset.
"""

from __future__ import annotations

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import (
    MANAGEMENT_KEY_SLOT,
    SYMMETRIC_KEY_OCTETS,
    Algorithm,
    Ins,
    KeySlot,
    PinReference,
)
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, Malformed

from .core import CardCore, Handler, RefusalError, refuse_unless
from .keys import pop_policies, slot_of
from .state import FACTORY_PIN, FACTORY_PUK, CardState, ManagementKey, PinState
from .stored_key import (
    CardPrivateKey,
    ec_key_from_scalar,
    rsa_key_from_primes,
)

VERSION = bytes([5, 4, 3])
"""A firmware that knows metadata and AES management keys."""
_NO_TOUCH = 0xFF
_TOUCH = 0xFE
_TAG_PRIME_P = 0x01
_TAG_PRIME_Q = 0x02
_TAG_EC_SCALAR = 0x06
_RSA_TAGS = frozenset(range(_TAG_PRIME_P, 0x06))
_PIN_ALGORITHM = 0xFF
_TOUCH_NEVER = 0x01


def set_management_key(core: CardCore, command: CommandApdu) -> bytes:
    """SET MANAGEMENT KEY: algorithm, 9B, length, key.

    Raises:
        RefusalError: 6A86, 6982 (old key not proven), 6A80.
    """
    well_formed = command.p1 == _NO_TOUCH and command.p2 in (_NO_TOUCH, _TOUCH)
    refuse_unless(well_formed, StatusWord.WRONG_P1P2)
    core.require_admin()
    data = command.data
    headed = len(data) > 3 and data[1] == MANAGEMENT_KEY_SLOT and data[2] == len(data) - 3
    refuse_unless(headed and data[0] in SYMMETRIC_KEY_OCTETS, StatusWord.WRONG_DATA)
    try:
        key = ManagementKey(Algorithm(data[0]), data[3:])
    except CardError as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    draft = core.state.copy()
    draft.management_key = key
    core.commit(draft)
    return b""


def import_key(core: CardCore, command: CommandApdu) -> bytes:
    """IMPORT ASYMMETRIC KEY of algorithm P1 into slot P2: RSA primes, or an ECC scalar.

    Raises:
        RefusalError: 6A86, 6982, 6A80.
    """
    slot = slot_of(command.p2)
    refuse_unless(command.p1 in core.state.options.key_algorithms, StatusWord.WRONG_P1P2)
    core.require_admin()
    try:
        parts = tlv.parse_unique(command.data)
        policy = pop_policies(core, parts)
        private_key = _private_key(Algorithm(command.p1), parts)
    except (Malformed, ValueError) as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    draft = core.state.copy()
    draft.put_key(slot, private_key, pin_policy=policy)
    core.commit(draft)
    return b""


def _private_key(algorithm: Algorithm, parts: dict[int, bytes]) -> CardPrivateKey:
    expected = _RSA_TAGS if algorithm.is_rsa else {_TAG_EC_SCALAR}
    if set(parts) != expected:
        raise ValueError("other parts than this algorithm's key has")
    if algorithm.is_rsa:
        return rsa_key_from_primes(algorithm, parts[_TAG_PRIME_P], parts[_TAG_PRIME_Q])
    return ec_key_from_scalar(algorithm, parts[_TAG_EC_SCALAR])


def get_version(core: CardCore, command: CommandApdu) -> bytes:
    """GET VERSION: three octets.

    Raises:
        RefusalError: 6A86.
    """
    del core
    refuse_unless((command.p1, command.p2) == (0, 0), StatusWord.WRONG_P1P2)
    return VERSION


def get_serial(core: CardCore, command: CommandApdu) -> bytes:
    """GET SERIAL: four octets.

    Raises:
        RefusalError: 6A86.
    """
    refuse_unless((command.p1, command.p2) == (0, 0), StatusWord.WRONG_P1P2)
    return core.state.serial.to_bytes(4, "big")


def get_metadata(core: CardCore, command: CommandApdu) -> bytes:
    """GET METADATA of a key, the PIN, the PUK, or (as an option) the management key.

    For 9B the answer is 6A88 unless the card is set to tell: 6A86 makes a well-known tool
    fail.

    Raises:
        RefusalError: 6A86 (P1), 6A88 (nothing there).
    """
    refuse_unless(command.p1 == 0, StatusWord.WRONG_P1P2)
    state = core.state
    match command.p2:
        case PinReference.APPLICATION:
            return _pin_metadata(state.pin, FACTORY_PIN)
        case PinReference.PUK:
            return _pin_metadata(state.puk, FACTORY_PUK)
        case 0x9B if state.options.management_metadata:
            return _management_metadata(state.management_key)
        case reference if reference in set(KeySlot) and KeySlot(reference) in state.keys:
            return _key_metadata(state, KeySlot(reference))
    raise RefusalError(StatusWord.REFERENCE_NOT_FOUND)


def _pin_metadata(pin: PinState, factory: str) -> bytes:
    is_default = pin.octets == PinState.of(factory).octets
    tries = bytes([pin.limit, pin.tries])
    parts = [(0x01, bytes([_PIN_ALGORITHM])), (0x05, bytes([is_default])), (0x06, tries)]
    return tlv.encode_all(parts)


def _management_metadata(key: ManagementKey) -> bytes:
    is_default = key == ManagementKey.default(key.algorithm)
    policy = bytes([0, _TOUCH_NEVER])
    parts = [(0x01, bytes([key.algorithm])), (0x02, policy), (0x05, bytes([is_default]))]
    return tlv.encode_all(parts)


def _key_metadata(state: CardState, slot: KeySlot) -> bytes:
    key = state.keys[slot]
    return tlv.encode_all(
        [
            (0x01, bytes([key.algorithm])),
            (0x02, bytes([key.pin_policy, _TOUCH_NEVER])),
            (0x03, bytes([key.origin])),
            (0x04, key.public_parts()),
        ]
    )


def set_pin_tries(core: CardCore, command: CommandApdu) -> bytes:
    """SET PIN RETRIES: limits for PIN (P1) and PUK (P2); both go back to their defaults.

    Raises:
        RefusalError: 6A80 (limit), 6982 (management key and PIN both due).
    """
    in_range = 1 <= command.p1 <= 15 and 1 <= command.p2 <= 15
    refuse_unless(in_range, StatusWord.WRONG_DATA)
    core.require_admin()
    refuse_unless(core.security.pin_verified, StatusWord.SECURITY_NOT_SATISFIED)
    draft = core.state.copy()
    draft.set_pin(FACTORY_PIN, command.p1)
    draft.set_puk(FACTORY_PUK, command.p2)
    core.commit(draft)
    return b""


def reset(core: CardCore, command: CommandApdu) -> bytes:
    """RESET: back to the factory state, only where PIN and PUK are both blocked.

    Raises:
        RefusalError: 6A86, 6985.
    """
    refuse_unless((command.p1, command.p2) == (0, 0), StatusWord.WRONG_P1P2)
    state = core.state
    blocked = not state.pin.tries and not state.puk.tries
    refuse_unless(blocked, StatusWord.CONDITIONS_NOT_SATISFIED)
    algorithm = state.management_key.algorithm
    core.commit(CardState.factory(algorithm, state.options, state.serial))
    core.security.clear()
    return b""


HANDLERS: dict[int, Handler] = {
    Ins.SET_MANAGEMENT_KEY: set_management_key,
    Ins.IMPORT_KEY: import_key,
    Ins.GET_VERSION: get_version,
    Ins.GET_SERIAL: get_serial,
    Ins.GET_METADATA: get_metadata,
    Ins.SET_PIN_RETRIES: set_pin_tries,
    Ins.RESET: reset,
}

"""GENERAL AUTHENTICATE: the management key's three ways, and the private keys' work.

Spec: SP 800-73-5 Part 2 section 3.2.4 and appendix A.
"""

from __future__ import annotations

import hmac

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.piv import (
    MANAGEMENT_KEY_SLOT,
    SYMMETRIC_BLOCK_OCTETS,
    Algorithm,
    KeySlot,
)
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed

from .block_cipher import decrypt_block, encrypt_block
from .core import CardCore, OpenChallenge, RefusalError, refuse_unless
from .stored_key import PinPolicy, StoredKey

TAG_TEMPLATE = 0x7C
TAG_WITNESS = 0x80
TAG_CHALLENGE = 0x81
TAG_RESPONSE = 0x82
TAG_EXPONENTIATION = 0x85

_KEY_AGREEMENT_REFUSED = frozenset(
    {KeySlot.AUTHENTICATION, KeySlot.SIGNATURE, KeySlot.CARD_AUTHENTICATION}
)
"""ECDH is the key management keys' work alone (SP 800-73-5 Part 1 table 5)."""


def general_authenticate(core: CardCore, command: CommandApdu) -> bytes:
    """GENERAL AUTHENTICATE with algorithm P1 and key reference P2.

    Raises:
        RefusalError: 6A80 (template), 6A86 (algorithm), 6A88 (no key), 6982 (PIN, or a wrong
            answer), 6985 (an answer to no challenge).
    """
    try:
        template = tlv.parse_unique(tlv.parse_one(command.data, TAG_TEMPLATE))
    except Malformed as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error
    if command.p2 == MANAGEMENT_KEY_SLOT:
        answer = _management(core, command.p1, template)
    else:
        answer = _private_key(core, command.p1, command.p2, template)
    return b"" if answer is None else tlv.encode(TAG_TEMPLATE, tlv.encode(*answer))


def _management(
    core: CardCore, algorithm: int, template: dict[int, bytes]
) -> tuple[int, bytes] | None:
    key = core.state.management_key
    named = Algorithm.TDES if algorithm == Algorithm.TDES_DEFAULT else algorithm
    held = Algorithm.TDES if key.algorithm is Algorithm.TDES_DEFAULT else key.algorithm
    refuse_unless(named == held, StatusWord.WRONG_P1P2)
    block = SYMMETRIC_BLOCK_OCTETS[held]
    match template:
        case {0x81: b"", **rest} if not rest:
            return _open(core, TAG_CHALLENGE, block)
        case {0x80: b"", **rest} if not rest or rest == {TAG_CHALLENGE: b""}:
            return _open(core, TAG_WITNESS, block)
        case {0x82: response, **rest} if response and not rest:
            plain = decrypt_block(key, response) if _fits(response, block) else b""
            _check(core, TAG_CHALLENGE, plain)
            return None
        case {0x80: witness, 0x81: challenge, **rest} if (
            witness and _fits(challenge, block) and rest in ({}, {TAG_RESPONSE: b""})
        ):
            _check(core, TAG_WITNESS, witness)
            return TAG_RESPONSE, encrypt_block(key, challenge)
        case {0x81: challenge, 0x82: b"", **rest} if _fits(challenge, block) and not rest:
            # Internal authentication only for who has proven the key already: to anyone else
            # it would answer the card's own challenges.
            core.require_admin()
            return TAG_RESPONSE, encrypt_block(key, challenge)
    raise RefusalError(StatusWord.WRONG_DATA)


def _fits(octets: bytes, block: int) -> bool:
    return len(octets) == block


def _open(core: CardCore, tag: int, block: int) -> tuple[int, bytes]:
    """Give a challenge in the clear, or a witness enciphered (appendix A.1)."""
    plain = core.random_octets(block)
    core.security.admin = False
    core.security.challenge_given(OpenChallenge(tag, plain))
    if tag == TAG_CHALLENGE:
        return tag, plain
    return tag, encrypt_block(core.state.management_key, plain)


def _check(core: CardCore, tag: int, answer: bytes) -> None:
    challenge = core.security.challenge
    if challenge is None or challenge.tag != tag:
        raise RefusalError(StatusWord.CONDITIONS_NOT_SATISFIED)
    core.security.admin = hmac.compare_digest(challenge.plain, answer)
    core.require_admin()


def _private_key(
    core: CardCore, algorithm: int, reference: int, template: dict[int, bytes]
) -> tuple[int, bytes]:
    key = core.state.keys.get(KeySlot(reference)) if reference in set(KeySlot) else None
    if key is None:
        raise RefusalError(StatusWord.REFERENCE_NOT_FOUND)
    refuse_unless(algorithm == key.algorithm, StatusWord.WRONG_P1P2)
    if template.pop(TAG_RESPONSE, None) != b"" or len(template) != 1:
        raise RefusalError(StatusWord.WRONG_DATA)
    _require_pin(core, key)
    try:
        return TAG_RESPONSE, _operate(key, KeySlot(reference), template)
    except ValueError as error:
        raise RefusalError(StatusWord.WRONG_DATA) from error


def _require_pin(core: CardCore, key: StoredKey) -> None:
    security = core.security
    satisfied = {
        PinPolicy.NEVER: True,
        PinPolicy.ONCE: security.pin_verified,
        PinPolicy.ALWAYS: security.pin_verified and security.pin_just_verified,
    }[key.pin_policy]
    refuse_unless(satisfied, StatusWord.SECURITY_NOT_SATISFIED)


def _operate(key: StoredKey, slot: KeySlot, template: dict[int, bytes]) -> bytes:
    if TAG_EXPONENTIATION in template:
        refuse_unless(slot not in _KEY_AGREEMENT_REFUSED, StatusWord.WRONG_DATA)
        if key.algorithm.is_rsa:
            raise ValueError("RSA keys decipher by tag 81")
        return key.agree(template[TAG_EXPONENTIATION])
    if TAG_CHALLENGE not in template:
        raise ValueError("nothing to work on")
    block = template[TAG_CHALLENGE]
    return key.raw_rsa(block) if key.algorithm.is_rsa else key.sign_digest(block)

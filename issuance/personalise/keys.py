"""The card makes its keys and proves that it holds them.

Spec: SP 800-73-5 Part 2 sections 3.2.4, 3.3.2 and appendix A; SP 800-56A section 6.2.2.2 (one
static key, ECC CDH). A key that signs, signs a message bound to card, slot and key; one that
only agrees or deciphers gives back what nobody without it could know.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import challenge_response, commands
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import RSA_MODULUS_OCTETS, Algorithm, KeySlot
from cardsvc.card.public_key import CardPublicKey, algorithm_of, parse_generated_key, spki_der
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, CardsvcError, IssuanceError, ReasonCode
from issuance.personalise.administration import Administration
from issuance.personalise.conversation import Conversation, attempt
from issuance.personalise.management_key import RandomOctets
from issuance.personalise.plan import KeyPlan

PROOF_LABEL = b"cardsvc key possession 1\0"
"""Keeps these signatures apart from every other that a card makes."""
NONCE_OCTETS = 32

_NO_SUCH_ALGORITHM = frozenset(
    {
        StatusWord.WRONG_DATA,
        StatusWord.WRONG_P1P2,
        StatusWord.FUNCTION_UNSUPPORTED,
        StatusWord.REFERENCE_NOT_FOUND,
        StatusWord.CONDITIONS_NOT_SATISFIED,
        StatusWord.NOT_ENOUGH_MEMORY,
    }
)
"""How cards refuse an algorithm; SP 800-73-5 Part 2 table 12 names 6A80 and 6A86."""


def generate_keys(
    card: Administration, plans: Sequence[KeyPlan]
) -> Conversation[dict[KeySlot, CardPublicKey]]:
    """Have the card make each key, with the first algorithm that it knows.

    Raises:
        CardError: it knows none of them (UNSUPPORTED_ALGORITHM), or refuses.
        Malformed: what it gives is no such public key.
    """
    keys: dict[KeySlot, CardPublicKey] = {}
    pending = [(plan.slot, list(plan.algorithms)) for plan in plans]
    while pending:
        wanted = [(slot, algorithms[0]) for slot, algorithms in pending]
        responses = yield from card.attempt(
            *(commands.generate_key(slot, algorithm) for slot, algorithm in wanted)
        )
        for (slot, algorithm), response in zip(wanted, responses, strict=False):
            if response.status in _NO_SUCH_ALGORITHM:
                pending[0][1].pop(0)
                if not pending[0][1]:
                    raise CardError(
                        ReasonCode.UNSUPPORTED_ALGORITHM, f"no algorithm left for {slot:02X}"
                    )
            else:
                keys[slot] = parse_generated_key(response, algorithm)
                pending.pop(0)
    return keys


@dataclass(frozen=True, slots=True)
class PossessionTest:
    """One question to a private key and the check of its answer."""

    slot: KeySlot
    command: CommandApdu
    check: Callable[[bytes], bool]


def possession_test(
    guid: CardGuid, slot: KeySlot, key: CardPublicKey, random_octets: RandomOctets
) -> PossessionTest:
    """Return a fresh question for a key: to sign, or in 9D to agree or to decipher."""
    algorithm = algorithm_of(key)
    if slot is KeySlot.KEY_MANAGEMENT:
        if isinstance(key, rsa.RSAPublicKey):
            return _decipherment(slot, key, algorithm, random_octets)
        return _agreement(slot, key, algorithm)
    message = (
        PROOF_LABEL
        + guid.octets
        + bytes([slot])
        + hashlib.sha256(spki_der(key)).digest()
        + random_octets(NONCE_OCTETS)
    )
    command = commands.sign(algorithm, slot, challenge_response.prepare(message, algorithm))
    return PossessionTest(
        slot, command, lambda answer: challenge_response.is_signed_by(key, answer, message)
    )


def _agreement(
    slot: KeySlot, key: ec.EllipticCurvePublicKey, algorithm: Algorithm
) -> PossessionTest:
    ephemeral = ec.generate_private_key(key.curve)
    point = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    expected = ephemeral.exchange(ec.ECDH(), key)
    return PossessionTest(
        slot,
        commands.agree(algorithm, slot, point),
        lambda answer: hmac.compare_digest(answer, expected),
    )


def _decipherment(
    slot: KeySlot, key: rsa.RSAPublicKey, algorithm: Algorithm, random_octets: RandomOctets
) -> PossessionTest:
    # the card computes on the bare block and the host pads (Part 2 appendix A.5.1): a random
    # block with a leading zero is below the modulus
    size = RSA_MODULUS_OCTETS[algorithm]
    block = b"\x00\x02" + random_octets(size - 2)
    numbers = key.public_numbers()
    enciphered = pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(size, "big")
    return PossessionTest(
        slot,
        commands.sign(algorithm, slot, enciphered),
        # some cards leave out the leading zero
        lambda answer: hmac.compare_digest(answer.rjust(size, b"\x00"), block),
    )


def prove_keys(
    guid: CardGuid, keys: Mapping[KeySlot, CardPublicKey], pin: str, random_octets: RandomOctets
) -> Conversation[None]:
    """Have the card prove each private key; the PIN goes before every one but 9E.

    Raises:
        IssuanceError: KEY_PROOF_FAILED, whatever the card answered instead of a proof.
        CardError: the card fell silent.
    """
    tests = [possession_test(guid, slot, key, random_octets) for slot, key in keys.items()]
    batch: list[CommandApdu] = []
    answers_at: list[int] = []
    for test in tests:
        if test.slot is not KeySlot.CARD_AUTHENTICATION:
            # 9C takes the PIN directly before each signature (Part 1 table 4b)
            batch.append(commands.verify_pin(pin))
        answers_at.append(len(batch))
        batch.append(test.command)
    responses = yield from attempt(*batch)
    if len(responses) != len(batch):
        raise IssuanceError(
            ReasonCode.KEY_PROOF_FAILED, f"the card answered {responses[-1].status}"
        )
    for test, at in zip(tests, answers_at, strict=True):
        if not is_proved(test, responses[at]):
            raise IssuanceError(ReasonCode.KEY_PROOF_FAILED, f"key {test.slot:02X}")


def is_proved(test: PossessionTest, response: ResponseApdu) -> bool:
    """Tell whether a response answers the question; what is no answer does not."""
    try:
        return test.check(commands.parse_authentication(response))
    except CardsvcError:
        return False

"""Reading a finished card back as a stranger would, before its record may leave PERSONALISING.

Nothing that was written is trusted to be there: every object is compared octet by octet, every
key signs anew, what must be shut is tried with the published defaults. Each wrong PIN or PUK
is followed by the right one, so that no try stays burnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import commands
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import (
    CERTIFICATE_OBJECT,
    PIN_GATED_OBJECTS,
    Algorithm,
    Ins,
    KeySlot,
    ObjectTag,
    PinReference,
)
from cardsvc.card.public_key import CardPublicKey
from cardsvc.errors import CardError, CardsvcError, IssuanceError, ReasonCode
from issuance.personalise.administration import Administration
from issuance.personalise.conversation import Conversation, ask
from issuance.personalise.keys import prove_keys
from issuance.personalise.management_key import RandomOctets, authenticate
from issuance.personalise.pins import Pins

LOG_OUT = CommandApdu(0x00, Ins.VERIFY, 0xFF, PinReference.APPLICATION)
"""VERIFY with P1 FF forgets the PIN (SP 800-73-5 Part 2 section 3.2.1); older cards refuse it."""
PERSONAL_OBJECTS = (
    ObjectTag.FINGERPRINTS,
    ObjectTag.FACIAL_IMAGE,
    ObjectTag.PRINTED_INFORMATION,
    ObjectTag.IRIS_IMAGES,
)
"""Objects about a person, in which an earlier, torn run may have left somebody else."""


@dataclass(frozen=True, slots=True)
class ExpectedCard:
    """What the card must turn out to be.

    Args:
        guid: its identifier.
        objects: every object written, tag to content.
        slots: the keys, each with its certificate among the objects.
        factory_algorithms: those under which the default management key must not open it.
        pin_tries: tries left on the PIN when it came in, or None where it did not say.
    """

    guid: CardGuid
    objects: Mapping[ObjectTag, bytes]
    slots: tuple[KeySlot, ...]
    factory_algorithms: tuple[Algorithm, ...]
    pin_tries: int | None


def read_back(
    expected: ExpectedCard, card: Administration, pins: Pins, random_octets: RandomOctets
) -> Conversation[None]:
    """Accept a card that is what it should be, and that only its own secrets open.

    Raises:
        IssuanceError: READ_BACK_MISMATCH or KEY_PROOF_FAILED.
        CardError: the card fell silent.
    """
    open_tags = [tag for tag in expected.objects if tag not in PIN_GATED_OBJECTS]
    gated_tags = [tag for tag in expected.objects if tag in PIN_GATED_OBJECTS]
    first = yield from ask(
        LOG_OUT,
        commands.select_piv(),
        commands.pin_status(),
        *(commands.get_data(tag) for tag in (*open_tags, *gated_tags)),
    )
    _logged_out, _selected, pin, *answers = first
    for tag, answer in zip(open_tags, answers, strict=False):
        _compare(tag, answer, expected.objects[tag])
    if not pin.status.ok:
        for tag, answer in zip(gated_tags, answers[len(open_tags) :], strict=True):
            if answer.status.ok:
                raise _mismatch(f"the card shows {tag:X} without a PIN")
    yield from _check_pin(expected, pins, gated_tags, pin.status.tries_left)
    keys = {
        slot: _certified_key(expected.objects[CERTIFICATE_OBJECT[slot]]) for slot in expected.slots
    }
    yield from prove_keys(expected.guid, keys, pins.own_pin, random_octets)
    yield from _check_puk(pins)
    yield from _check_management_key(expected, card, pins, random_octets)
    yield from _check_tries(expected)


def _mismatch(what: str) -> IssuanceError:
    return IssuanceError(ReasonCode.READ_BACK_MISMATCH, what)


def _compare(tag: ObjectTag, answer: ResponseApdu, expected: bytes) -> None:
    try:
        content = commands.parse_object(answer, tag)
    except CardsvcError as error:
        raise _mismatch(f"object {tag:X} can't be read") from error
    if content != expected:
        raise _mismatch(f"object {tag:X} is not what was written")


def _is_absent(answer: ResponseApdu, tag: ObjectTag) -> bool:
    if not answer.status.ok:
        return True
    try:
        commands.parse_object(answer, tag)
    except CardError:
        return True
    return False


def _check_pin(
    expected: ExpectedCard, pins: Pins, gated_tags: list[ObjectTag], tries: int | None
) -> Conversation[None]:
    """The default PIN is refused, ours opens, and behind it is what was written and no more."""
    # with a single try left the wrong PIN would lock the card: ours fills the counter first
    fill = () if tries is None or tries > 1 else (commands.verify_pin(pins.own_pin), LOG_OUT)
    others = [tag for tag in PERSONAL_OBJECTS if tag not in expected.objects]
    answers = yield from ask(
        *fill,
        commands.verify_pin(pins.factory.pin),
        commands.verify_pin(pins.own_pin),
        *(commands.get_data(tag) for tag in (*gated_tags, *others)),
    )
    wrong, right, *contents = answers[len(fill) :]
    if wrong.status.ok:
        raise _mismatch("the default PIN opens the card")
    if not right.status.ok:
        raise _mismatch("the card's own PIN does not open it")
    for tag, answer in zip(gated_tags, contents, strict=False):
        _compare(tag, answer, expected.objects[tag])
    for tag, answer in zip(others, contents[len(gated_tags) :], strict=True):
        if not _is_absent(answer, tag):
            raise _mismatch(f"object {tag:X} was left behind")


def _certified_key(content: bytes) -> CardPublicKey:
    certificate: x509.Certificate = parse_certificate_object(content)
    key = certificate.public_key()
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        raise _mismatch("a certificate holds no PIV key")
    return key


def _check_puk(pins: Pins) -> Conversation[None]:
    """The default PUK is refused, ours is taken; the PIN stays what it was."""
    wrong, right = yield from ask(
        commands.change_pin(pins.factory.puk, pins.own_puk, PinReference.PUK),
        commands.unblock_pin(pins.own_puk, pins.own_pin),
    )
    if wrong.status.ok:
        raise _mismatch("the default PUK opens the card")
    if not right.status.ok:
        raise _mismatch("the card's own PUK does not open it")


def _check_management_key(
    expected: ExpectedCard, card: Administration, pins: Pins, random_octets: RandomOctets
) -> Conversation[None]:
    for algorithm in dict.fromkeys((*expected.factory_algorithms, card.key.algorithm)):
        opened = yield from authenticate(pins.factory.key(algorithm), random_octets)
        if opened:
            raise _mismatch("the default management key opens the card")
    yield from card.open()


def _check_tries(expected: ExpectedCard) -> Conversation[None]:
    _logged_out, pin = yield from ask(LOG_OUT, commands.pin_status())
    left = pin.status.tries_left
    if left is not None and left < (expected.pin_tries or 1):
        raise _mismatch("tries on the PIN were burnt")

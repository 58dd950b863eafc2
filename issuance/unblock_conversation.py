"""What is said to a card whose PIN is unblocked.

1. The card proves with its 9E key that it is the one on record. 2. RESET RETRY COUNTER with its
PUK and the fresh PIN. So no try of a PUK is burnt on another card, and none reaches one.

Spec: SP 800-73-5 Part 2 sections 3.2.3 (RESET RETRY COUNTER) and 3.2.4 (GENERAL AUTHENTICATE).
"""

from __future__ import annotations

from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import commands
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, IssuanceError, ReasonCode
from cardsvc.records import CardRecord
from issuance.personalise.conversation import Conversation, ask, ask_one
from issuance.personalise.keys import is_proved, possession_test
from issuance.personalise.management_key import RandomOctets
from issuance.personalise.pins import is_wrong_pin
from issuance.ports import CardSecrets


class PukRefused(CardError):
    """The right card does not take its PUK: somebody changed it, or it is blocked."""


def unblock_card(
    card: CardRecord, request: UUID, secrets: CardSecrets, random_octets: RandomOctets
) -> Conversation[None]:
    """Set the PIN of a card by its PUK; run twice, it comes to the same.

    Args:
        card: on record, with its keys.
        request: for which the fresh PIN is derived.
        secrets: the card's PUK and the fresh PIN.
        random_octets: for the challenge.

    Raises:
        CardError: another card (WRONG_CARD), no PIV card, or it is gone.
        PukRefused: the card refuses its PUK.
        IssuanceError: no 9E key is on record (KEY_MISSING).
    """
    test = possession_test(card.guid, *_card_authentication_key(card), random_octets)
    selected, answer = yield from ask(commands.select_piv(), test.command)
    commands.parse_application_properties(selected)
    if not is_proved(test, answer):
        raise CardError(ReasonCode.WRONG_CARD, "this is not the card on record")
    fresh = secrets.unblock_pin(card.guid, request)
    response = yield from ask_one(commands.unblock_pin(secrets.puk(card.guid), fresh))
    if response.status == StatusWord.AUTHENTICATION_BLOCKED:
        raise PukRefused(ReasonCode.PIN_BLOCKED, "the card's PUK is blocked")
    if is_wrong_pin(response):
        raise PukRefused(ReasonCode.PIN_WRONG, "the card refuses its PUK")
    commands.expect_success(response, "reset the PIN")


def _card_authentication_key(card: CardRecord) -> tuple[KeySlot, CardPublicKey]:
    for record in card.keys:
        if record.slot is KeySlot.CARD_AUTHENTICATION:
            key = x509.load_der_x509_certificate(record.certificate_der).public_key()
            if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
                return record.slot, key
    raise IssuanceError(ReasonCode.KEY_MISSING, "the card has no 9E key on record")

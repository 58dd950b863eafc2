"""Cards as the market delivers them leave the desk with their own secrets, and only those."""

from __future__ import annotations

import pytest

from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType, RevocationReason
from reader_agent.virtual.state import CardOptions, VendorInstructions
from tests.support.issuing_room import IssuingRoom, blank

YUBICO, OPENFIPS = VendorInstructions.YUBICO, VendorInstructions.OPENFIPS201


@pytest.mark.parametrize(
    ("algorithm", "options", "left_with"),
    [
        (Algorithm.TDES, CardOptions(vendor=YUBICO), Algorithm.AES_256),
        (Algorithm.TDES, CardOptions(vendor=YUBICO, short_apdus_only=True), Algorithm.AES_256),
        (Algorithm.AES_192, CardOptions(vendor=YUBICO, exact_le=True), Algorithm.AES_256),
        (
            Algorithm.AES_192,
            CardOptions(vendor=YUBICO, management_metadata=True),
            Algorithm.AES_256,
        ),
        (
            Algorithm.AES_256,
            CardOptions(vendor=YUBICO, reselect_resets_security=True),
            Algorithm.AES_256,
        ),
        (Algorithm.AES_128, CardOptions(vendor=OPENFIPS), Algorithm.AES_128),
        (Algorithm.AES_192, CardOptions(vendor=OPENFIPS), Algorithm.AES_192),
        (Algorithm.AES_256, CardOptions(vendor=OPENFIPS), Algorithm.AES_256),
    ],
)
def test_a_blank_becomes_a_card_with_its_own_secrets(
    algorithm: Algorithm, options: CardOptions, left_with: Algorithm
) -> None:
    room = IssuingRoom()
    application = room.application()
    card = blank(algorithm, options)
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED

    record = room.record(application)
    secrets = room.pki.card_secrets
    chip = card.state
    assert chip.management_key.algorithm is left_with
    assert chip.management_key.octets == secrets.management_key(record.guid, left_with)
    assert chip.pin.octets == secrets.transport_pin(record.guid).encode()
    assert chip.puk.octets == secrets.puk(record.guid).encode()
    assert (chip.pin.tries, chip.puk.tries) == (3, 3)
    assert {key.slot for key in record.keys} == {
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    }
    # nobody holds the card yet, so no certificate is good yet
    assert room.certificate_states(record.guid) == {RevocationReason.CERTIFICATE_HOLD}


@pytest.mark.parametrize("card_type", list(CardType))
def test_every_type_of_card_is_made(card_type: CardType) -> None:
    room = IssuingRoom()
    application = room.application(card_type)
    card = blank()
    assert room.run(room.job(room.order(application)), card) is CardState.PERSONALISED
    assert ObjectTag.PRINTED_INFORMATION in card.state.objects


@pytest.mark.reason(ReasonCode.UNSUPPORTED_ALGORITHM)
def test_a_card_that_can_only_keep_3des_is_not_finished() -> None:
    room = IssuingRoom()
    application = room.application()
    card = blank(Algorithm.TDES, CardOptions(vendor=OPENFIPS))
    job = room.job(room.order(application))
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.UNSUPPORTED_ALGORITHM
    assert card.state.management_key.algorithm is Algorithm.TDES

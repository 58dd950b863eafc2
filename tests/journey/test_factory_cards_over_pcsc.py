"""Blanks of many makers, each from the factory to an accepted card, over a real PC/SC service."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.terms import CardType
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import PrivatePcscd
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from tests.support import pcscd
from tests.support.installations import PIN, ServiceUnderTest
from tests.support.pcsc_journey import PcscJourney

pytestmark = pytest.mark.pcsc

YUBICO, OPENFIPS = VendorInstructions.YUBICO, VendorInstructions.OPENFIPS201
CIVIL, INDIVIDUAL, BUSINESS = CardType.CIVIL_SERVANT, CardType.INDIVIDUAL, CardType.BUSINESS

BLANKS = {
    "3des": (Algorithm.TDES, CardOptions(vendor=YUBICO), CIVIL),
    "3des-short": (Algorithm.TDES, CardOptions(vendor=YUBICO, short_apdus_only=True), INDIVIDUAL),
    "aes128": (Algorithm.AES_128, CardOptions(vendor=YUBICO), BUSINESS),
    "aes192-metadata": (
        Algorithm.AES_192,
        CardOptions(vendor=YUBICO, management_metadata=True),
        CIVIL,
    ),
    "aes256-short": (
        Algorithm.AES_256,
        CardOptions(vendor=YUBICO, short_apdus_only=True),
        INDIVIDUAL,
    ),
    "aes128-openfips201": (Algorithm.AES_128, CardOptions(vendor=OPENFIPS), CIVIL),
    "aes192-openfips201-short": (
        Algorithm.AES_192,
        CardOptions(vendor=OPENFIPS, short_apdus_only=True),
        BUSINESS,
    ),
    "aes256-openfips201-exact-le": (
        Algorithm.AES_256,
        CardOptions(vendor=OPENFIPS, exact_le=True),
        INDIVIDUAL,
    ),
    "exact-le": (Algorithm.AES_192, CardOptions(vendor=YUBICO, exact_le=True), CIVIL),
    "reselect-logs-out": (
        Algorithm.AES_192,
        CardOptions(vendor=YUBICO, reselect_resets_security=True),
        BUSINESS,
    ),
    "rsa-only": (
        Algorithm.TDES,
        CardOptions(vendor=YUBICO, rsa_only=True, short_apdus_only=True, exact_le=True),
        INDIVIDUAL,
    ),
}


@pytest.mark.parametrize("maker", BLANKS)
def test_a_blank_becomes_a_card_that_everyone_accepts(
    service: ServiceUnderTest, private_pcscd: PrivatePcscd, tmp_path: Path, maker: str
) -> None:
    algorithm, options, card_type = BLANKS[maker]
    # in turn, so that no test waits for the reader that the one before has emptied
    reader = private_pcscd.readers[list(BLANKS).index(maker) % len(private_pcscd.readers)]
    card = VirtualCard(CardState.factory(algorithm, options))
    pcscd.insert(reader, card)
    try:
        journey = PcscJourney(service, reader, card, tmp_path, card_type)
        journey.personalise()
        journey.hand_over()
        journey.activate()
        for level in ("X1", "X2"):
            status, decision = journey.tap("--level", level, "--pin-stdin", pin=PIN)
            assert (status, decision["granted"], decision["level"]) == (0, True, level)
        for mode in ("cak", "full"):
            status, report = journey.inspect(mode)
            assert (status, report["verdict"]) == (0, "accept"), report["checks"]
    finally:
        reader.slot.remove()
    expected = Algorithm.RSA_2048 if options.rsa_only else Algorithm.ECC_P256
    assert {key.algorithm for key in card.state.keys.values()} == {expected}
    assert len(card.state.keys) == 4
    assert KeySlot.CARD_AUTHENTICATION in card.state.keys
    assert card.state.pin.tries == card.state.pin.limit

"""Cards to talk to octet by octet; no client code stands between test and applet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, CardState

PIV = bytes.fromhex("00A4040009A0000003080000100000")


@pytest.fixture(scope="session")
def rsa_2048() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def rsa_3072() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


@pytest.fixture
def state(rsa_2048: rsa.RSAPrivateKey, rsa_3072: rsa.RSAPrivateKey) -> CardState:
    """A card with a key of each algorithm and an object of each access rule."""
    state = CardState.factory(Algorithm.AES_192)
    state.put_key(KeySlot.AUTHENTICATION, ec.derive_private_key(7, ec.SECP256R1()))
    state.put_key(KeySlot.SIGNATURE, ec.derive_private_key(8, ec.SECP384R1()))
    state.put_key(KeySlot.KEY_MANAGEMENT, ec.derive_private_key(9, ec.SECP256R1()))
    state.put_key(KeySlot.CARD_AUTHENTICATION, ec.derive_private_key(10, ec.SECP256R1()))
    state.put_key(KeySlot.RETIRED_1, rsa_2048)
    state.put_key(KeySlot.RETIRED_20, rsa_3072)
    state.put_object(ObjectTag.CHUID, b"\x34\x10" + bytes(16))
    state.put_object(ObjectTag.PRINTED_INFORMATION, b"\x01\x03abc")
    state.put_object(ObjectTag.FACIAL_IMAGE, bytes(range(256)) * 64)
    return state


Insert = Callable[..., VirtualCard]


@pytest.fixture
def insert(state: CardState) -> Insert:
    """Power a card with options, PIV selected unless asked otherwise."""

    def make(*, select: bool = True, **options: object) -> VirtualCard:
        state.options = replace(CardOptions(), **options)  # type: ignore[arg-type]
        card = VirtualCard(state)
        card.power_on()
        if select:
            assert card.transmit(PIV)[-2:] == b"\x90\x00"
        return card

    return make

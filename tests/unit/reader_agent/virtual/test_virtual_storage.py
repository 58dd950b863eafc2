"""A card's file: survives power-off, is written whole, is for its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.errors import CardError, Malformed, ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import (
    ATR_EXTENDED,
    ATR_SHORT,
    CardOptions,
    CardState,
    VendorInstructions,
)
from reader_agent.virtual.storage import FileStore, encode_state, parse_state
from reader_agent.virtual.stored_key import PinPolicy

SELECT = bytes.fromhex("00A4040009A0000003080000100000")
WRONG_PIN = bytes.fromhex("0020008008393939393939FFFF")


def test_a_state_is_read_back_as_it_was_written(state: CardState) -> None:
    state.options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    state.put_key(KeySlot.RETIRED_2, state.keys[KeySlot.SIGNATURE].private_key)
    state.put_key(
        KeySlot.RETIRED_3, ec.derive_private_key(3, ec.SECP256R1()), pin_policy=PinPolicy.NEVER
    )
    state.block_puk()
    again = parse_state(encode_state(state))
    assert encode_state(again) == encode_state(state)
    assert again.objects == state.objects
    assert again.options == state.options
    assert (again.pin, again.puk) == (state.pin, state.puk)
    assert {slot: key.algorithm for slot, key in again.keys.items()} == {
        slot: key.algorithm for slot, key in state.keys.items()
    }


def test_tries_survive_the_loss_of_power_and_of_the_process(
    tmp_path: Path, state: CardState
) -> None:
    store = FileStore(tmp_path / "card.json")
    card = VirtualCard(store.load_or_create(lambda: state), store)
    card.power_on()
    card.transmit(SELECT)
    assert card.transmit(WRONG_PIN) == b"\x63\xc2"
    card.power_off()
    again = VirtualCard(store.load_or_create(CardState.factory), store)
    again.power_on()
    again.transmit(SELECT)
    assert again.transmit(WRONG_PIN) == b"\x63\xc1"
    assert store.load().keys.keys() == state.keys.keys()


class PulledOut(BaseException):
    """The process dies in the middle."""


class CutStore:
    """Dies when the card is about to keep what follows the compare."""

    def __init__(self, store: FileStore, after: int) -> None:
        self.store, self.after = store, after

    def save(self, state: CardState) -> None:
        if self.after == 0:
            raise PulledOut
        self.after -= 1
        self.store.save(state)


def test_a_try_is_burnt_before_the_compare(tmp_path: Path, state: CardState) -> None:
    store = FileStore(tmp_path / "card.json")
    store.save(state)
    card = VirtualCard(store.load(), CutStore(store, after=1))
    card.power_on()
    card.transmit(SELECT)
    with pytest.raises(PulledOut):
        card.transmit(bytes.fromhex("0020008008313233343536FFFF"))
    assert store.load().pin.tries == 2


class FullStore:
    def save(self, state: CardState) -> None:
        raise OSError("no space left")


def test_a_card_that_can_not_write_says_so_and_compares_nothing(state: CardState) -> None:
    card = VirtualCard(state, FullStore())
    card.power_on()
    card.transmit(SELECT)
    right = bytes.fromhex("0020008008313233343536FFFF")
    assert card.transmit(right) == b"\x65\x81"
    assert card.transmit(bytes.fromhex("00200080")) == b"\x63\xc3"


def test_the_file_is_replaced_whole_and_for_the_owner_alone(
    tmp_path: Path, state: CardState, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "card.json")
    store.save(state)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    before = store.path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        state.put_object(ObjectTag.CHUID, b"changed")
        with pytest.raises(OSError, match="the disk is gone"):
            store.save(state)
    assert store.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"format": 2}', "[" * 100_000, "\xff"])
def test_a_file_that_is_no_card_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_state(text.encode("latin-1"))
    assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE


def test_the_state_refuses_what_a_card_can_not_hold() -> None:
    state = CardState.factory()
    for attempt in (
        lambda: state.put_object(ObjectTag.CHUID, bytes(0x8000)),
        lambda: state.put_key(KeySlot.AUTHENTICATION, ec.derive_private_key(3, ec.SECP521R1())),
        lambda: state.set_pin("12345"),
        lambda: state.set_pin("123456789"),
        lambda: state.set_puk("số một"),
        lambda: state.set_management_key(Algorithm.AES_128, bytes(24)),
        lambda: state.set_management_key(Algorithm.ECC_P256, bytes(24)),
    ):
        with pytest.raises(CardError):
            attempt()


@pytest.mark.parametrize("atr", [ATR_EXTENDED, ATR_SHORT])
def test_the_answer_to_reset_adds_up(atr: bytes) -> None:
    """ISO/IEC 7816-3 section 8.2.5: TCK makes the exclusive-or of T0 to TCK zero."""
    assert atr[1] & 0x0F == len(atr) - 4
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert check == 0


def test_secrets_stay_out_of_what_is_printed(state: CardState) -> None:
    state.objects.clear()
    printed = repr(state)
    assert "123456" not in printed
    assert "\\x01\\x02\\x03\\x04\\x05" not in printed

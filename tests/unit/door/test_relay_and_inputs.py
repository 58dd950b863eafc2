"""Relays and inputs at a board's pins; gpiozero's mock pins stand for the board."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from reader_agent.door.input_roles import Input
from reader_agent.door.inputs import watched
from reader_agent.door.moves import (
    ContactMoved,
    ExitAsked,
    GuardConfirmed,
    GuardSwitched,
    Happening,
)
from reader_agent.door.outputs import Fail, RelayConfig
from reader_agent.door.relay import RelayBolt


@pytest.fixture
def board() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.close()


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.parametrize("fail", Fail)
def test_a_bolt_is_energised_as_its_lock_is_built(
    board: MockFactory, fail: Fail, active_high: bool
) -> None:
    bolt = RelayBolt(RelayConfig(17, active_high, fail), board)

    def is_energised() -> bool:
        return bool(board.pin(17).state) is active_high

    assert is_energised() is (fail is Fail.SAFE), "locked from the first moment"
    bolt.unlock(5.0)
    assert is_energised() is (fail is Fail.SECURE)
    bolt.lock()
    assert is_energised() is (fail is Fail.SAFE)
    bolt.unlock(None)
    bolt.rest()
    assert not is_energised()
    bolt.close()


def test_pins_tell_how_they_stand_and_what_changes(board: MockFactory) -> None:
    told: list[Happening] = []
    pins = {Input.CONTACT: 22, Input.EXIT: 23, Input.GUARD: 24, Input.CONFIRM: 25}
    with watched(pins, told.append, board):
        assert told == [ContactMoved(is_open=True), GuardSwitched(is_on=False)]
        told.clear()
        board.pin(22).drive_low()
        board.pin(22).drive_high()
        board.pin(23).drive_low()
        board.pin(23).drive_high()
        board.pin(24).drive_low()
        board.pin(25).drive_low()
        board.pin(25).drive_high()
        assert told == [
            ContactMoved(is_open=False),
            ContactMoved(is_open=True),
            ExitAsked(),
            GuardSwitched(is_on=True),
            GuardConfirmed(),
        ]


def test_a_cut_wire_at_the_contact_says_that_the_door_is_open(board: MockFactory) -> None:
    told: list[Happening] = []
    with watched({Input.CONTACT: 22}, told.append, board):
        assert told == [ContactMoved(is_open=True)]

"""Inspection never burns a PIN: at most one try, never the last, none without need."""

from __future__ import annotations

import pytest

from cardsvc.card.piv import Ins
from cardsvc.errors import ReasonCode
from reader_agent.personas.tampering import block_pin, one_try_left
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.personas import CountingConnection, content, failures, inspect_connection
from verification.inspection.report import Mode, Verdict


def _card(tamper=lambda made, state: None) -> tuple[VirtualCard, CountingConnection]:
    made = content()
    state = made.state()
    tamper(made, state)
    card = VirtualCard(state)
    return card, CountingConnection(connect_in_process(card))


def _tries_sent(connection: CountingConnection) -> int:
    return sum(one[1] == Ins.VERIFY and len(one) > 5 for one in connection.commands)


@pytest.mark.reason(ReasonCode.PIN_WRONG)
def test_a_wrong_pin_costs_one_try() -> None:
    card, connection = _card()
    report = inspect_connection(connection, pin="111111")
    assert failures(report) == {"card.pin": ReasonCode.PIN_WRONG}
    assert (_tries_sent(connection), card.state.pin.tries) == (1, 2)


@pytest.mark.reason(ReasonCode.PIN_LAST_TRY)
def test_the_last_try_is_kept() -> None:
    card, connection = _card(one_try_left)
    report = inspect_connection(connection, pin="111111")
    assert failures(report) == {"card.pin": ReasonCode.PIN_LAST_TRY}
    assert (_tries_sent(connection), card.state.pin.tries) == (0, 1)


def test_the_last_try_is_spent_where_that_is_allowed() -> None:
    card, connection = _card(one_try_left)
    assert inspect_connection(connection, allow_last_try=True).verdict is Verdict.ACCEPT
    assert card.state.pin.tries == 3


@pytest.mark.reason(ReasonCode.PIN_BLOCKED)
def test_a_blocked_pin_is_not_tried() -> None:
    _, connection = _card(block_pin)
    report = inspect_connection(connection)
    assert failures(report) == {"card.pin": ReasonCode.PIN_BLOCKED}
    assert _tries_sent(connection) == 0


@pytest.mark.reason(ReasonCode.PIN_REQUIRED)
def test_a_missing_pin_is_said() -> None:
    _, connection = _card()
    report = inspect_connection(connection, pin=None)
    assert failures(report) == {"card.pin": ReasonCode.PIN_REQUIRED}
    assert _tries_sent(connection) == 0


@pytest.mark.reason(ReasonCode.PIN_FORMAT)
@pytest.mark.parametrize("pin", ["", "12345", "123456789", "１２３４５６"])
def test_what_is_no_pin_is_not_sent(pin: str) -> None:
    card, connection = _card()
    report = inspect_connection(connection, pin=pin)
    assert failures(report) == {"card.pin": ReasonCode.PIN_FORMAT}
    assert (_tries_sent(connection), card.state.pin.tries) == (0, 3)


@pytest.mark.reason(ReasonCode.UNEXPECTED_STATUS)
def test_a_card_that_does_not_say_what_a_wrong_pin_costs_is_not_given_one() -> None:
    _, connection = _card()
    asked = connection.transmit

    def silent(command: bytes) -> bytes:
        answer = asked(command)
        return b"\x67\x00" if command[1] == Ins.VERIFY and len(command) <= 5 else answer

    connection.transmit = silent  # type: ignore[method-assign]  # a card of its own kind
    report = inspect_connection(connection)
    assert failures(report) == {"card.pin": ReasonCode.UNEXPECTED_STATUS}
    assert _tries_sent(connection) == 0


def test_one_verify_serves_every_key_and_object() -> None:
    _, connection = _card()
    assert inspect_connection(connection).verdict is Verdict.ACCEPT
    assert _tries_sent(connection) == 1


def test_a_door_sends_no_verify_and_reads_one_object() -> None:
    _, connection = _card()
    assert inspect_connection(connection, Mode.CAK).verdict is Verdict.ACCEPT
    instructions = [Ins(one[1]) for one in connection.commands]
    assert Ins.VERIFY not in instructions
    assert instructions.count(Ins.GET_DATA) == 1
    assert len(instructions) <= 6

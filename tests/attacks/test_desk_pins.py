"""A holder's choice that a thief would try first is refused, at the agent and nowhere else."""

from __future__ import annotations

import random

import pytest

from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from reader_agent.activation import set_holder_pin
from reader_agent.pin_rules import PinRules, require_strong_pin
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState


def refusal(pin: str, rules: PinRules | None = None, code: str = "") -> ReasonCode | None:
    try:
        require_strong_pin(pin, rules or PinRules(), code=code)
    except CardError as error:
        return error.reason
    return None


@pytest.mark.reason(ReasonCode.PIN_WEAK)
@pytest.mark.parametrize(
    "pin",
    [
        "000000", "111111", "99999999", "101010", "112112", "122222", "123456", "654321",
        "12345678", "234567", "890123", "987654", "135791", "97531975", "121212", "123123",
        "12341234", "1231231", "112233", "998877", "11223344", "147258", "159753", "1478521",
        "15081990", "19900815", "150890", "900815", "081990", "199008", "29022000", "01012001",
    ],
)  # fmt: skip
def test_an_easy_pin_is_refused(pin: str) -> None:
    assert refusal(pin) is ReasonCode.PIN_WEAK


@pytest.mark.reason(ReasonCode.PIN_FORMAT)
@pytest.mark.parametrize(
    "pin", ["", "12345", "283746519", "28374a", "２８３７４６", "28 374", "28374\0"]
)
def test_what_is_no_pin_is_refused(pin: str) -> None:
    assert refusal(pin) is ReasonCode.PIN_FORMAT


def test_the_code_does_not_stay_the_pin() -> None:
    assert refusal("28374651", code="28374651") is ReasonCode.PIN_WEAK


@pytest.mark.parametrize("pin", ["283746", "2837465", "28374651", "246801", "990231", "31021990"])
def test_a_good_pin_is_taken(pin: str) -> None:
    assert refusal(pin) is None


@pytest.mark.parametrize("chosen", ["123456", "15081990", "28374651"])
def test_wherever_a_pin_is_set_an_easy_one_never_comes_to_the_card(chosen: str) -> None:
    card = VirtualCard(CardState.factory())
    connection = connect_in_process(card)
    with pytest.raises(CardError) as caught:
        set_holder_pin(connection, "28374651", chosen)
    assert caught.value.reason is ReasonCode.PIN_WEAK
    session = PivSession(connection)
    session.select()
    assert session.pin_tries_left() == 3
    set_holder_pin(connection, "123456", "283746")
    session.select()
    session.verify_pin("283746")


def test_an_office_sets_its_own_rules() -> None:
    assert refusal("283746", PinRules(least_digits=8)) is ReasonCode.PIN_FORMAT
    assert refusal("28282837", PinRules(least_distinct=5)) is ReasonCode.PIN_WEAK
    assert refusal("15081990", PinRules(dates=True)) is None


def test_most_pins_are_left_to_choose_from() -> None:
    draw = random.Random(20261121)
    pins = [f"{draw.randrange(10**6):06}" for _ in range(5000)]
    assert sum(refusal(pin) is None for pin in pins) > 4300

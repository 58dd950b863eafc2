"""The client session: what it sends (SP 800-73-5 Part 2) and what it makes of answers."""

from __future__ import annotations

import pytest

from cardsvc.card.commands import RefusedByCard, WrongPin
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, Malformed, ReasonCode
from tests.support.scripted_card import ScriptedCard


def session_with(*answers: str) -> tuple[PivSession, ScriptedCard]:
    card = ScriptedCard(answers)
    return PivSession(card), card


def test_select_names_the_application_without_its_version() -> None:
    session, card = session_with("61104f0600001000010079064f04a00003089000".replace(" ", ""))
    session.select()
    assert card.received == ["00a4040009a0000003080000100000"]


@pytest.mark.reason(ReasonCode.NO_PIV_APPLICATION)
def test_a_card_without_the_application() -> None:
    session, _ = session_with("6a82")
    with pytest.raises(RefusedByCard) as caught:
        session.select()
    assert caught.value.reason is ReasonCode.NO_PIV_APPLICATION


def test_an_object_comes_without_its_envelope() -> None:
    session, card = session_with("5302aabb9000")
    assert session.read_object(ObjectTag.CHUID) == b"\xaa\xbb"
    assert card.received == ["00cb3fff055c035fc10200"]


@pytest.mark.reason(ReasonCode.OBJECT_MISSING)
@pytest.mark.reason(ReasonCode.PIN_REQUIRED)
@pytest.mark.reason(ReasonCode.UNEXPECTED_STATUS)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("6a82", ReasonCode.OBJECT_MISSING),
        ("53009000", ReasonCode.OBJECT_MISSING),
        ("6982", ReasonCode.PIN_REQUIRED),
        ("6f00", ReasonCode.UNEXPECTED_STATUS),
    ],
)
def test_why_an_object_can_not_be_read(answer: str, reason: ReasonCode) -> None:
    session, _ = session_with(answer)
    with pytest.raises(RefusedByCard) as caught:
        session.read_object(ObjectTag.CHUID)
    assert caught.value.reason is reason


@pytest.mark.parametrize("answer", ["9000", "5401aa9000", "5302aa9000", "5301aa009000"])
def test_an_envelope_that_is_none(answer: str) -> None:
    session, _ = session_with(answer)
    with pytest.raises(Malformed):
        session.read_object(ObjectTag.CHUID)


def test_the_pin_is_padded_to_eight_octets() -> None:
    session, card = session_with("9000")
    session.verify_pin("123456")
    assert card.received == ["0020008008313233343536ffff"]


@pytest.mark.reason(ReasonCode.PIN_WRONG)
def test_a_wrong_pin_tells_the_tries_left() -> None:
    session, _ = session_with("63c2")
    with pytest.raises(WrongPin) as caught:
        session.verify_pin("123456")
    assert (caught.value.tries_left, caught.value.reason) == (2, ReasonCode.PIN_WRONG)


@pytest.mark.reason(ReasonCode.PIN_BLOCKED)
@pytest.mark.parametrize("answer", ["6983", "63c0"])
def test_a_blocked_pin(answer: str) -> None:
    session, _ = session_with(answer)
    with pytest.raises(WrongPin) as caught:
        session.verify_pin("123456")
    assert caught.value.reason is ReasonCode.PIN_BLOCKED


@pytest.mark.reason(ReasonCode.PIN_FORMAT)
@pytest.mark.parametrize("pin", ["", "12345", "123456789", "12345\n", "１２３４５６", "mật khẩu"])
def test_what_is_no_pin_never_reaches_the_card(pin: str) -> None:
    session, card = session_with()
    with pytest.raises(CardError) as caught:
        session.verify_pin(pin)
    assert caught.value.reason is ReasonCode.PIN_FORMAT
    assert card.received == []
    assert not pin or pin not in str(caught.value)


def test_tries_left_are_asked_without_spending_one() -> None:
    session, card = session_with("63c3")
    assert session.pin_tries_left() == 3
    assert card.received == ["00200080"]


def test_a_p256_key_signs_the_digest() -> None:
    session, card = session_with("7c0482023006 9000".replace(" ", ""))
    assert session.sign_message(Algorithm.ECC_P256, KeySlot.CARD_AUTHENTICATION, b"message")
    assert card.received[0].startswith("0087119e267c2482008120")


@pytest.mark.reason(ReasonCode.KEY_MISSING)
def test_a_slot_without_key() -> None:
    session, _ = session_with("6a88")
    with pytest.raises(RefusedByCard) as caught:
        session.sign_message(Algorithm.ECC_P256, KeySlot.AUTHENTICATION, b"message")
    assert caught.value.reason is ReasonCode.KEY_MISSING

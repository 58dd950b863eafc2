"""A reader's PIN pad that lies, fails or is left alone never becomes a verified PIN."""

from __future__ import annotations

import pytest

from cardsvc.card.commands import RefusedByCard, WrongPin
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, Malformed, ReasonCode
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk.card_work import Meanwhile
from reader_agent.pin_entry import PinAtReader
from reader_agent.pin_pad import PinPad, find_pin_pad
from tests.support.scripted_reader import ScriptedReader

_VERIFY, _PROPERTIES = 0x42330001, 0x42330002
_FEATURES = bytes.fromhex("060442330001 120442330002")


def a_pad(answer: bytes) -> PinPad:
    return PinPad(ScriptedReader({_VERIFY: answer}), _VERIFY)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            "6400", ReasonCode.PIN_NOT_TYPED, marks=pytest.mark.reason(ReasonCode.PIN_NOT_TYPED)
        ),
        pytest.param(
            "6401", ReasonCode.PIN_CANCELLED, marks=pytest.mark.reason(ReasonCode.PIN_CANCELLED)
        ),
        ("6403", ReasonCode.PIN_FORMAT),
        ("6B80", ReasonCode.READER_FAILED),
    ],
)
def test_what_the_pad_says_is_told_apart(answer: str, reason: ReasonCode) -> None:
    with pytest.raises(CardError) as caught:
        a_pad(bytes.fromhex(answer)).verify_pin()
    assert caught.value.reason is reason


@pytest.mark.parametrize(("answer", "left"), [("63C2", 2), ("63C0", 0), ("6983", 0)])
def test_what_the_card_says_is_told_apart(answer: str, left: int) -> None:
    with pytest.raises(WrongPin) as caught:
        a_pad(bytes.fromhex(answer)).verify_pin()
    assert caught.value.tries_left == left


@pytest.mark.parametrize("answer", ["6402", "6404", "6982", "6A80", "6700", "6300", "9001", "61FF"])
def test_only_9000_is_a_verified_pin(answer: str) -> None:
    with pytest.raises(RefusedByCard):
        a_pad(bytes.fromhex(answer)).verify_pin()


@pytest.mark.parametrize("answer", [b"", b"\x90"])
def test_an_answer_without_a_status_word_is_none(answer: bytes) -> None:
    with pytest.raises(Malformed):
        a_pad(answer).verify_pin()


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {ScriptedReader.feature_request: b""},
        {ScriptedReader.feature_request: _FEATURES[:-1]},
        {ScriptedReader.feature_request: _FEATURES[:6] * 2},
        {ScriptedReader.feature_request: bytes.fromhex("060342330001")},
        {ScriptedReader.feature_request: bytes.fromhex("070442330001")},
        # the pad has no enter key, takes five digits at most, or seven at least
        {ScriptedReader.feature_request: _FEATURES, _PROPERTIES: bytes.fromhex("020101")},
        {ScriptedReader.feature_request: _FEATURES, _PROPERTIES: bytes.fromhex("070105")},
        {ScriptedReader.feature_request: _FEATURES, _PROPERTIES: bytes.fromhex("060107")},
        {ScriptedReader.feature_request: _FEATURES, _PROPERTIES: bytes.fromhex("0701")},
        {ScriptedReader.feature_request: _FEATURES},
    ],
)
def test_a_reader_that_tells_nothing_or_nonsense_has_no_pad(answers: dict[int, bytes]) -> None:
    reader = ScriptedReader(answers)
    assert find_pin_pad(reader) is None
    session = PivSession(reader)
    session.select()
    with pytest.raises(CardError) as caught:
        PinAtReader().present(session)
    assert caught.value.reason is ReasonCode.READER_FAILED
    assert _VERIFY not in [code for code, _ in reader.asked]


@pytest.mark.parametrize("told", ["", "060106070108", "070100", "060104 070110 01020000 020107"])
def test_a_pad_that_takes_every_pin_is_used(told: str) -> None:
    answers = {ScriptedReader.feature_request: _FEATURES, _PROPERTIES: bytes.fromhex(told)}
    pad = find_pin_pad(ScriptedReader(answers))
    assert pad is not None
    assert pad.verify_code == _VERIFY


@pytest.mark.reason(ReasonCode.CARD_REMOVED)
def test_a_card_that_leaves_while_the_reader_is_asked_is_not_a_reader_without_a_pad() -> None:
    class Gone(ScriptedReader):
        def control(self, code: int, octets: bytes, seconds: float) -> bytes:
            raise CardError(ReasonCode.CARD_REMOVED, "gone")

    with pytest.raises(CardError) as caught:
        find_pin_pad(Gone({}))
    assert caught.value.reason is ReasonCode.CARD_REMOVED


def test_a_pin_that_somebody_else_has_verified_is_asked_for_all_the_same() -> None:
    answers = {ScriptedReader.feature_request: _FEATURES[:6], _VERIFY: bytes.fromhex("9000")}
    reader = ScriptedReader(answers)
    session = PivSession(reader)
    session.select()
    session.verify_pin("123456")
    entry = PinAtReader()
    entry.present(session)
    assert [code for code, _ in reader.asked] == [ScriptedReader.feature_request, _VERIFY]
    entry.present(session)  # now it was typed for this tap
    assert len(reader.asked) == 2


def test_a_pad_that_only_claims_a_verified_pin_is_asked_again_by_who_asks_again() -> None:
    answers = {ScriptedReader.feature_request: _FEATURES[:6], _VERIFY: bytes.fromhex("9000")}
    reader = ScriptedReader(answers)
    session = PivSession(reader)
    session.select()
    entry = PinAtReader()
    entry.present(session)
    entry.present(session)  # the card says that it knows of no PIN
    assert [code for code, _ in reader.asked].count(_VERIFY) == 2


def test_a_pin_typed_after_the_person_has_left_the_kiosk_is_for_nothing() -> None:
    answers = {ScriptedReader.feature_request: _FEATURES[:6], _VERIFY: bytes.fromhex("9000")}
    reader = ScriptedReader(answers)
    session = PivSession(reader)
    session.select()
    told: list[i.OfWork] = []
    entry = Meanwhile(
        told.append, wanted=lambda: _VERIFY not in [code for code, _ in reader.asked]
    ).at_reader()
    with pytest.raises(CardError) as caught:
        entry.present(session)
    assert caught.value.reason is ReasonCode.PIN_CANCELLED
    assert told == [i.PinAwaited(3)]


def test_a_pad_asks_nobody_for_a_visit_that_is_over() -> None:
    reader = ScriptedReader({ScriptedReader.feature_request: _FEATURES[:6]})
    session = PivSession(reader)
    session.select()
    told: list[i.OfWork] = []
    with pytest.raises(CardError) as caught:
        Meanwhile(told.append, wanted=lambda: False).at_reader().present(session)
    assert caught.value.reason is ReasonCode.PIN_CANCELLED
    assert [code for code, _ in reader.asked] == [ScriptedReader.feature_request]
    assert told == []


def test_the_structure_that_the_reader_gets() -> None:
    reader = ScriptedReader({_VERIFY: bytes.fromhex("9000")})
    PinPad(reader, _VERIFY).verify_pin()
    [(_, block)] = reader.asked
    # 60 and 30 s; ASCII in octets; block of 8; 6 to 8 digits; enter; own prompt in Vietnamese
    assert block[:15].hex() == "3c1e820800" + "0806" + "02" + "ff" + "2a04" + "00" + "000000"
    assert block[15:].hex() == "0d000000" + "0020008008" + "ff" * 8

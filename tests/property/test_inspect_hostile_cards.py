"""A card that answers anything at all is never accepted and never breaks the inspection."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.piv import ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.errors import ReasonCode
from reader_agent.inspect import PinChoice, read_card
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.personas import SOON, content, inspect_connection, inspect_state, realm
from verification.inspection.inspect import inspect_card
from verification.inspection.report import Mode, Verdict

STATUS_WORDS = st.sampled_from([b"\x90\x00", b"\x6a\x82", b"\x69\x82", b"\x63\xc3", b"\x61\x10"])
ANSWERS = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda data, status: data + status, st.binary(max_size=120), STATUS_WORDS),
    st.builds(
        lambda data, status: b"\x53" + bytes([len(data)]) + data + status,
        st.binary(max_size=120),
        STATUS_WORDS,
    ),
)


class RavingConnection:
    """Answers what hypothesis draws, over and over."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self._at = 0
        self.atr = b"\x3b\x00"

    def transmit(self, command: bytes) -> bytes:
        answer = self._answers[self._at % len(self._answers)]
        self._at += 1
        return answer

    def close(self) -> None:
        pass


@given(st.lists(ANSWERS, min_size=1, max_size=12), st.sampled_from(Mode))
@settings(max_examples=150, deadline=None)
def test_any_answers_never_end_in_accept(answers: list[bytes], mode: Mode) -> None:
    report = inspect_connection(RavingConnection([b"\x90\x00", *answers]), mode)
    assert report.verdict is not Verdict.ACCEPT
    assert report.checks


_GOOD = content(fingerprints=True).state()
_TAGS = sorted(_GOOD.objects)


@given(st.sampled_from(_TAGS), st.data())
@settings(max_examples=150, deadline=None)
def test_one_changed_octet_in_an_object_is_never_accepted(tag: int, data: st.DataObject) -> None:
    octets = bytearray(_GOOD.objects[tag])
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    state = _GOOD.copy()
    state.put_object(tag, bytes(octets))
    report = inspect_state(state)
    if tag in _UNPROTECTED and report.verdict is Verdict.ACCEPT:
        return
    assert report.verdict is not Verdict.ACCEPT, f"object {tag:X}, octet {at}"


_UNPROTECTED = frozenset(
    {
        # the envelope around a certificate (CertInfo, error detection code) is not signed
        ObjectTag.CERTIFICATE_AUTHENTICATION,
        ObjectTag.CERTIFICATE_SIGNATURE,
        ObjectTag.CERTIFICATE_KEY_MANAGEMENT,
        ObjectTag.CERTIFICATE_CARD_AUTHENTICATION,
        # CMS wrappers hold octets that say nothing of the card (versions, unsigned algorithm
        # lists)
        ObjectTag.SECURITY_OBJECT,
    }
)


@given(st.integers(0, 70), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_garbage_from_any_command_on_is_never_accepted(at: int, garbage: bytes) -> None:
    good = connect_in_process(VirtualCard(_GOOD.copy()))
    count = 0

    class Turning:
        atr = good.atr

        def transmit(self, command: bytes) -> bytes:
            nonlocal count
            count += 1
            return good.transmit(command) if count <= at else garbage + b"\x90\x00"

        def close(self) -> None:
            good.close()

    image = read_card(PivSession(Turning()), Mode.FULL, PinChoice("123456"), os.urandom)
    report = inspect_card(image, realm().trust(), None, SOON)
    if count > at:
        assert report.verdict is not Verdict.ACCEPT


@pytest.mark.reason(ReasonCode.MALFORMED_TLV)
def test_an_envelope_that_is_no_tlv_is_named() -> None:
    report = inspect_connection(RavingConnection([b"\x90\x00", b"\x53\x85\x90\x00"]), Mode.CAK)
    assert ReasonCode.MALFORMED_TLV in report.reasons

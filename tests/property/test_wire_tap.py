"""The messages of a tap survive the wire; anything else is Malformed."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.piv import KeySlot, ObjectTag
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    ConsentText,
    DecisionMessage,
    PresentationMessage,
)

MESSAGES = [
    ChallengeRequest("benh-vien-hue", "tiep-don", AssuranceLevel.X2),
    ChallengeMessage(bytes(32), b"message", datetime(2026, 11, 21, tzinfo=UTC)),
    ChallengeMessage(
        bytes(32),
        b"message",
        datetime(2026, 11, 21, tzinfo=UTC),
        ConsentText("2026-1.0011223344556677", "Tôi đồng ý.", "I agree."),
    ),
    PresentationMessage(bytes(32), asked=("name",), consent="2026-1.0011223344556677"),
    PresentationMessage(bytes(32), {ObjectTag.CHUID: b"\x30"}, {KeySlot.AUTHENTICATION: b"\x01"}),
    LossReportMessage(PersonalNumber("046190012345"), date(1990, 9, 2)),
    LossReceivedMessage("Đã nhận", "Received"),
    DecisionMessage(True, "granted", "X1", "Nguyễn Văn Ân", "Hợp lệ", "Valid", "a.b.c"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_the_same(message) -> None:
    assert type(message).parse(message.encode()) == message


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@settings(max_examples=150)
@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_junk_is_malformed(junk: bytes) -> None:
    for message in MESSAGES:
        with pytest.raises(Malformed) as caught:
            type(message).parse(junk)
        assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE


@settings(max_examples=200)
@given(st.sampled_from(MESSAGES), st.data())
def test_a_changed_field_raises_nothing_but_malformed(message, data: st.DataObject) -> None:
    fields = json.loads(message.encode())
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(json_values)
    with contextlib.suppress(Malformed):
        type(message).parse(json.dumps(fields).encode())


@pytest.mark.parametrize(
    "octets",
    [
        b'{"nonce": "AA", "objects": {}, "proofs": {}}',
        b'{"nonce": "' + b"A" * 43 + b'", "objects": {"5FC1ZZ": "AA"}, "proofs": {}}',
        b'{"nonce": "' + b"A" * 43 + b'", "objects": {"5FC1FF": "AA"}, "proofs": {}}',
        b'{"nonce": "' + b"A" * 43 + b'", "objects": {}, "proofs": {"9B": "AA"}}',
        b'{"nonce": "' + b"A" * 43 + b'", "objects": {}, "proofs": {}, "extra": 1}',
        b'{"nonce": "' + b"A" * 43 + b'", "nonce": "x", "objects": {}, "proofs": {}}',
        b"\xff\xfe",
        b"[" * 50_000,
    ],
)
def test_what_is_nearly_a_presentation_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        PresentationMessage.parse(octets)

"""Batches and answers survive the wire; anything else is Malformed."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.apdu import EXTENDED_NE_LIMIT, CommandApdu, ResponseApdu
from cardsvc.card.batch import ApduBatch, BatchAnswer, BatchRule
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.batch import encode_answer, encode_batch, parse_answer, parse_batch

octet = st.integers(0, 0xFF)
commands = st.builds(
    CommandApdu,
    octet,
    octet,
    octet,
    octet,
    st.binary(max_size=700),
    st.sampled_from([0, 1, 255, 256, 257, EXTENDED_NE_LIMIT]),
)
batches = st.builds(
    ApduBatch, st.lists(commands, min_size=1, max_size=5).map(tuple), st.sampled_from(BatchRule)
)
responses = st.builds(ResponseApdu, st.binary(max_size=300), st.integers(0, 0xFFFF).map(StatusWord))
answers = st.builds(
    BatchAnswer,
    st.lists(responses, max_size=5).map(tuple),
    st.none() | st.sampled_from(ReasonCode),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(batches)
def test_a_batch_comes_back_the_same(batch: ApduBatch) -> None:
    assert parse_batch(encode_batch(batch)) == batch


@given(answers)
def test_an_answer_comes_back_the_same(answer: BatchAnswer) -> None:
    assert parse_answer(encode_answer(answer)) == answer


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@settings(max_examples=150)
@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_junk_is_malformed(junk: bytes) -> None:
    for parse in (parse_batch, parse_answer):
        with pytest.raises(Malformed) as caught:
            parse(junk)
        assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE


@settings(max_examples=150)
@given(batches, answers, st.data())
def test_a_changed_member_is_malformed_or_another_message(
    batch: ApduBatch, answer: BatchAnswer, data: st.DataObject
) -> None:
    for parse, text in ((parse_batch, encode_batch(batch)), (parse_answer, encode_answer(answer))):
        message = json.loads(text)
        member = data.draw(st.sampled_from(sorted(message)))
        message[member] = data.draw(json_values)
        # nothing but Malformed may come out; a member may by chance still be well-formed
        with contextlib.suppress(Malformed):
            parse(json.dumps(message).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"rule": "run_all", "commands": []}',
        '{"rule": "run_all", "commands": ["AA"]}',
        '{"rule": "run_all", "commands": ["AKQE AA"]}',
        '{"rule": "run_all", "commands": ["AKQEAA=="]}',
        '{"rule": true, "commands": ["AKQEAA"]}',
        '{"rule": "run_all", "rule": "run_all", "commands": ["AKQEAA"]}',
        '{"rule": "run_all", "commands": ["AKQEAA"], "more": 1}',
        "[" * 100_000,
    ],
)
def test_what_is_nearly_a_batch_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_batch(text.encode())


def test_the_smallest_batch_is_read() -> None:
    batch = parse_batch(b'{"rule": "run_all", "commands": ["AKQEAA"]}')
    assert batch.commands == (CommandApdu(0x00, 0xA4, 0x04, 0x00),)

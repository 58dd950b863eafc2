"""The messages of issuing desks come back as they were sent; junk is malformed and nothing else."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind, JobStage, ReaderState
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.desk import (
    MAX_READERS,
    DeskJob,
    NextJobMessage,
    PresenceMessage,
    ReportMessage,
)

printable = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)
guids = st.binary(min_size=16, max_size=16).filter(any).map(CardGuid)
jobs = st.builds(DeskJob, printable, st.sampled_from(JobKind), st.none() | guids)
readers = st.tuples(printable, st.sampled_from(ReaderState))
messages = (
    st.builds(NextJobMessage, st.none() | jobs, st.integers(0, 3600))
    | st.builds(ReportMessage, st.sampled_from(JobStage), st.none() | st.sampled_from(ReasonCode))
    | st.builds(
        PresenceMessage,
        printable,
        st.booleans(),
        st.lists(readers, max_size=MAX_READERS).map(tuple),
    )
)
Message = NextJobMessage | ReportMessage | PresenceMessage
PARSERS = (NextJobMessage.parse, ReportMessage.parse, PresenceMessage.parse)


@given(messages)
def test_a_message_comes_back(message: Message) -> None:
    assert type(message).parse(message.encode()) == message


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=60)
@given(
    junk=st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["job", "id", "kind", "guid", "stage", "reason", "readers", "name"]
                ),
                inner,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_junk_is_malformed(parse: object, junk: bytes) -> None:
    assert callable(parse)
    with contextlib.suppress(Malformed):
        parse(junk)


@given(messages, st.data())
def test_a_changed_message_is_malformed_or_read(message: Message, data: st.DataObject) -> None:
    octets = bytearray(message.encode())
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        type(message).parse(bytes(octets))

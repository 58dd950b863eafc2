"""Events, batches and the outbox's configuration made of junk raise nothing but Malformed."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from cardsvc.event_chain import encode_agent_event, parse_agent_event
from cardsvc.offline_records import DECIDED_OFFLINE, parse_offline_decision
from cardsvc.wire.event_batch import ChainHeadMessage, EventBatchMessage
from reader_agent.offline.config import parse_offline_config
from reader_agent.outbox.config import parse_outbox_config
from reader_agent.run.config_section import ConfigSection
from tests.support.outbox_events import CHAIN, chained

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
MEMBERS = st.fixed_dictionaries(
    dict.fromkeys(("v", "chain", "seq", "prev", "at", "kind", "facts"), JSON)
)


def changed(octets: bytes, data: st.DataObject) -> bytes:
    start = data.draw(st.integers(0, len(octets) - 1))
    return octets[:start] + data.draw(st.binary(max_size=4)) + octets[start + 1 :]


@settings(max_examples=100)
@given(st.binary(max_size=40) | MEMBERS.map(lambda one: json.dumps(one).encode()))
def test_an_event_of_junk(junk: bytes) -> None:
    for parse in (parse_agent_event, EventBatchMessage.parse, ChainHeadMessage.parse):
        with contextlib.suppress(Malformed):
            parse(junk)


@settings(max_examples=150)
@given(st.data())
def test_a_changed_event_is_malformed_or_canonical(data: st.DataObject) -> None:
    octets = changed(chained(1)[0].octets, data)
    with contextlib.suppress(Malformed):
        assert encode_agent_event(parse_agent_event(octets)) == octets


@settings(max_examples=100)
@given(st.data())
def test_a_changed_batch_is_malformed_or_whole(data: st.DataObject) -> None:
    octets = changed(EventBatchMessage.of(CHAIN, tuple(chained(2))).encode(), data)
    with contextlib.suppress(Malformed):
        assert EventBatchMessage.parse(octets).received()


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["file", "when_full", "most_megabytes", "enabled", "steps", "x"]), JSON
    )
)
def test_a_section_of_junk(table: dict[str, object]) -> None:
    for parse in (parse_outbox_config, parse_offline_config):
        with contextlib.suppress(Malformed):
            parse(ConfigSection(table, "outbox", {}))


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["decision", "granted", "card", "reasons", "bundle_at"]), JSON)
)
def test_an_offline_decision_of_junk(facts: dict[str, Any]) -> None:
    event = replace(chained(1)[0].event, kind=DECIDED_OFFLINE, facts=facts)
    with contextlib.suppress(Malformed):
        parse_offline_decision(event)

"""A chain of events: canonical, and nothing can be left out, changed or swapped."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from cardsvc.errors import Malformed
from cardsvc.event_chain import (
    MAX_SEQ,
    ChainBreak,
    ChainBroken,
    ChainHead,
    encode_agent_event,
    follow_chain,
    parse_agent_event,
    receive_event,
)
from tests.support.outbox_events import CHAIN, chained, head_of


def test_an_event_is_as_it_was_written_down() -> None:
    (one,) = chained(1)
    assert one.octets == (
        b'{"at":"2026-11-21T01:00:00.000000Z","chain":"000102030405060708090a0b0c0d0e0f",'
        b'"facts":{"says":"one"},"kind":"test.said",'
        b'"prev":"' + sha256(b"cardsvc event chain 1\x00" + CHAIN).hexdigest().encode() + b'",'
        b'"seq":1,"v":1}'
    )
    assert one.sha256 == sha256(one.octets).digest()
    assert parse_agent_event(one.octets) == one.event


@pytest.mark.parametrize(
    "facts",
    [{"Says": "x"}, {"says": 1.5}, {"says": "a\nb"}, {"says": MAX_SEQ + 1}, {"says": "x" * 3000}],
)
def test_facts_are_flat_short_and_printable(facts: dict[str, object]) -> None:
    (one,) = chained(1)
    with pytest.raises(Malformed):
        encode_agent_event(replace(one.event, facts=facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"seq":1', b'"seq":1.0'),
        (b'"seq":1', b'"seq":0'),
        (b'{"at"', b'{ "at"'),
        (b"0a0b0c0d0e0f", b"0A0B0C0D0E0F"),
        (b'"kind":"test.said"', b'"kind":"Test"'),
        (b'"kind":"test.said"', b'"kind":null'),
        (b'"facts":{"says":"one"}', b'"facts":[]'),
        (b".000000Z", b"Z"),
    ],
)
def test_other_octets_are_no_event(old: bytes, new: bytes) -> None:
    (one,) = chained(1)
    with pytest.raises(Malformed):
        parse_agent_event(one.octets.replace(old, new))


def test_a_chain_goes_on_and_knows_what_it_had() -> None:
    events = chained(5)
    known = {one.event.seq: one.sha256 for one in events[:3]}
    fresh = follow_chain(head_of(events[:3]), known, events[1:])
    assert [one.event.seq for one in fresh] == [4, 5]
    assert not follow_chain(head_of(events[:3]), known, events[:3])


def broken(head: ChainHead, known: dict[int, bytes], *batch: object) -> ChainBroken:
    with pytest.raises(ChainBroken) as caught:
        follow_chain(head, known, batch)  # type: ignore[arg-type]
    return caught.value


def test_whatever_else_is_refused() -> None:
    events, others = chained(5), chained(5, says="other")
    head, known = head_of(events[:3]), {one.event.seq: one.sha256 for one in events[:3]}
    assert broken(head, known, events[4]).how is ChainBreak.GAP
    assert broken(head, known, others[2]).how is ChainBreak.FORK
    assert broken(head, known, others[3]).how is ChainBreak.FORK
    assert broken(head, known, events[3], events[3]).how is ChainBreak.GAP
    assert broken(head, known, events[3], events[2]).how is ChainBreak.GAP
    changed = receive_event(events[3].octets.replace(b'"one"', b'"two"'))
    assert broken(head, known, changed, events[4]).how is ChainBreak.FORK
    unknown = broken(head, {}, events[2])
    assert (unknown.how, unknown.seq) == (ChainBreak.FORK, 3)

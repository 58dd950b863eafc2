"""Canonical audit events: round trip, one form only, junk raises only Malformed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.audit_encoding import encode_event, parse_event
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed, ReasonCode

AT = datetime(2026, 3, 2, 1, 2, 3, 45, tzinfo=UTC)
EVENT = AuditEvent(AT, "lan", AuditAction.CARD_REVOKED, "card", {"b": 1, "a": "Đà", "c": None})
OCTETS = (
    '{"action":"card.revoked","actor":"lan","at":"2026-03-02T01:02:03.000045Z",'
    '"facts":{"a":"Đà","b":1,"c":null},"subject":"card","v":1}'
).encode()

printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=50)
events = st.builds(
    AuditEvent,
    at=st.datetimes(timezones=st.just(UTC)),
    actor=printable,
    action=st.sampled_from(AuditAction),
    subject=printable,
    facts=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=10),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(codec="utf-8"), max_size=30),
        max_size=5,
    ),
)


def test_the_canonical_form() -> None:
    assert encode_event(EVENT) == OCTETS
    assert parse_event(OCTETS) == EVENT


def test_the_zone_does_not_matter_but_must_be_there() -> None:
    hanoi = AuditEvent(AT.astimezone(timezone(timedelta(hours=7))), "lan", EVENT.action, "card")
    assert encode_event(hanoi) == encode_event(AuditEvent(AT, "lan", EVENT.action, "card"))
    with pytest.raises(ValueError, match="time zone"):
        encode_event(AuditEvent(AT.replace(tzinfo=None), "lan", EVENT.action, "card"))


@given(events)
@settings(max_examples=200)
def test_every_event_round_trips(event: AuditEvent) -> None:
    octets = encode_event(event)
    assert parse_event(octets) == event
    assert encode_event(parse_event(octets)) == octets


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize(
    "octets",
    [
        OCTETS + b" ",
        OCTETS.replace(b'"v":1', b'"v":2'),
        OCTETS.replace(b'"v":1', b'"v":true'),
        OCTETS.replace(b'"v":1', b'"v":1.0'),
        OCTETS.replace(b',"v":1', b""),
        OCTETS.replace(b',"v":1', b',"v":1,"w":1'),
        OCTETS.replace(b'"v":1', b'"v":1,"v":1'),
        OCTETS.replace(b"card.revoked", b"card.eaten"),
        OCTETS.replace(b"000045Z", b"45Z"),
        OCTETS.replace(b"000045Z", b"000045+00:00"),
        OCTETS.replace(b'"b":1', b'"b":1.5'),
        OCTETS.replace(b'"b":1', b'"b":[1]'),
        OCTETS.replace(b'"lan"', b'""'),
        OCTETS.replace(b'"lan"', b'"l\\u0061n"'),
        OCTETS.replace(b'"lan"', b'"l\\nn"'),
        OCTETS.replace(b'"lan"', b'"\\ud800"'),
        OCTETS.replace(b'"lan"', b"7"),
        OCTETS.replace(b'"a":', b'"d":'),
        b"[" * 10_000,
        b"9" * 10_000,
        b"\xff",
        b"",
    ],
)
def test_other_forms_are_refused(octets: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_event(octets)
    assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE


@pytest.mark.parametrize(
    "event",
    [
        AuditEvent(AT, "", AuditAction.CEREMONY, "root"),
        AuditEvent(AT, "x" * 201, AuditAction.CEREMONY, "root"),
        AuditEvent(AT, "line\nbreak", AuditAction.CEREMONY, "root"),
        AuditEvent(AT, "nul\x00", AuditAction.CEREMONY, "root"),
        AuditEvent(AT, "system", AuditAction.CEREMONY, "root", {"a": 1.5}),  # type: ignore[dict-item]
        AuditEvent(AT, "system", AuditAction.CEREMONY, "root", {"a": "\ud800"}),
        AuditEvent(AT, "system", AuditAction.CEREMONY, "root", {"a": "x" * 20_000}),
    ],
)
def test_what_is_not_an_event_is_not_encoded(event: AuditEvent) -> None:
    with pytest.raises(Malformed):
        encode_event(event)


def test_a_status_word_is_written_as_the_number_it_is() -> None:
    event = AuditEvent(AT, "system", AuditAction.CEREMONY, "root", {"a": StatusWord(0x6A82)})
    assert b'"a":27266' in encode_event(event)


@given(st.text(), st.integers(-(2**70), 2**70))
@settings(max_examples=200)
def test_the_octets_are_those_of_any_other_encoder(text: str, number: int) -> None:
    octets = encode_event(
        AuditEvent(AT, "lan", AuditAction.CEREMONY, "root", {text or "a": text, "n": number})
    )
    again = json.dumps(
        json.loads(octets), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert again.encode() == octets


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_junk_raises_only_malformed(junk: bytes) -> None:
    with pytest.raises(Malformed):
        parse_event(junk)


@given(st.integers(0, len(OCTETS) - 1), st.integers(0, 255), st.booleans())
@settings(max_examples=200)
def test_a_changed_octet_never_reads_as_the_same_event(at: int, octet: int, cut: bool) -> None:
    changed = OCTETS[:at] + (b"" if cut else bytes((octet,))) + OCTETS[at + 1 :]
    try:
        event = parse_event(changed)
    except Malformed:
        return
    assert (event == EVENT) == (changed == OCTETS)

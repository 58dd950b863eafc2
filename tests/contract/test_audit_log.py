"""The audit log on both databases: growth, proofs, signed heads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec import structs

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.audit_encoding import encode_event
from cardsvc.audit_reading import AuditSearch
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.merkle import EMPTY_ROOT, MemoryNodes, leaf_hash, verify_consistency, verify_inclusion
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.audit_search import SqlAuditSearch
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from tests.support.tree_head_keys import HeadKey

AT = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)


def make_events(count: int) -> list[AuditEvent]:
    return [
        AuditEvent(
            AT + timedelta(seconds=number),
            f"operator-{number % 3}",
            AuditAction.CARD_ISSUED,
            f"card-{number % 4}",
            {"number": number, "note": "Đã cấp"},
        )
        for number in range(count)
    ]


def fill(database: Database, events: list[AuditEvent], batch: int = 5) -> None:
    for start in range(0, len(events), batch):
        with audited(database) as (_, trail):
            for event in events[start : start + batch]:
                trail.record(event)


def test_an_empty_log_is_sound(database: Database) -> None:
    log = AuditLog(database)
    assert log.verify().root_hash == EMPTY_ROOT
    assert log.head(AT).size == 0
    assert log.latest_signed_head() is None
    assert list(log.events()) == []


def test_events_are_found_by_their_request(database: Database) -> None:
    events = make_events(4)
    for number in (1, 3):
        facts = events[number].facts | {"request_id": "ho-tro-0001"}
        events[number] = structs.replace(events[number], facts=facts)
    events[2] = structs.replace(events[2], facts={"request_id": 7})
    fill(database, events)
    log = AuditLog(database)
    assert [one.seq for one in log.events(request_id="ho-tro-0001")] == [3, 1]
    assert list(log.events(request_id="ho-tro-0001", subject="card-2")) == []
    assert list(log.events(request_id="ho-tro-0002")) == []
    found = SqlAuditSearch(database).find(AuditSearch(request_id="ho-tro-0001"), None, 1)
    assert [one.seq for one in found.events] == [3]
    rest = SqlAuditSearch(database).find(AuditSearch(request_id="ho-tro-0001"), found.next_place, 1)
    assert [one.seq for one in rest.events] == [1]
    assert log.verify().size == 4


def test_the_log_is_the_tree_of_its_events(database: Database) -> None:
    events = make_events(21)
    fill(database, events)
    nodes = MemoryNodes([leaf_hash(encode_event(event)) for event in events])
    verified = AuditLog(database).verify()
    assert (verified.size, verified.root_hash) == (21, nodes.frontier.root)
    assert AuditLog(database).head(AT).root_hash == nodes.frontier.root


def test_every_entry_is_proved_at_every_size(database: Database) -> None:
    events = make_events(11)
    fill(database, events)
    log = AuditLog(database)
    for size in range(1, 12):
        nodes = MemoryNodes([leaf_hash(encode_event(event)) for event in events[:size]])
        for seq in range(size):
            proof = log.prove_inclusion(seq, size)
            assert proof.root == nodes.frontier.root
            assert proof.leaf == leaf_hash(encode_event(events[seq]))
            assert verify_inclusion(proof.leaf, seq, size, proof.path, proof.root)
        root = log.prove_inclusion(0).root
        path = log.prove_consistency(size)
        assert verify_consistency(size, 11, nodes.frontier.root, root, path)
    for wrong in (-1, 11):
        with pytest.raises(ValueError, match="no such leaf"):
            log.prove_inclusion(wrong)
    with pytest.raises(ValueError, match="never that long"):
        log.prove_inclusion(0, 12)
    with pytest.raises(ValueError, match="0 < first"):
        log.prove_consistency(0)


def test_events_are_listed_newest_first_by_page_and_subject(database: Database) -> None:
    events = make_events(12)
    fill(database, events)
    log = AuditLog(database)
    first = log.events(limit=5)
    assert [entry.seq for entry in first] == [11, 10, 9, 8, 7]
    second = log.events(limit=5, before=first[-1].seq)
    assert [entry.event for entry in second] == events[6:1:-1]
    assert [entry.seq for entry in log.events(subject="card-1")] == [9, 5, 1]


def test_signed_heads_are_kept_and_met(database: Database) -> None:
    key, log = HeadKey(), AuditLog(database)
    empty = log.sign_head(key, AT)
    fill(database, make_events(7))
    signed = log.sign_head(key, AT + timedelta(hours=1))
    fill(database, make_events(4))
    again = log.sign_head(key, AT + timedelta(hours=2))
    quiet = log.sign_head(key, AT + timedelta(hours=3))
    assert [one.head.size for one in (empty, signed, again, quiet)] == [0, 7, 11, 11]
    assert log.latest_signed_head() == quiet
    assert key.verify(signed.key_id, signed.head.signed_octets(), signed.signature)
    verified = log.verify(key, witnessed=[signed])
    assert (verified.size, verified.tree_heads) == (11, 5)
    path = log.prove_consistency(7, 11)
    assert verify_consistency(7, 11, signed.head.root_hash, again.head.root_hash, path)
    with pytest.raises(StoreError) as caught:
        log.sign_head(key, AT + timedelta(hours=3))
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE


def test_a_head_is_fifty_octets_and_the_same_in_every_zone(database: Database) -> None:
    head = AuditLog(database).head(AT)
    octets = head.signed_octets()
    assert len(octets) == 50
    assert octets[:2] == b"\x00\x01"
    assert int.from_bytes(octets[2:10], "big") == 1_772_413_200_123
    assert octets[10:] == bytes(8) + EMPTY_ROOT
    hanoi = replace(head, at=AT.astimezone(timezone(timedelta(hours=7))))
    assert hanoi.signed_octets() == octets


def test_writers_in_parallel_make_one_line(database: Database) -> None:
    events = make_events(40)

    def write(number: int) -> None:
        AuditLog(database).record(events[number])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(len(events))))
    logged = [entry.event for entry in AuditLog(database).events()]
    assert AuditLog(database).verify().size == len(events)
    assert sorted(logged, key=lambda event: event.at) == events


def test_an_event_that_cannot_be_encoded_stops_the_transaction_at_once(
    database: Database,
) -> None:
    def record() -> None:
        with audited(database) as (_, trail):
            trail.record(make_events(1)[0])
            trail.record(structs.replace(make_events(1)[0], actor="nul\x00"))

    with pytest.raises(Malformed):
        record()
    assert AuditLog(database).verify().size == 0

"""Somebody with the database's password rewrites the audit log; the check names what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.audit_encoding import encode_event
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.merkle import Frontier, leaf_hash
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from tests.support.databases import open_sqlite
from tests.support.tree_head_keys import HeadKey

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SIZE = 9
GUARDS = [
    f"DROP TRIGGER {table}_no_{change}"
    for table in ("audit_events", "tree_heads")
    for change in ("update", "delete")
]


def make_event(number: int, actor: str = "lan") -> AuditEvent:
    return AuditEvent(
        AT + timedelta(seconds=number), actor, AuditAction.CARD_REVOKED, f"card-{number}"
    )


def record(database: Database, events: list[AuditEvent]) -> None:
    for event in events:
        AuditLog(database).record(event)


@pytest.fixture
def key() -> HeadKey:
    return HeadKey()


@pytest.fixture
def database(tmp_path: Path, key: HeadKey) -> Iterator[Database]:
    """A log of nine entries with signed heads of five and nine, its guards taken off."""
    opened = open_sqlite(tmp_path)
    log = AuditLog(opened)
    record(opened, [make_event(number) for number in range(5)])
    log.sign_head(key, AT)
    record(opened, [make_event(number) for number in range(5, SIZE)])
    log.sign_head(key, AT + timedelta(hours=1))
    tamper(opened, *GUARDS)
    assert log.verify(key).size == SIZE
    yield opened
    opened.dispose()


def tamper(database: Database, *statements: str, **values: object) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def refused(database: Database, key: HeadKey) -> str:
    with pytest.raises(StoreError) as caught:
        AuditLog(database).verify(key)
    assert caught.value.reason is ReasonCode.AUDIT_BROKEN
    return str(caught.value)


def rebuild(database: Database, events: list[AuditEvent]) -> None:
    """Write a whole log that is consistent in itself, as a patient attacker would."""
    tamper(
        database,
        "DELETE FROM audit_events",
        "UPDATE audit_head SET size = 0, frontier = X''",
    )
    record(database, events)


@pytest.mark.reason(ReasonCode.AUDIT_BROKEN)
@pytest.mark.parametrize("seq", [0, 4, SIZE - 1])
def test_a_deleted_entry(database: Database, key: HeadKey, seq: int) -> None:
    tamper(database, "DELETE FROM audit_events WHERE seq = :seq", seq=seq)
    assert f"entry {seq}:" in refused(database, key)


@pytest.mark.parametrize("seq", [0, 4, SIZE - 1])
def test_a_changed_entry(database: Database, key: HeadKey, seq: int) -> None:
    forged = encode_event(make_event(seq, actor="minh"))
    tamper(
        database,
        "UPDATE audit_events SET octets = :octets, actor = 'minh' WHERE seq = :seq",
        octets=forged,
        seq=seq,
    )
    assert f"entry {seq}:" in refused(database, key)
    # with a leaf hash that fits, as a less careless hand would leave it
    tamper(
        database,
        "UPDATE audit_events SET leaf_hash = :leaf WHERE seq = :seq",
        leaf=leaf_hash(forged),
        seq=seq,
    )
    refused(database, key)


@pytest.mark.parametrize("seq", [0, 4, SIZE - 1])
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'minh'",
        "subject = 'card-99'",
        "action = 'card.issued'",
        "at = '2026-03-02 00:00:00.000000'",
        "leaf_hash = X''",
        "parent_hashes = X'00'",
        "octets = X'7B7D'",
        "request_id = 'ho-tro-0001'",
    ],
)
def test_a_changed_column(database: Database, key: HeadKey, seq: int, change: str) -> None:
    tamper(database, f"UPDATE audit_events SET {change} WHERE seq = :seq", seq=seq)
    assert f"entry {seq}:" in refused(database, key)


@pytest.mark.parametrize(
    "change",
    ["at = 'yesterday'", "at = 7", "octets = '{}'", "octets = 7", "leaf_hash = 'a'", "actor = X''"],
)
def test_a_value_of_another_type(database: Database, key: HeadKey, change: str) -> None:
    tamper(database, f"UPDATE audit_events SET {change} WHERE seq = 4")
    refused(database, key)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (3, 6), (SIZE - 2, SIZE - 1)])
def test_entries_in_another_order(database: Database, key: HeadKey, one: int, other: int) -> None:
    tamper(
        database,
        "UPDATE audit_events SET seq = -1 WHERE seq = :one",
        "UPDATE audit_events SET seq = :one WHERE seq = :other",
        "UPDATE audit_events SET seq = :other WHERE seq = -1",
        one=one,
        other=other,
    )
    assert f"entry {one}:" in refused(database, key)


@pytest.mark.parametrize("seq", [-1, SIZE])
def test_an_entry_that_was_slipped_in(database: Database, key: HeadKey, seq: int) -> None:
    tamper(
        database,
        "INSERT INTO audit_events SELECT :seq, at, actor, action, subject, octets, leaf_hash, "
        "parent_hashes, request_id FROM audit_events WHERE seq = 0",
        seq=seq,
    )
    refused(database, key)


@pytest.mark.parametrize("kept", [0, 1, 5, SIZE - 1])
def test_a_log_cut_short_and_made_consistent(database: Database, key: HeadKey, kept: int) -> None:
    rebuild(database, [make_event(number) for number in range(kept)])
    assert "tree head" in refused(database, key)


def test_a_rewritten_log_made_consistent(database: Database, key: HeadKey) -> None:
    rebuild(database, [make_event(number, actor="minh") for number in range(SIZE)])
    assert "tree head of 5" in refused(database, key)


def test_a_rewritten_log_without_its_heads_shows_against_one_that_somebody_kept(
    database: Database, key: HeadKey
) -> None:
    log = AuditLog(database)
    kept = log.latest_signed_head()
    assert kept is not None
    rebuild(database, [make_event(number, actor="minh") for number in range(SIZE)])
    tamper(database, "DELETE FROM tree_heads")
    assert log.verify(key).size == SIZE  # in itself the forgery is sound
    with pytest.raises(StoreError) as caught:
        log.verify(key, witnessed=[kept])
    assert caught.value.reason is ReasonCode.AUDIT_BROKEN


@pytest.mark.parametrize(
    "change",
    ["signature = X'00'", "key_id = 'log-2'", "at = '2026-03-02 05:00:00.000000'"],
)
def test_a_forged_tree_head(database: Database, key: HeadKey, change: str) -> None:
    tamper(database, f"UPDATE tree_heads SET {change} WHERE size = 5")
    assert "bad signature" in refused(database, key)


def test_a_head_signed_by_another_key(database: Database, key: HeadKey) -> None:
    AuditLog(database).sign_head(HeadKey(key.key_id), AT + timedelta(hours=2))
    assert "bad signature" in refused(database, key)


@pytest.mark.parametrize(
    ("size", "frontier"),
    [
        (0, b""),
        (SIZE - 1, bytes(32)),
        (SIZE, bytes(64)),
        (SIZE, b"short"),
        (SIZE + 7, bytes(32)),
        (-1, b""),
    ],
)
def test_a_changed_head_row(database: Database, key: HeadKey, size: int, frontier: bytes) -> None:
    tamper(
        database,
        "UPDATE audit_head SET size = :size, frontier = :frontier",
        size=size,
        frontier=frontier,
    )
    refused(database, key)


def test_a_missing_head_row(database: Database, key: HeadKey) -> None:
    tamper(database, "DELETE FROM audit_head")
    refused(database, key)


def test_no_proof_is_made_from_a_cut_log(database: Database) -> None:
    log = AuditLog(database)
    tamper(database, "UPDATE audit_events SET parent_hashes = X'' WHERE seq = 7")
    with pytest.raises(StoreError) as caught:
        log.prove_inclusion(8)
    assert caught.value.reason is ReasonCode.AUDIT_BROKEN
    tamper(database, "DELETE FROM audit_events WHERE seq = 8")
    with pytest.raises(StoreError) as caught:
        log.prove_inclusion(0)
    assert caught.value.reason is ReasonCode.AUDIT_BROKEN


def test_an_old_frontier_put_back_cannot_fork_the_log(database: Database, key: HeadKey) -> None:
    """Rolling the head back makes the next append collide, not overwrite."""
    frontier = Frontier()
    for number in range(5):
        frontier, _ = frontier.append(leaf_hash(encode_event(make_event(number))))
    tamper(
        database,
        "UPDATE audit_head SET size = 5, frontier = :frontier",
        frontier=frontier.octets,
    )
    with pytest.raises(StoreError):
        AuditLog(database).record(make_event(99))
    refused(database, key)

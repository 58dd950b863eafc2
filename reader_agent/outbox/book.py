"""The agent's events in an SQLite file: durable before anybody is told, chained by their hashes.

WAL with synchronous=FULL: a transaction that returned survives ``kill -9`` and a power cut, one
that did not return is there whole or not at all. Any number of threads and processes may append;
the write lock that a transaction takes at once keeps one chain.

Spec: SQLite, "Write-Ahead Logging" and "PRAGMA synchronous".
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.event_chain import (
    CHAIN_OCTETS,
    AgentEvent,
    ChainBreak,
    ChainBroken,
    ChainHead,
    JsonScalar,
    ReceivedEvent,
    encode_agent_event,
    parse_agent_event,
)

_PAGE_OCTETS = 4096
_LOCK_WAIT_SECONDS = 10.0
_PRIVATE_FILE = 0o600
_SCHEMA = """
CREATE TABLE IF NOT EXISTS chain (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    chain BLOB NOT NULL,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    acknowledged INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    octets BLOB NOT NULL,
    sha256 BLOB NOT NULL
);
"""
BROKEN_SUFFIX = ".broken"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened, before it has a place in the chain."""

    kind: str
    facts: Mapping[str, JsonScalar]
    at: datetime


class EventBook:
    """The file. Safe to share between threads.

    Args:
        file: where it is; made with a new chain where there is none.
        most_megabytes: it grows no larger; appending fails then as on a full disk.

    Raises:
        StoreError: the file can't be opened (SERVICE_UNAVAILABLE) or is no book (RECORD_CORRUPT).
    """

    def __init__(self, file: Path, most_megabytes: int = 512) -> None:
        self._lock = threading.Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, _PRIVATE_FILE))
            self._connection = sqlite3.connect(
                file, timeout=_LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, f"the outbox: {error}") from error
        try:
            self.chain = self._prepare(most_megabytes)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreError(_reason(error), f"the outbox: {error}") from error

    def _prepare(self, most_megabytes: int) -> bytes:
        run = self._connection.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run(f"PRAGMA max_page_count = {most_megabytes * 1024 * 1024 // _PAGE_OCTETS}")
        (sound,) = run("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        for statement in _SCHEMA.split(";")[:-1]:
            run(statement)
        chain = secrets.token_bytes(CHAIN_OCTETS)
        run(
            "INSERT INTO chain VALUES (1, ?, 0, ?, 0) ON CONFLICT DO NOTHING",
            (chain, ChainHead.of_empty(chain).sha256),
        )
        (chain,) = run("SELECT chain FROM chain").fetchone()
        return bytes(chain)

    def append_all(self, events: Sequence[NewEvent]) -> Sequence[int]:
        """Append events in one transaction; return their places, durably.

        Raises:
            sqlite3.Error: the disk is full or fails; none of them is written then.
            Malformed: an event can't be encoded.
        """
        with self._writing() as run:
            row = run("SELECT seq, head FROM chain").fetchone()
            head, rows = ChainHead(*row), []
            for one in events:
                event = AgentEvent(
                    self.chain, head.seq + 1, head.sha256, one.at, one.kind, one.facts
                )
                octets = encode_agent_event(event)
                head = ChainHead(event.seq, sha256(octets).digest())
                rows.append((event.seq, one.at.timestamp(), octets, head.sha256))
            self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
            run("UPDATE chain SET seq = ?, head = ?", (head.seq, head.sha256))
        return [seq for seq, *_ in rows]

    @property
    def head(self) -> ChainHead:
        """The last event that was appended."""
        with self._lock:
            row = self._connection.execute("SELECT seq, head FROM chain").fetchone()
        return ChainHead(*row)

    @property
    def acknowledged(self) -> int:
        """The place up to which the service has everything."""
        with self._lock:
            (seq,) = self._connection.execute("SELECT acknowledged FROM chain").fetchone()
        return int(seq)

    def unsent(self, most: int, most_octets: int) -> Sequence[ReceivedEvent]:
        """Return the first events that the service has not acknowledged, in order.

        Args:
            most: so many at most.
            most_octets: so many octets at most; one event always.
        """
        query = (
            "SELECT octets, sha256 FROM events WHERE seq > (SELECT acknowledged FROM chain)"
            " ORDER BY seq LIMIT ?"
        )
        with self._lock:
            rows = self._connection.execute(query, (most,)).fetchall()
        found: list[ReceivedEvent] = []
        size = 0
        for octets, digest in rows:
            size += len(octets)
            if found and size > most_octets:
                break
            found.append(ReceivedEvent(parse_agent_event(octets), octets, digest))
        return found

    def acknowledge(self, head: ChainHead) -> None:
        """Note that the service has everything up to a head.

        Raises:
            ChainBroken: the head is none of our chain: somebody else goes on with it.
        """
        with self._writing() as run:
            self._check_ours(head)
            run("UPDATE chain SET acknowledged = max(acknowledged, ?)", (head.seq,))

    def rewind(self, head: ChainHead) -> None:
        """Go back to the head that the service has: it was restored from a backup.

        Raises:
            ChainBroken: the head is none of our chain (FORK), or what came after it is no longer
                here (GAP).
        """
        with self._writing() as run:
            self._check_ours(head)
            (last,) = run("SELECT seq FROM chain").fetchone()
            (first,) = run("SELECT min(seq) FROM events WHERE seq > ?", (head.seq,)).fetchone()
            if last > head.seq and first != head.seq + 1:
                raise ChainBroken(ChainBreak.GAP, head.seq + 1)
            run("UPDATE chain SET acknowledged = ?", (head.seq,))

    def prune(self, before: datetime) -> int:
        """Forget what the service has and what is older than an instant; return how many."""
        with self._writing() as run:
            return run(
                "DELETE FROM events WHERE at < ? AND seq <= (SELECT acknowledged FROM chain)",
                (before.timestamp(),),
            ).rowcount

    def oldest_unsent(self) -> datetime | None:
        """Return when the first event happened that the service does not have."""
        found = self.unsent(1, 1)
        return found[0].event.at if found else None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _check_ours(self, head: ChainHead) -> None:
        run = self._connection.execute
        if head.seq == 0:
            ours: tuple[bytes] | None = (ChainHead.of_empty(self.chain).sha256,)
        else:
            ours = run("SELECT sha256 FROM events WHERE seq = ?", (head.seq,)).fetchone()
        (acknowledged, last, last_hash) = run(
            "SELECT acknowledged, seq, head FROM chain"
        ).fetchone()
        if ours is None and head.seq == last:
            ours = (last_hash,)
        if ours is None and head.seq <= acknowledged:
            return  # acknowledged and forgotten long ago
        if ours is None or ours[0] != head.sha256:
            raise ChainBroken(ChainBreak.FORK, head.seq)

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection.execute
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have ended it already
                    self._connection.execute("ROLLBACK")
                raise


def open_book(file: Path, most_megabytes: int) -> tuple[EventBook, bool]:
    """Open a book; one that is damaged is put aside, whole, and a new chain is begun.

    The service raises an alarm about the new chain, so that nobody gets rid of events this way.

    Returns:
        The book, and whether a damaged one was put aside.

    Raises:
        StoreError: it can't be opened at all (SERVICE_UNAVAILABLE).
    """
    try:
        return EventBook(file, most_megabytes), False
    except StoreError as error:
        if error.reason is not ReasonCode.RECORD_CORRUPT:
            raise
    for suffix in ("", "-wal", "-shm"):
        damaged = file.with_name(file.name + suffix)
        if damaged.exists():
            damaged.replace(_free_name(file, suffix))
    return EventBook(file, most_megabytes), True


def _free_name(file: Path, suffix: str) -> Path:
    number = 1
    while (name := file.with_name(f"{file.name}{BROKEN_SUFFIX}{number}{suffix}")).exists():
        number += 1
    return name


_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def _reason(error: sqlite3.DatabaseError) -> ReasonCode:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return ReasonCode.RECORD_CORRUPT if code in _DAMAGED else ReasonCode.SERVICE_UNAVAILABLE

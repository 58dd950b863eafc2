"""Writers that share a lock wait in line for SQLite, and never keep it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from cardsvc.store.engine import Database

WRITE = text("CREATE TABLE IF NOT EXISTS things (name TEXT)")


class CountingTurn:
    """A lock that knows how often it was taken."""

    def __init__(self) -> None:
        self.lock, self.taken = threading.Lock(), 0

    def acquire(self, *, timeout: float) -> bool:
        self.taken += 1
        return self.lock.acquire(timeout=timeout)

    def release(self) -> None:
        self.lock.release()


@pytest.fixture
def turn() -> CountingTurn:
    return CountingTurn()


@pytest.fixture
def queued(tmp_path: Path, turn: CountingTurn) -> Database:
    database = Database.open(f"sqlite:///{tmp_path}/line.db")
    database.queue_writers(turn)
    return database


def test_a_writer_holds_its_turn_until_it_has_committed(
    queued: Database, turn: CountingTurn
) -> None:
    with queued.writing() as session:
        assert not turn.lock.locked()  # what it prepares keeps nobody waiting
        session.execute(WRITE)
        assert turn.lock.locked()
    assert not turn.lock.locked()
    assert turn.taken == 1


def test_a_turn_is_given_back_after_a_fault(queued: Database, turn: CountingTurn) -> None:
    def write_and_fail() -> None:
        with queued.writing() as session:
            session.execute(WRITE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert not turn.lock.locked()


def test_readers_don_t_wait(queued: Database, turn: CountingTurn) -> None:
    with queued.writing() as writing:
        writing.execute(WRITE)
        with queued.reading() as reading:
            assert reading.scalar(text("SELECT 1")) == 1
        assert queued.look_up(text("SELECT 1"))
    assert turn.taken == 1


def test_two_writers_take_turns(queued: Database, turn: CountingTurn) -> None:
    second_wrote = threading.Event()

    def write() -> None:
        with queued.writing() as session:
            session.execute(text("INSERT INTO things VALUES ('hai')"))
        second_wrote.set()

    with queued.writing() as session:
        session.execute(WRITE)
        waiting = threading.Thread(target=write)
        waiting.start()
        assert not second_wrote.wait(0.05)
    waiting.join()
    assert second_wrote.is_set()
    assert not turn.lock.locked()

"""Writers of several processes in line for one SQLite file.

A lock that the processes share is taken before SQLite's write lock and given back when the
connection is: on a commit, a roll-back, or a lost connection alike.
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event

from cardsvc.store.lookups import READS_ONE_STATEMENT

READ_ONLY = "cardsvc_read_only"
"""The option of connections that only read."""
_WAITS_SECONDS = 60.0
_HOLDS = "cardsvc_turn"


class Turn(Protocol):
    """A lock between processes, as ``multiprocessing.Lock`` is."""

    def acquire(self, *, timeout: float) -> bool:
        """Take it; False where that took too long."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


def queue_sqlite_writers(engine: Engine, turn: Turn) -> None:
    """Take the lock around each writing transaction of an engine.

    After a minute a writer goes on without: SQLite's own lock still keeps writers apart.
    """

    def take(connection: Connection) -> None:
        options = connection.get_execution_options()
        reads = options.get(READ_ONLY, False) or options.get(READS_ONE_STATEMENT, False)
        if not reads and turn.acquire(timeout=_WAITS_SECONDS):
            connection.info[_HOLDS] = True

    def give_back(_connection: object, record: Any) -> None:
        if record.info.pop(_HOLDS, False):
            turn.release()

    event.listen(engine, "begin", take, insert=True)  # before BEGIN IMMEDIATE
    event.listen(engine, "checkin", give_back)

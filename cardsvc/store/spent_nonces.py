"""The nonces that were answered, each kept once until nobody could answer it again.

The primary key is what lets one of any number of callers through, in any number of processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from sqlalchemy import Connection, Table, delete

from cardsvc.errors import StoreError
from cardsvc.service_records import Challenge
from cardsvc.store.engine import Database
from cardsvc.store.many_keys import KeysUnlessThere
from cardsvc.store.schema import SpentNonceRow

SWEEP_EVERY = timedelta(minutes=1)
KEPT_AFTER_EXPIRY = timedelta(minutes=10)
"""By so much the clocks of two servers may differ before a nonce could be answered twice."""
_SPEND = KeysUnlessThere(cast("Table", SpentNonceRow.__table__))


def spend_all(connection: Connection, challenges: Iterable[Challenge]) -> set[bytes]:
    """Spend nonces in the caller's transaction; return the hashes of those that were unspent.

    They are taken in one order always, so that two transactions can't lock each other out.
    """
    rows = {(one.expires_at, sha256(one.nonce).digest()) for one in challenges}
    return {bytes(nonce) for _, nonce in _SPEND.execute(connection, sorted(rows))}


class SqlSpentNonces:
    """Implements ``verification.sealed_challenge.SpentNonces``; sweeps as new ones come in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sweeping = threading.Lock()
        self._next_sweep: datetime | None = None

    def spend(self, challenge: Challenge) -> bool:
        """Keep a challenge's nonce; True for exactly one of any number of callers."""
        with self._database.writing() as session:
            spent = bool(spend_all(session.connection(), [challenge]))
        self.sweep(challenge.expires_at)
        return spent

    def sweep(self, newest: datetime) -> None:
        """Forget the old, at most once a minute; ``newest`` is when a challenge of now expires."""
        with self._sweeping:
            if self._next_sweep is not None and newest < self._next_sweep:
                return
            self._next_sweep = newest + SWEEP_EVERY
        with suppress(StoreError):  # another process sweeps just now; nobody's tap fails for it
            self.forget_expired(newest - KEPT_AFTER_EXPIRY)

    def forget_expired(self, at: datetime) -> int:
        """Delete what nobody can answer any more; return how many there were."""
        statement = (
            delete(SpentNonceRow)
            .where(SpentNonceRow.expires_at <= at)
            .returning(SpentNonceRow.nonce_sha256)
        )
        with self._database.writing() as session:
            return len(session.execute(statement).all())

"""Requests that carried an ``Idempotency-Key``, and what was answered to them.

The primary key lets one of any number of callers through, in any number of processes. Answers are
sealed, as they may say who a holder is, and forgotten after a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, delete, update

from cardsvc.partner_records import (
    ANSWERS_KEPT,
    KeptAnswer,
    RequestClaim,
    RequestName,
)
from cardsvc.store.engine import Database
from cardsvc.store.schema import AnsweredRequestRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.upsert import insert_unless_there

CLAIM_HOLDS = timedelta(minutes=2)
"""A claim without an answer by then is of a process that was stopped; another may take it."""
_ANSWERED = cast("Table", AnsweredRequestRow.__table__)


class SqlAnsweredRequests:
    """Claims requests and keeps answers. Implements ``web.partners.ports.AnswerBook``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def claim(
        self, name: RequestName, request_sha256: bytes, at: datetime
    ) -> RequestClaim | KeptAnswer:
        """Claim a request, or return what became of it.

        Args:
            name: the partner, and SHA-256 of the key that it gave the request.
            request_sha256: of the request itself.
            at: the instant.
        """
        row = AnsweredRequestRow
        party, key = name
        mine = (row.relying_party == party, row.key_sha256 == key)
        over = (row.expires_at <= at) | (
            row.status.is_(None) & (row.claimed_at <= at - CLAIM_HOLDS)
        )
        with self._database.writing() as session:
            session.execute(delete(row).where(*mine, over))
            connection = session.connection()
            inserted = connection.execute(
                insert_unless_there(connection, _ANSWERED),
                {
                    "relying_party": party,
                    "key_sha256": key,
                    "request_sha256": request_sha256,
                    "claimed_at": at,
                    "expires_at": at + ANSWERS_KEPT,
                },
            )
            if inserted.scalar_one_or_none() is not None:
                return RequestClaim.FIRST
            found = session.get(row, (party, key))
            if found is None:
                return RequestClaim.RUNNING  # given back this very moment: ask again
            if found.request_sha256 != request_sha256:
                return RequestClaim.ANOTHER_REQUEST
            if found.status is None or found.answer_sealed is None:
                return RequestClaim.RUNNING
            return KeptAnswer(
                found.status, self._sealer.open(found.answer_sealed, _place(party, key))
            )

    def conclude(self, name: RequestName, answer: KeptAnswer) -> None:
        """Keep the answer to a claimed request."""
        party, key = name
        row = AnsweredRequestRow
        sealed = self._sealer.seal(answer.body, _place(party, key))
        kept = (
            update(row)
            .where(row.relying_party == party, row.key_sha256 == key, row.status.is_(None))
            .values(status=answer.status, answer_sealed=sealed)
        )
        with self._database.writing() as session:
            session.execute(kept)

    def release(self, name: RequestName) -> None:
        """Give a claim back: nothing was done, and the request may be sent again."""
        party, key = name
        row = AnsweredRequestRow
        mine = (row.relying_party == party, row.key_sha256 == key, row.status.is_(None))
        with self._database.writing() as session:
            session.execute(delete(row).where(*mine))


def _place(party: str, key_sha256: bytes) -> str:
    return f"answered_requests.answer:{party}:{key_sha256.hex()}"

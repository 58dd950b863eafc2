"""Requests that carried an ``Idempotency-Key``, and what was answered to them.

The primary key lets one of any number of callers through, in any number of processes. Answers are
sealed, as they may say who a holder is, and forgotten after a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias, cast

from sqlalchemy import ColumnElement, Table, delete, update

from cardsvc.partner_records import (
    ANSWERS_KEPT,
    KeptAnswer,
    RequestClaim,
    RequestName,
)
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentAnsweredRequestRow, AnsweredRequestRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.upsert import insert_unless_there

CLAIM_HOLDS = timedelta(minutes=2)
"""A claim without an answer by then is of a process that was stopped; another may take it."""
_Row: TypeAlias = AnsweredRequestRow | AgentAnsweredRequestRow


class SqlAnsweredRequests:
    """Claims requests and keeps answers. Implements ``web.partners.ports.AnswerBook``.

    Args:
        database: migrated.
        sealer: seals answers.
        rows: where they are kept: partners' and agents' requests are apart.
    """

    def __init__(
        self, database: Database, sealer: Sealer, rows: type[_Row] = AnsweredRequestRow
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._rows = rows
        self._table = cast("Table", rows.__table__)
        self._caller = self._table.primary_key.columns[0].name

    def claim(
        self, name: RequestName, request_sha256: bytes, at: datetime
    ) -> RequestClaim | KeptAnswer:
        """Claim a request, or return what became of it.

        Args:
            name: the caller, and SHA-256 of the key that it gave the request.
            request_sha256: of the request itself.
            at: the instant.
        """
        row = self._rows
        caller, key = name
        over = (row.expires_at <= at) | (
            row.status.is_(None) & (row.claimed_at <= at - CLAIM_HOLDS)
        )
        with self._database.writing() as session:
            session.execute(delete(row).where(*self._of(name), over))
            connection = session.connection()
            inserted = connection.execute(
                insert_unless_there(connection, self._table),
                {
                    self._caller: caller,
                    "key_sha256": key,
                    "request_sha256": request_sha256,
                    "claimed_at": at,
                    "expires_at": at + ANSWERS_KEPT,
                },
            )
            if inserted.scalar_one_or_none() is not None:
                return RequestClaim.FIRST
            found = cast("_Row | None", session.get(row, (caller, key)))
            if found is None:
                return RequestClaim.RUNNING  # given back this very moment: ask again
            if found.request_sha256 != request_sha256:
                return RequestClaim.ANOTHER_REQUEST
            if found.status is None or found.answer_sealed is None:
                return RequestClaim.RUNNING
            return KeptAnswer(
                found.status, self._sealer.open(found.answer_sealed, self._place(name))
            )

    def conclude(self, name: RequestName, answer: KeptAnswer) -> None:
        """Keep the answer to a claimed request."""
        row = self._rows
        sealed = self._sealer.seal(answer.body, self._place(name))
        kept = (
            update(row)
            .where(*self._of(name), row.status.is_(None))
            .values(status=answer.status, answer_sealed=sealed)
        )
        with self._database.writing() as session:
            session.execute(kept)

    def release(self, name: RequestName) -> None:
        """Give a claim back: nothing was done, and the request may be sent again."""
        row = self._rows
        with self._database.writing() as session:
            session.execute(delete(row).where(*self._of(name), row.status.is_(None)))

    def _of(self, name: RequestName) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        caller, key = name
        columns = self._table.c
        return columns[self._caller] == caller, columns.key_sha256 == key

    def _place(self, name: RequestName) -> str:
        caller, key = name
        return f"{self._table.name}.answer:{caller}:{key.hex()}"

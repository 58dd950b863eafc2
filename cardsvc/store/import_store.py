"""Imports of lists of people. Implements ``issuance.importing.ports`` over SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportProgress, ImportRecord, ImportRow, KnownHolders, RowState
from cardsvc.records import Holder
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.engine import Database
from cardsvc.store.import_mapping import read_record
from cardsvc.store.import_queries import find_holders, find_rows, read_progress
from cardsvc.store.import_transaction import SqlImportTransaction
from cardsvc.store.schema import ImportRecordRow, ImportRowRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.unit_of_work import issuing


class SqlImportStore:
    """Opens units of work on imports, and looks things up in them.

    Args:
        database: migrated.
        sealer: seals and opens rows and numbers.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    @contextmanager
    def transaction(self) -> Iterator[SqlImportTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlImportTransaction(session, trail, self._sealer)

    def known(self, numbers: Sequence[PersonalNumber]) -> KnownHolders:
        """Return who is on record; nothing is locked."""
        with self._database.reading() as session:
            return SqlImportTransaction(session, AuditTrail(), self._sealer).known(numbers)

    def holders(self, holder_ids: Sequence[str]) -> dict[str, Holder]:
        """Return holders by identifier; nothing is locked.

        Raises:
            StoreError: one is not what we wrote (RECORD_CORRUPT).
        """
        with self._database.reading() as session:
            return find_holders(session, self._sealer, holder_ids)

    def find_import(self, import_id: str) -> ImportRecord | None:
        """Return an import, or None."""
        with self._database.reading() as session:
            row = session.get(ImportRecordRow, import_id)
            return None if row is None else read_record(row)

    def find_by_fingerprint(self, fingerprint: str) -> ImportRecord | None:
        """Return the import of a file, or None."""
        query = select(ImportRecordRow).where(ImportRecordRow.fingerprint == fingerprint)
        with self._database.reading() as session:
            row = session.scalar(query)
            return None if row is None else read_record(row)

    def imports(self, limit: int = 50) -> Sequence[ImportRecord]:
        """Return imports, newest first."""
        query = select(ImportRecordRow).order_by(
            ImportRecordRow.started_at.desc(), ImportRecordRow.id
        )
        with self._database.reading() as session:
            return [read_record(row) for row in session.scalars(query.limit(limit))]

    def started_before(self, at: datetime) -> Sequence[ImportRecord]:
        """Return the imports of before an instant whose rows are still kept."""
        query = select(ImportRecordRow).where(
            ImportRecordRow.started_at < at, ImportRecordRow.forgotten_at.is_(None)
        )
        with self._database.reading() as session:
            return [read_record(row) for row in session.scalars(query)]

    def interrupted(self, started_before: datetime) -> Sequence[ImportRecord]:
        """Return imports of before an instant of which rows were not looked at yet."""
        pending = select(ImportRowRow.number).where(
            ImportRowRow.import_id == ImportRecordRow.id, ImportRowRow.state == RowState.PENDING
        )
        query = select(ImportRecordRow).where(
            ImportRecordRow.started_at < started_before,
            ImportRecordRow.finished_at.is_(None),
            ImportRecordRow.forgotten_at.is_(None),
            pending.exists(),
        )
        with self._database.reading() as session:
            return [read_record(row) for row in session.scalars(query)]

    def progress(self, import_id: str) -> ImportProgress:
        """Return how far an import is."""
        with self._database.reading() as session:
            return read_progress(session, import_id)

    def rows(
        self,
        import_id: str,
        states: Collection[RowState],
        *,
        after: int = 0,
        limit: int = 100,
        assigned_to: str | None = None,
    ) -> Sequence[ImportRow]:
        """Return rows in the file's order, those behind a row number."""
        with self._database.reading() as session:
            return find_rows(
                session, self._sealer, import_id, states,
                after=after, limit=limit, assigned_to=assigned_to,
            )  # fmt: skip

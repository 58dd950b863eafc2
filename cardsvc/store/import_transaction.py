"""One unit of work on an import: its rows, and the holders that they become."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportProgress, ImportRecord, ImportRow, KnownHolders, RowState
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.holder_store import SqlHolderTransaction
from cardsvc.store.import_mapping import (
    new_row_values,
    read_record,
    read_row,
    record_values,
    seal_content,
    settled_values,
)
from cardsvc.store.import_queries import find_former, find_rows, read_progress
from cardsvc.store.schema import Base, ImportRecordRow, ImportRowRow
from cardsvc.store.sealed import Sealer


class SqlImportTransaction(SqlHolderTransaction):
    """One unit of work on one session: holders, and the rows that they come from."""

    def __init__(self, session: Session, trail: AuditTrail, sealer: Sealer) -> None:
        super().__init__(session, trail, sealer)
        self._rows = session
        self._row_sealer = sealer

    def add_import(self, record: ImportRecord, rows: Sequence[ImportRow]) -> None:
        """Keep a new import and all its rows."""
        self._rows.execute(insert(ImportRecordRow), [dict(record_values(record))])
        self._rows.execute(
            insert(ImportRowRow), [new_row_values(row, self._row_sealer) for row in rows]
        )

    def import_record(self, import_id: str) -> ImportRecord:
        """Return an import, locked: two runs of one import take turns.

        Raises:
            IssuanceError: unknown (IMPORT_UNKNOWN).
        """
        query = select(ImportRecordRow).where(ImportRecordRow.id == import_id).with_for_update()
        row = self._rows.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise IssuanceError(ReasonCode.IMPORT_UNKNOWN, "no such import")
        return read_record(row)

    def save_import(self, record: ImportRecord) -> None:
        """Write what was confirmed and when the import was finished or forgotten."""
        self._rows.execute(
            update(ImportRecordRow)
            .where(ImportRecordRow.id == record.id)
            .values(dict(record_values(record)))
        )

    def pending_rows(self, import_id: str, limit: int) -> Sequence[ImportRow]:
        """Return the first rows that nobody has looked at, in the file's order."""
        return find_rows(self._rows, self._row_sealer, import_id, [RowState.PENDING], limit=limit)

    def row(self, import_id: str, number: int) -> ImportRow:
        """Return a row of an import that is locked.

        Raises:
            IssuanceError: there is no such row (IMPORT_ROW_UNKNOWN).
        """
        row = self._rows.get(ImportRowRow, (import_id, number), populate_existing=True)
        if row is None:
            raise IssuanceError(ReasonCode.IMPORT_ROW_UNKNOWN, "no such row")
        return read_row(row, self._row_sealer)

    def save_rows(self, rows: Sequence[ImportRow]) -> None:
        """Write where rows stand; stores version + 1."""
        if not rows:
            return
        table = Base.metadata.tables[ImportRowRow.__tablename__]
        columns = settled_values(rows[0])
        statement = (
            update(table)
            .where(
                table.c.import_id == bindparam("key_import"), table.c.number == bindparam("key_row")
            )
            .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
            .values(version=table.c.version + 1)
        )
        self._rows.execute(
            statement,
            [
                {"key_import": row.import_id, "key_row": row.number}
                | {f"new_{name}": value for name, value in settled_values(row).items()}
                for row in rows
            ],
        )
        self._rows.expire_all()

    def save_content(self, row: ImportRow) -> None:
        """Write what stands in a row after somebody corrected it."""
        self._rows.execute(
            update(ImportRowRow)
            .where(ImportRowRow.import_id == row.import_id, ImportRowRow.number == row.number)
            .values(content_sealed=seal_content(row, self._row_sealer))
        )

    def reopen_held(self, import_id: str) -> None:
        """Put an import's held rows back among those that nobody has looked at."""
        self._rows.execute(
            update(ImportRowRow)
            .where(ImportRowRow.import_id == import_id, ImportRowRow.state == RowState.HELD)
            .values(state=RowState.PENDING, version=ImportRowRow.version + 1)
        )

    def forget_rows(self, import_id: str) -> int:
        """Remove the content of an import's rows; return of how many."""
        found = self._rows.scalars(
            update(ImportRowRow)
            .where(ImportRowRow.import_id == import_id, ImportRowRow.content_sealed.is_not(None))
            .values(content_sealed=None, version=ImportRowRow.version + 1)
            .returning(ImportRowRow.number)
        )
        return len(found.all())

    def progress(self, import_id: str) -> ImportProgress:
        """Return how far an import is, this transaction's changes included."""
        return read_progress(self._rows, import_id)

    def known(self, numbers: Sequence[PersonalNumber]) -> KnownHolders:
        """Return who is on record."""
        present = self.find_by_personal_numbers(numbers)
        former = find_former(
            self._rows, self._row_sealer, [one for one in numbers if one not in present]
        )
        return KnownHolders(present, former)

"""An import from start to finish: taken in whole, applied in batches, resumable at any point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import VIETNAM_TIME, Clock
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.import_records import ImportProgress, ImportRecord, ImportRow
from issuance.importing.check import CheckedRow, check_rows, compare, numbers_of, with_duplicates
from issuance.importing.content import encode_content
from issuance.importing.findings import BULK_CONFIRMABLE, ImportCode
from issuance.importing.person import CheckContext
from issuance.importing.ports import AgencyNames, ImportStore, ImportTransaction
from issuance.importing.settle import Settling, settle
from issuance.importing.source import ListOptions, ReadList

BATCH_ROWS = 500
"""Rows of one transaction: what a crash takes back, and how long others wait for the database."""
_ATTEMPTS = 20
_CHANGED_BY_OTHERS = frozenset({ReasonCode.CONCURRENT_CHANGE, ReasonCode.HOLDER_EXISTS})


@dataclass(frozen=True, slots=True)
class Started:
    """An import that was taken in.

    Args:
        record: it.
        is_known: the same file was taken in before, and this is that import.
    """

    record: ImportRecord
    is_known: bool


@dataclass(frozen=True, slots=True)
class ImportDesk:
    """Takes lists in and applies them.

    Args:
        store: where imports and holders are kept.
        agencies: reads the registry of agencies; asked once per check and per batch.
        clock: asked once per transaction.
        new_id: makes opaque identifiers.
    """

    store: ImportStore
    agencies: Callable[[], AgencyNames]
    clock: Clock
    new_id: Callable[[], str]

    def check(self, read: ReadList, options: ListOptions) -> list[CheckedRow]:
        """Tell what a list would do; nothing is written."""
        context = self._context(options, self.clock.now())
        checked = check_rows(with_duplicates(read.rows, context), context)
        return compare(checked, self.store.known(numbers_of(checked)))

    def start(
        self,
        read: ReadList,
        options: ListOptions,
        *,
        operator: str,
        confirmed: Collection[ImportCode] = (),
    ) -> Started:
        """Take a list in, all rows in one transaction; the same file again is the same import.

        Args:
            read: the list.
            options: how it was read.
            operator: who does it.
            confirmed: findings that are confirmed for the whole list.

        Raises:
            IssuanceError: a finding that is confirmed row by row only (ACCESS_DENIED).
        """
        _require_bulk(confirmed)
        known = self.store.find_by_fingerprint(read.fingerprint)
        if known is not None:
            return Started(known, is_known=True)
        at = self.clock.now()
        record = ImportRecord(
            id=self.new_id(),
            card_type=options.card_type,
            fingerprint=read.fingerprint,
            operator=operator,
            started_at=at,
            rows=len(read.rows),
            agency=options.agency.value if options.agency else "",
            confirmed=tuple(sorted(confirmed)),
            notices=tuple(f"{one.code.value}:{one.detail}" for one in read.notices),
        )
        rows = [
            ImportRow(record.id, row.number, encode_content(row))
            for row in with_duplicates(read.rows, self._context(options, at))
        ]
        facts: AuditFacts = {"rows": record.rows, "card_type": record.card_type.value}
        try:
            with self.store.transaction() as unit:
                unit.add_import(record, rows)
                unit.record(AuditEvent(at, operator, AuditAction.IMPORT_STARTED, record.id, facts))
        except IssuanceError as error:
            known = self.store.find_by_fingerprint(read.fingerprint)
            if error.reason is not ReasonCode.CONCURRENT_CHANGE or known is None:
                raise
            return Started(known, is_known=True)
        return Started(record, is_known=False)

    def run(self, import_id: str, *, operator: str) -> Iterator[ImportProgress]:
        """Settle all rows that nobody has looked at, a batch a step; begin anew after a crash.

        Yields:
            How far it is, after each batch and at least once.

        Raises:
            IssuanceError: unknown (IMPORT_UNKNOWN).
        """
        while self._retried(lambda: self._batch(import_id, operator)):
            yield self.store.progress(import_id)
        yield self.store.progress(import_id)

    def confirm(
        self, import_id: str, codes: Collection[ImportCode], *, operator: str
    ) -> ImportRecord:
        """Confirm findings for the whole list; rows that wait are looked at again by ``run``.

        Raises:
            IssuanceError: unknown (IMPORT_UNKNOWN); a finding that is confirmed row by row only
                (ACCESS_DENIED); its rows were removed (IMPORT_FORGOTTEN).
        """
        _require_bulk(codes)
        at = self.clock.now()
        with self.store.transaction() as unit:
            found = unit.import_record(import_id)
            if codes and found.forgotten_at is not None:
                raise IssuanceError(ReasonCode.IMPORT_FORGOTTEN, "the import's rows were removed")
            confirmed = tuple(sorted({*found.confirmed, *codes}))
            if confirmed == found.confirmed:
                return found
            record = replace(found, confirmed=confirmed, finished_at=None)
            unit.save_import(record)
            unit.reopen_held(import_id)
            facts: AuditFacts = {"codes": " ".join(codes)}
            unit.record(AuditEvent(at, operator, AuditAction.IMPORT_CONFIRMED, import_id, facts))
        return record

    def settling(self, record: ImportRecord, operator: str, at: datetime) -> Settling:
        """Return the circumstances under which an import's rows are settled."""
        agency = AgencyCode(record.agency) if record.agency else None
        context = self._context(ListOptions(record.card_type, agency=agency), at)
        confirmed = frozenset(ImportCode(code) for code in record.confirmed)
        return Settling(record, context, confirmed, operator, at, self.new_id)

    def _context(self, options: ListOptions, at: datetime) -> CheckContext:
        on = at.astimezone(VIETNAM_TIME).date()
        return CheckContext(options.card_type, self.agencies(), on, options.agency)

    def _batch(self, import_id: str, operator: str) -> bool:
        """Settle the next rows; return whether there were any."""
        at = self.clock.now()
        with self.store.transaction() as unit:
            record = unit.import_record(import_id)
            rows = unit.pending_rows(import_id, BATCH_ROWS)
            if rows:
                settle(unit, rows, self.settling(record, operator, at))
            elif record.finished_at is None:
                self._finish(unit, record, operator, at)
        return bool(rows)

    def _finish(
        self, unit: ImportTransaction, record: ImportRecord, operator: str, at: datetime
    ) -> None:
        unit.save_import(replace(record, finished_at=at))
        progress = unit.progress(record.id)
        facts: AuditFacts = {
            "new": progress.new,
            "changed": progress.changed,
            "unchanged": progress.unchanged,
            "held": progress.held,
        }
        unit.record(AuditEvent(at, operator, AuditAction.IMPORT_FINISHED, record.id, facts))

    def _retried(self, batch: Callable[[], bool]) -> bool:
        """Do a batch over where another import or a colleague was faster with the same people."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return batch()
            except IssuanceError as error:
                if error.reason not in _CHANGED_BY_OTHERS:
                    raise
        return batch()


def _require_bulk(codes: Collection[ImportCode]) -> None:
    if not BULK_CONFIRMABLE.issuperset(codes):
        raise IssuanceError(
            ReasonCode.ACCESS_DENIED, "who a person is, is confirmed one row at a time"
        )

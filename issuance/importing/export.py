"""Handing the rows that wait out as a workbook; who took them is an audit event."""

from __future__ import annotations

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from issuance.importing.desk import ImportDesk
from issuance.importing.queue import ErrorQueue
from issuance.importing.workbooks import correction_workbook


def export_held(desk: ImportDesk, queue: ErrorQueue, import_id: str, *, operator: str) -> bytes:
    """Return the rows that wait as an XLSX workbook, what is wrong beside each.

    Raises:
        IssuanceError: no such import (IMPORT_UNKNOWN).
        StoreError: its rows were removed (IMPORT_FORGOTTEN).
    """
    record = desk.store.find_import(import_id)
    if record is None:
        raise IssuanceError(ReasonCode.IMPORT_UNKNOWN, "no such import")
    rows = list(queue.all_held(import_id))
    octets = correction_workbook(record.card_type, rows)
    with desk.store.transaction() as unit:
        unit.record(
            AuditEvent(
                desk.clock.now(),
                operator,
                AuditAction.IMPORT_ERRORS_EXPORTED,
                import_id,
                {"rows": len(rows)},
            )
        )
    return octets

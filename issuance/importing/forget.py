"""Retention: what stood in the rows of an import is removed when its time is over.

Spec: Law 91/2025/QH15 on personal data (kept no longer than the purpose needs). The run, its counts
and its audit events stay; who was put on record stays in the registry.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cardsvc.audit import AuditAction, AuditEvent
from issuance.importing.desk import ImportDesk


def forget_old_imports(desk: ImportDesk, *, keep: timedelta, operator: str) -> int:
    """Remove the rows' content of imports that were started longer ago than ``keep``.

    Rows that wait are removed too: a list that nobody worked off has to be sent again.

    Returns:
        Of how many imports.
    """
    at = desk.clock.now()
    old = desk.store.started_before(at - keep)
    for record in old:
        with desk.store.transaction() as unit:
            found = unit.import_record(record.id)
            if found.forgotten_at is not None:
                continue
            rows = unit.forget_rows(record.id)
            unit.save_import(replace(found, forgotten_at=at))
            facts = {"rows": rows}
            unit.record(
                AuditEvent(at, operator, AuditAction.IMPORT_FORGOTTEN, record.id, {**facts})
            )
    return len(old)

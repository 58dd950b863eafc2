"""Imports and their rows between records and the database; a row's content is sealed on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.import_records import ImportRecord, ImportRow
from cardsvc.store.schema import ImportRecordRow, ImportRowRow
from cardsvc.store.sealed import Sealer


def _place(import_id: str, number: int) -> str:
    return f"import_rows.content:{import_id}:{number}"


def record_values(record: ImportRecord) -> Mapping[str, Any]:
    """Return an import's columns."""
    return {
        "id": record.id,
        "card_type": record.card_type,
        "fingerprint": record.fingerprint,
        "operator": record.operator,
        "started_at": record.started_at,
        "rows": record.rows,
        "agency": record.agency,
        "confirmed": " ".join(record.confirmed),
        "notices": json.dumps(record.notices, ensure_ascii=False),
        "finished_at": record.finished_at,
        "forgotten_at": record.forgotten_at,
    }


def read_record(row: ImportRecordRow) -> ImportRecord:
    """Return the import that a row is.

    Raises:
        StoreError: its notices are not what we wrote (RECORD_CORRUPT).
    """
    try:
        notices = tuple(str(one) for one in json.loads(row.notices))
    except (TypeError, ValueError):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "an import's notices") from None
    return ImportRecord(
        id=row.id,
        card_type=row.card_type,
        fingerprint=row.fingerprint,
        operator=row.operator,
        started_at=row.started_at,
        rows=row.rows,
        agency=row.agency,
        confirmed=tuple(row.confirmed.split()),
        notices=notices,
        finished_at=row.finished_at,
        forgotten_at=row.forgotten_at,
    )


def new_row_values(row: ImportRow, sealer: Sealer) -> dict[str, Any]:
    """Return all columns of a new row, its content sealed."""
    return {
        "import_id": row.import_id,
        "number": row.number,
        "content_sealed": seal_content(row, sealer),
        "version": row.version,
        **settled_values(row),
    }


def seal_content(row: ImportRow, sealer: Sealer) -> bytes | None:
    """Return a row's content sealed for its place."""
    if row.content is None:
        return None
    return sealer.seal(row.content, _place(row.import_id, row.number))


def settled_values(row: ImportRow) -> dict[str, Any]:
    """Return the columns that settling a row changes."""
    return {
        "state": row.state,
        "outcome": row.outcome,
        "holder_id": row.holder_id,
        "codes": " ".join(row.codes),
        "assigned_to": row.assigned_to,
        "skip_reason": row.skip_reason,
        "photo": row.photo,
    }


def read_row(row: ImportRowRow, sealer: Sealer) -> ImportRow:
    """Return the row of an import that a row of the table is.

    Raises:
        StoreError: its content does not open (RECORD_CORRUPT).
    """
    sealed = row.content_sealed
    return ImportRow(
        import_id=row.import_id,
        number=row.number,
        content=None if sealed is None else sealer.open(sealed, _place(row.import_id, row.number)),
        state=row.state,
        outcome=row.outcome,
        holder_id=row.holder_id,
        codes=tuple(row.codes.split()),
        assigned_to=row.assigned_to,
        skip_reason=row.skip_reason,
        photo=row.photo,
        version=row.version,
    )

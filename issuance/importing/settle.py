"""Settling rows: what is clear goes into the registry, what is not waits for somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportRecord, ImportRow, RowOutcome, RowState
from cardsvc.records import Holder
from issuance.importing.check import CheckedRow, check_rows, compare, numbers_of
from issuance.importing.content import codes_of, decode_content
from issuance.importing.findings import ImportCode
from issuance.importing.person import CheckContext
from issuance.importing.ports import ImportTransaction


@dataclass(frozen=True, slots=True)
class Settling:
    """Under what circumstances rows are settled.

    Args:
        record: their import.
        context: what they are checked against.
        confirmed: codes of findings that don't hold a row back any more.
        operator: who does it.
        at: the instant.
        new_id: makes opaque identifiers.
    """

    record: ImportRecord
    context: CheckContext
    confirmed: frozenset[ImportCode]
    operator: str
    at: datetime
    new_id: Callable[[], str]


def settle(unit: ImportTransaction, rows: Sequence[ImportRow], how: Settling) -> list[ImportRow]:
    """Apply rows or hold them back; write people, rows and audit events.

    A second row of one person is left as it is: it is compared with the first one's record in
    the next transaction.

    Returns:
        The rows as they now stand.
    """
    checked = check_rows([decode_content(row.number, row.content) for row in rows], how.context)
    compared = compare(checked, unit.known(numbers_of(checked)))
    seen: set[PersonalNumber] = set()
    settled: list[ImportRow] = []
    added: list[tuple[ImportRow, Holder]] = []
    for row, one in zip(rows, compared, strict=True):
        if one.holder is None or one.is_held(how.confirmed):
            settled.append(_held(row, one))
            continue
        if one.holder.personal_number in seen:
            continue
        seen.add(one.holder.personal_number)
        if one.outcome is RowOutcome.NEW:
            holder = replace(one.holder, id=how.new_id())
            added.append((row, holder))
        else:
            holder = one.holder
            _correct(unit, row, one, holder, how)
        settled.append(_applied(row, one, holder))
    unit.add_holders([holder for _, holder in added])
    for row, holder in added:
        unit.record(_event(AuditAction.HOLDER_ADDED, holder, row, how))
    unit.save_rows(settled)
    return settled


def _held(row: ImportRow, checked: CheckedRow) -> ImportRow:
    return replace(row, state=RowState.HELD, codes=codes_of(checked.findings))


def _applied(row: ImportRow, checked: CheckedRow, holder: Holder) -> ImportRow:
    return replace(
        row,
        state=RowState.APPLIED,
        outcome=checked.outcome,
        holder_id=holder.id,
        codes=codes_of(checked.findings),
    )


def _correct(
    unit: ImportTransaction, row: ImportRow, checked: CheckedRow, holder: Holder, how: Settling
) -> None:
    if checked.outcome is not RowOutcome.CHANGED:
        return
    saved = unit.save_holder(holder)
    event = _event(AuditAction.HOLDER_CORRECTED, holder, row, how)
    facts: AuditFacts = {"facts": " ".join(checked.changes), "version": saved.version}
    unit.record(structs.replace(event, facts=event.facts | facts))


def _event(action: AuditAction, holder: Holder, row: ImportRow, how: Settling) -> AuditEvent:
    facts: AuditFacts = {"import": row.import_id, "row": row.number}
    return AuditEvent(how.at, how.operator, action, holder.id, facts)

"""The error queue: rows that wait are corrected, left out, or given to somebody, one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.import_records import ImportRow, RowState, SkipReason
from issuance.importing.cells import read_cell
from issuance.importing.check import check_rows, compare, numbers_of
from issuance.importing.content import decode_content, encode_content
from issuance.importing.desk import ImportDesk
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.ports import ImportTransaction
from issuance.importing.reading import effective_values
from issuance.importing.rows import RowValues
from issuance.importing.settle import settle
from issuance.importing.table import text_cell

_SETTLED_BY_LOOKING = frozenset(
    {ImportCode.DUPLICATE_IN_FILE, ImportCode.MERGED_CELL, ImportCode.REPEATED_ROW}
)
"""What somebody answers by sending the row in again: it was looked at beside the others."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that waits, as a form shows it.

    Args:
        row: as it is kept.
        values: what the form is filled in with: proposals in place of what is doubtful.
        findings: what is wrong with it, as of now.
    """

    row: ImportRow
    values: Mapping[Field, str] = field(repr=False)
    findings: tuple[Finding, ...]


class ErrorQueue:
    """Works off the rows that were held back.

    Args:
        desk: where the import was taken in.
    """

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def held(
        self, import_id: str, *, after: int = 0, limit: int = 100, assigned_to: str | None = None
    ) -> list[HeldRow]:
        """Return rows that wait, checked against the registries as they now are.

        Raises:
            IssuanceError: no such import (IMPORT_UNKNOWN), or its rows were removed.
        """
        desk = self._desk
        record = desk.store.find_import(import_id)
        if record is None:
            raise IssuanceError(ReasonCode.IMPORT_UNKNOWN, "no such import")
        rows = desk.store.rows(
            import_id, [RowState.HELD], after=after, limit=limit, assigned_to=assigned_to
        )
        at = desk.clock.now()
        context = desk.settling(record, record.operator, at).context
        checked = check_rows([decode_content(one.number, one.content) for one in rows], context)
        compared = compare(checked, desk.store.known(numbers_of(checked)))
        return [
            HeldRow(row, effective_values(one.row), one.findings)
            for row, one in zip(rows, compared, strict=True)
        ]

    def all_held(self, import_id: str) -> Iterator[HeldRow]:
        """Yield all rows that wait, in the file's order."""
        after = 0
        while page := self.held(import_id, after=after, limit=_PAGE):
            yield from page
            after = page[-1].row.number

    def fix(
        self,
        import_id: str,
        number: int,
        values: Mapping[Field, str],
        *,
        confirmed: Collection[ImportCode] = (),
        expected_version: int,
        operator: str,
    ) -> ImportRow:
        """Send a row in again: it is checked anew, and applied if nothing holds it back.

        Args:
            import_id: of which import.
            number: which row.
            values: the columns as they should be, all of them.
            confirmed: findings that the operator confirms for this row.
            expected_version: as the row was shown.
            operator: who does it.

        Returns:
            The row as it now stands; where it still waits, its codes say why.

        Raises:
            IssuanceError: unknown, settled already (IMPORT_ROW_SETTLED), or changed in between
                (CONCURRENT_CHANGE).
        """
        at = self._desk.clock.now()
        with self._desk.store.transaction() as unit:
            record = unit.import_record(import_id)
            row = _held_row(unit, import_id, number, expected_version)
            before = decode_content(number, row.content)
            edited = replace(row, content=encode_content(_edited(before, values)))
            unit.save_content(edited)
            how = self._desk.settling(record, operator, at)
            how = replace(how, confirmed=how.confirmed | frozenset(confirmed))
            settled = settle(unit, [edited], how)[0]
            facts: AuditFacts = {"row": number, "state": settled.state.value}
            if confirmed:
                facts["confirmed"] = " ".join(sorted(confirmed))
            unit.record(AuditEvent(at, operator, AuditAction.IMPORT_ROW_FIXED, import_id, facts))
        return replace(settled, version=settled.version + 1)

    def skip(
        self,
        import_id: str,
        number: int,
        reason: SkipReason,
        *,
        expected_version: int,
        operator: str,
    ) -> None:
        """Leave a row out for good.

        Raises:
            IssuanceError: as ``fix``.
        """
        at = self._desk.clock.now()
        with self._desk.store.transaction() as unit:
            unit.import_record(import_id)
            row = _held_row(unit, import_id, number, expected_version)
            unit.save_rows([replace(row, state=RowState.SKIPPED, skip_reason=reason)])
            facts: AuditFacts = {"row": number, "reason": reason.value}
            unit.record(AuditEvent(at, operator, AuditAction.IMPORT_ROW_SKIPPED, import_id, facts))

    def assign(
        self, import_id: str, numbers: Sequence[int], assignee: str, *, operator: str
    ) -> None:
        """Give rows to somebody; to nobody with an empty assignee.

        Raises:
            IssuanceError: unknown, or one of them is settled (IMPORT_ROW_SETTLED).
        """
        at = self._desk.clock.now()
        with self._desk.store.transaction() as unit:
            unit.import_record(import_id)
            rows = [_held_row(unit, import_id, number, None) for number in numbers]
            unit.save_rows([replace(row, assigned_to=assignee) for row in rows])
            facts: AuditFacts = {"rows": len(rows), "to": assignee}
            unit.record(AuditEvent(at, operator, AuditAction.IMPORT_ROW_ASSIGNED, import_id, facts))


def _held_row(
    unit: ImportTransaction, import_id: str, number: int, expected_version: int | None
) -> ImportRow:
    row = unit.row(import_id, number)
    if row.state is not RowState.HELD:
        raise IssuanceError(ReasonCode.IMPORT_ROW_SETTLED, "the row does not wait any more")
    if expected_version is not None and row.version != expected_version:
        raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the row")
    return row


def _edited(before: RowValues, values: Mapping[Field, str]) -> RowValues:
    """Return the row as sent in: what is new is read as a cell, the rest keeps its findings."""
    shown = effective_values(before)
    given: dict[Field, str] = {}
    edited: set[Field] = set()
    found: list[Finding] = []
    for of, text in values.items():
        if text.strip() == shown.get(of, ""):
            if of in before.values:
                given[of] = before.values[of]
            continue
        edited.add(of)
        read, findings = read_cell(text_cell(text), of, is_epoch_1904=False)
        found += findings
        if read:
            given[of] = read
    kept = [
        one
        for one in before.findings
        if one.field not in edited and one.code not in _SETTLED_BY_LOOKING
    ]
    return RowValues(before.number, given, (*kept, *found))

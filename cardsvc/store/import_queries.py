"""Questions about imports, asked within transactions that write and those that only read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportProgress, ImportRow, RowOutcome, RowState
from cardsvc.records import Holder
from cardsvc.store.holder_mapping import number_index, read_holder
from cardsvc.store.import_mapping import read_row
from cardsvc.store.schema import HolderAliasRow, HolderRow, ImportRowRow
from cardsvc.store.sealed import Sealer

_IN_ONE_QUESTION = 500


def find_rows(
    session: Session,
    sealer: Sealer,
    import_id: str,
    states: Collection[RowState],
    *,
    after: int = 0,
    limit: int,
    assigned_to: str | None = None,
) -> list[ImportRow]:
    """Return rows of an import in the file's order, those behind a row number."""
    query = (
        select(ImportRowRow)
        .where(
            ImportRowRow.import_id == import_id,
            ImportRowRow.state.in_(states),
            ImportRowRow.number > after,
        )
        .order_by(ImportRowRow.number)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    if assigned_to is not None:
        query = query.where(ImportRowRow.assigned_to == assigned_to)
    return [read_row(row, sealer) for row in session.scalars(query)]


def read_progress(session: Session, import_id: str) -> ImportProgress:
    """Count an import's rows by where they stand."""
    query = (
        select(ImportRowRow.state, ImportRowRow.outcome, func.count())
        .where(ImportRowRow.import_id == import_id)
        .group_by(ImportRowRow.state, ImportRowRow.outcome)
    )
    counts = {(state, outcome): count for state, outcome, count in session.execute(query)}
    return ImportProgress(
        rows=sum(counts.values()),
        pending=counts.get((RowState.PENDING, None), 0),
        new=counts.get((RowState.APPLIED, RowOutcome.NEW), 0),
        changed=counts.get((RowState.APPLIED, RowOutcome.CHANGED), 0),
        unchanged=counts.get((RowState.APPLIED, RowOutcome.UNCHANGED), 0),
        held=counts.get((RowState.HELD, None), 0),
        skipped=counts.get((RowState.SKIPPED, None), 0),
    )


def find_former(
    session: Session, sealer: Sealer, numbers: Sequence[PersonalNumber]
) -> frozenset[PersonalNumber]:
    """Return which numbers are former numbers of somebody."""
    by_index = {number_index(number, sealer): number for number in numbers}
    indexes, found = list(by_index), set()
    for start in range(0, len(indexes), _IN_ONE_QUESTION):
        some = indexes[start : start + _IN_ONE_QUESTION]
        query = select(HolderAliasRow.number_index).where(HolderAliasRow.number_index.in_(some))
        found |= {by_index[index] for index in session.scalars(query)}
    return frozenset(found)


def find_holders(session: Session, sealer: Sealer, holder_ids: Sequence[str]) -> dict[str, Holder]:
    """Return holders by identifier."""
    found: dict[str, Holder] = {}
    for start in range(0, len(holder_ids), _IN_ONE_QUESTION):
        some = holder_ids[start : start + _IN_ONE_QUESTION]
        query = select(HolderRow).where(HolderRow.id.in_(some))
        for row in session.scalars(query.options(selectinload(HolderRow.aliases))):
            found[row.id] = read_holder(row, sealer)
    return found

"""Writing holders: the row, the words it is found by, and the former numbers, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.records import Holder
from cardsvc.store.holder_mapping import (
    alias_values,
    holder_values,
    number_index,
    read_holder,
    word_values,
)
from cardsvc.store.schema import HolderAliasRow, HolderRow, HolderWordRow
from cardsvc.store.sealed import Sealer

_IN_ONE_QUESTION = 500


def insert_holders(session: Session, holders: Sequence[Holder], sealer: Sealer) -> None:
    """Insert new holders.

    Raises:
        IssuanceError: a personal number is on record, or stands there twice (HOLDER_EXISTS).
    """
    if not holders:
        return
    indexes = [number_index(holder.personal_number, sealer) for holder in holders]
    if len(set(indexes)) != len(indexes) or _taken(session, indexes):
        raise IssuanceError(ReasonCode.HOLDER_EXISTS, "the personal number is on record")
    session.execute(insert(HolderRow), [dict(holder_values(one, sealer)) for one in holders])
    session.execute(insert(HolderWordRow), [row for one in holders for row in word_values(one)])
    _insert_aliases(session, holders, sealer)


def lock_row(session: Session, holder_id: str) -> HolderRow | None:
    """Return a holder's row as it now is, locked for this transaction, or None."""
    query = select(HolderRow).where(HolderRow.id == holder_id).with_for_update(of=HolderRow)
    return session.scalar(query.execution_options(populate_existing=True))


def save_over(session: Session, row: HolderRow, holder: Holder, sealer: Sealer) -> Holder:
    """Write a holder over its locked row; where nothing changed, nothing is written.

    Returns:
        The holder with the version that it now has.

    Raises:
        IssuanceError: changed since it was read (CONCURRENT_CHANGE); the new personal number is
            another person's (HOLDER_EXISTS).
    """
    known = read_holder(row, sealer)
    if known == holder:
        return known
    if known.version != holder.version:
        raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the holder")
    changed = replace(holder, version=known.version + 1)
    if changed.personal_number != known.personal_number and _taken(
        session, [number_index(changed.personal_number, sealer)]
    ):
        raise IssuanceError(ReasonCode.HOLDER_EXISTS, "the personal number is on record")
    values = holder_values(changed, sealer, row)
    session.execute(update(HolderRow).where(HolderRow.id == holder.id).values(**values))
    if changed.name != known.name:
        session.execute(delete(HolderWordRow).where(HolderWordRow.holder_id == holder.id))
        session.execute(insert(HolderWordRow), word_values(changed))
    if changed.aliases != known.aliases:
        session.execute(delete(HolderAliasRow).where(HolderAliasRow.holder_id == holder.id))
        _insert_aliases(session, [changed], sealer)
    session.expire(row)
    return changed


def _insert_aliases(session: Session, holders: Sequence[Holder], sealer: Sealer) -> None:
    if rows := [row for one in holders for row in alias_values(one, sealer)]:
        session.execute(insert(HolderAliasRow), rows)


def _taken(session: Session, indexes: Sequence[bytes]) -> bool:
    for start in range(0, len(indexes), _IN_ONE_QUESTION):
        some = indexes[start : start + _IN_ONE_QUESTION]
        query = select(HolderRow.id).where(HolderRow.personal_number_index.in_(some)).limit(1)
        if session.scalar(query) is not None:
            return True
    return False

"""The registry of holders. Implements ``issuance.registry.ports`` over SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.number_alias import IdentityNumber
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.engine import Database
from cardsvc.store.holder_mapping import number_index, read_holder
from cardsvc.store.holder_rows import insert_holders, lock_row, save_over
from cardsvc.store.schema import HolderAliasRow, HolderRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.unit_of_work import issuing

_IN_ONE_QUESTION = 500


class SqlHolderTransaction:
    """One unit of work on one session."""

    def __init__(self, session: Session, trail: AuditTrail, sealer: Sealer) -> None:
        self._session = session
        self._trail = trail
        self._sealer = sealer

    def add_holders(self, holders: Sequence[Holder]) -> None:
        """Insert new holders.

        Raises:
            IssuanceError: a personal number is on record, or stands there twice (HOLDER_EXISTS).
        """
        insert_holders(self._session, holders, self._sealer)

    def holder(self, holder_id: str) -> Holder:
        """Return a holder, locked for this transaction.

        Raises:
            IssuanceError: unknown (HOLDER_UNKNOWN).
        """
        return read_holder(self._row(holder_id), self._sealer)

    def save_holder(self, holder: Holder) -> Holder:
        """Write a holder whose ``version`` is the one that was read; return it as it now stands.

        Raises:
            IssuanceError: unknown (HOLDER_UNKNOWN); changed since it was read
                (CONCURRENT_CHANGE); the number is another person's (HOLDER_EXISTS).
        """
        return save_over(self._session, self._row(holder.id), holder, self._sealer)

    def find_by_number(self, number: IdentityNumber) -> Sequence[Holder]:
        """Return who has a number now, then who had it before; not locked."""
        index = number_index(number, self._sealer)
        present = select(HolderRow).where(HolderRow.personal_number_index == index)
        former = (
            select(HolderRow)
            .where(
                HolderRow.id.in_(
                    select(HolderAliasRow.holder_id).where(HolderAliasRow.number_index == index)
                )
            )
            .order_by(HolderRow.sort_key, HolderRow.id)
        )
        found: dict[str, Holder] = {}
        for query in (present, former):
            for row in self._session.scalars(query):
                found.setdefault(row.id, read_holder(row, self._sealer))
        return list(found.values())

    def find_by_personal_numbers(
        self, numbers: Sequence[PersonalNumber]
    ) -> Mapping[PersonalNumber, Holder]:
        """Return the holders of present numbers, those that are on record; not locked."""
        found: dict[PersonalNumber, Holder] = {}
        for start in range(0, len(numbers), _IN_ONE_QUESTION):
            some = numbers[start : start + _IN_ONE_QUESTION]
            indexes = [number_index(number, self._sealer) for number in some]
            query = (
                select(HolderRow)
                .where(HolderRow.personal_number_index.in_(indexes))
                .options(selectinload(HolderRow.aliases))
            )
            for row in self._session.scalars(query):
                holder = read_holder(row, self._sealer)
                found[holder.personal_number] = holder
        return found

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends.

        Raises:
            Malformed: the event can't be encoded.
        """
        self._trail.record(event)

    def _row(self, holder_id: str) -> HolderRow:
        row = lock_row(self._session, holder_id)
        if row is None:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "no such holder")
        return row


class SqlHolderStore:
    """Opens units of work on holders.

    Args:
        database: migrated.
        sealer: seals and opens numbers and addresses.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    @contextmanager
    def transaction(self) -> Iterator[SqlHolderTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlHolderTransaction(session, trail, self._sealer)

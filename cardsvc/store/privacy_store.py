"""Requests, retention and erasure over SQL. Implements ``issuance.privacy.ports``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.privacy_records import (
    OPEN_STATES,
    DataKind,
    ErasureHold,
    PersonFile,
    PrivacyRequest,
    RequestState,
)
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.engine import Database
from cardsvc.store.erasure import erase_holder
from cardsvc.store.holder_rows import lock_row
from cardsvc.store.person_file import read_person_file
from cardsvc.store.privacy_queries import due_holders, hold_conditions, present_day
from cardsvc.store.retention_rows import count_due, forget_rows
from cardsvc.store.schema import (
    HolderRestrictionRow,
    HolderRow,
    PrivacyRequestRow,
)
from cardsvc.store.sealed import Sealer
from cardsvc.store.unit_of_work import issuing


class SqlPrivacyTransaction:
    """One unit of work on one session."""

    def __init__(self, session: Session, trail: AuditTrail, sealer: Sealer) -> None:
        self._session = session
        self._trail = trail
        self._sealer = sealer

    def add_request(self, request: PrivacyRequest) -> None:
        """Keep a new request.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN), or the identifier is taken
                (CONCURRENT_CHANGE).
        """
        self._lock(request.holder_id)
        if self._session.get(PrivacyRequestRow, request.id) is not None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the identifier is taken")
        self._session.add(PrivacyRequestRow(**asdict(request)))
        self._session.flush()

    def request(self, request_id: str) -> PrivacyRequest:
        """Return a request, locked for this transaction.

        Raises:
            IssuanceError: unknown (PRIVACY_REQUEST_UNKNOWN).
        """
        query = select(PrivacyRequestRow).where(PrivacyRequestRow.id == request_id)
        row = self._session.scalar(
            query.with_for_update().execution_options(populate_existing=True)
        )
        if row is None:
            raise IssuanceError(ReasonCode.PRIVACY_REQUEST_UNKNOWN, "no such request")
        return read_request(row)

    def save_request(self, request: PrivacyRequest) -> None:
        """Write a request whose ``version`` is the one that was read.

        Raises:
            IssuanceError: somebody changed it in between (CONCURRENT_CHANGE).
        """
        statement = (
            update(PrivacyRequestRow)
            .where(
                PrivacyRequestRow.id == request.id,
                PrivacyRequestRow.version == request.version,
            )
            .values(asdict(request) | {"version": request.version + 1})
            .returning(PrivacyRequestRow.id)
            .execution_options(synchronize_session=False)
        )
        if self._session.scalar(statement) is None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the request")

    def restrict(self, holder_id: str, at: datetime) -> None:
        """Let nothing new be done with a person's data; harmless where it is so already."""
        self._lock(holder_id)
        if self._session.get(HolderRestrictionRow, holder_id) is None:
            self._session.add(HolderRestrictionRow(holder_id=holder_id, since=at))
            self._session.flush()

    def lift_restriction(self, holder_id: str) -> bool:
        """Take a restriction away; tell whether there was one."""
        statement = (
            delete(HolderRestrictionRow)
            .where(HolderRestrictionRow.holder_id == holder_id)
            .returning(HolderRestrictionRow.holder_id)
            .execution_options(synchronize_session=False)
        )
        return self._session.scalar(statement) is not None

    def holds(
        self, holder_id: str, at: datetime, ended_before: datetime
    ) -> Collection[ErasureHold]:
        """Return what stands against erasing a person, whose row is locked.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
        """
        self._lock(holder_id)
        conditions = hold_conditions(at, ended_before, present_day(at))
        row = self._session.execute(
            select(*conditions.values()).select_from(HolderRow).where(HolderRow.id == holder_id)
        ).one()
        return frozenset(hold for hold, stands in zip(conditions, row, strict=True) if stands)

    def erase(self, holder_id: str, at: datetime) -> bool:
        """Erase a person's data; identifiers stay. False where it was done before."""
        self._lock(holder_id)
        return erase_holder(self._session, self._sealer, holder_id, at)

    def due_holders(self, at: datetime, ended_before: datetime, limit: int) -> Sequence[str]:
        """Return people against whose erasure nothing stands any more, some of them."""
        query = due_holders(at, ended_before, present_day(at)).order_by(HolderRow.id).limit(limit)
        return list(self._session.scalars(query))

    def forget(self, kind: DataKind, at: datetime, before: datetime, limit: int) -> int:
        """End the retention of some of what is due of a kind other than people; how many."""
        return forget_rows(self._session, self._sealer, kind, at=at, before=before, limit=limit)

    def person_file(self, holder_id: str) -> PersonFile:
        """Return everything that is held about a person.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
        """
        row = self._lock(holder_id)
        requests = select(PrivacyRequestRow).where(PrivacyRequestRow.holder_id == holder_id)
        ordered = requests.order_by(PrivacyRequestRow.received_at, PrivacyRequestRow.id)
        asked = tuple(read_request(one) for one in self._session.scalars(ordered))
        return read_person_file(self._session, self._sealer, row, asked)

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends.

        Raises:
            Malformed: the event can't be encoded.
        """
        self._trail.record(event)

    def _lock(self, holder_id: str) -> HolderRow:
        row = lock_row(self._session, holder_id)
        if row is None:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "no such holder")
        return row


class SqlPrivacyStore:
    """Opens units of work on personal data, and lists requests.

    Args:
        database: migrated.
        sealer: seals and opens what is kept sealed.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    @contextmanager
    def transaction(self) -> Iterator[SqlPrivacyTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlPrivacyTransaction(session, trail, self._sealer)

    def count_due(self, kind: DataKind, at: datetime, before: datetime) -> int:
        """Return how much of a kind is due: the event that ended its use lies before."""
        with self._database.reading() as session:
            return count_due(session, kind, at, before)

    def requests(
        self,
        *,
        state: RequestState | None = None,
        overdue_on: date | None = None,
        limit: int = 100,
    ) -> Sequence[PrivacyRequest]:
        """Return requests, those first that are due first."""
        row = PrivacyRequestRow
        query = select(row).order_by(row.act_by, row.received_at, row.id)
        if state is not None:
            query = query.where(row.state == state)
        if overdue_on is not None:
            late = (row.state == RequestState.RECEIVED) & (row.acknowledge_by < overdue_on)
            query = query.where(late | (row.state.in_(OPEN_STATES) & (row.act_by < overdue_on)))
        with self._database.reading() as session:
            return [read_request(one) for one in session.scalars(query.limit(limit))]

    def find_request(self, request_id: str) -> PrivacyRequest | None:
        """Return a request, or None."""
        with self._database.reading() as session:
            row = session.get(PrivacyRequestRow, request_id)
            return None if row is None else read_request(row)

    def agencies_of(self, holder_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the agency code of each of these people that is on record; None for no agency."""
        query = select(HolderRow.id, HolderRow.agency_code).where(HolderRow.id.in_(holder_ids))
        with self._database.reading() as session:
            return {row.id: row.agency_code for row in session.execute(query)}


def read_request(row: PrivacyRequestRow) -> PrivacyRequest:
    """Return the request that a row is."""
    return PrivacyRequest(**{one.name: getattr(row, one.name) for one in fields(PrivacyRequest)})


def refuse_restricted(session: Session, holder_id: str) -> None:
    """Accept a person whose data may be used for something new.

    Raises:
        IssuanceError: it is restricted (HOLDER_RESTRICTED).
    """
    if session.get(HolderRestrictionRow, holder_id) is not None:
        raise IssuanceError(ReasonCode.HOLDER_RESTRICTED, "this person's data is restricted")

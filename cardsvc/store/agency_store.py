"""The registry of agencies. Implements ``issuance.registry.ports`` over SQL.

A province has some thousands: they are read as a whole and asked in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.agency_records import Agency, AgencyBook, AgencySettings, AgencyVersion
from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, Malformed, ReasonCode, StoreError
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgencyRow, AgencySuccessorRow, AgencyVersionRow
from cardsvc.store.unit_of_work import issuing


class SqlAgencyTransaction:
    """One unit of work on one session."""

    def __init__(self, session: Session, trail: AuditTrail) -> None:
        self._session = session
        self._trail = trail

    def book(self) -> AgencyBook:
        """Return all agencies as they stand in this transaction, locked against others."""
        list(self._session.scalars(select(AgencyRow.code).with_for_update()))
        return read_book(self._session)

    def add_agencies(self, agencies: Sequence[Agency]) -> None:
        """Insert new agencies; parents and successors may be among them.

        Raises:
            IssuanceError: a code is on record (AGENCY_EXISTS).
        """
        if not agencies:
            return
        for agency in agencies:
            if self._session.get(AgencyRow, agency.code.value) is not None:
                raise IssuanceError(ReasonCode.AGENCY_EXISTS, f"{agency.code} is on record")
        self._session.execute(
            insert(AgencyRow), [_settings(one.settings) | _key(one) for one in agencies]
        )
        self._write_versions(agencies)

    def save_agency(self, agency: Agency) -> None:
        """Write an agency whose ``version`` is the one that was read; stores version + 1.

        Raises:
            IssuanceError: unknown, or changed in between (CONCURRENT_CHANGE).
        """
        changed = self._session.scalar(
            update(AgencyRow)
            .where(AgencyRow.code == agency.code.value, AgencyRow.version == agency.version)
            .values(**_settings(agency.settings), version=agency.version + 1)
            .returning(AgencyRow.code)
            .execution_options(synchronize_session=False)
        )
        if changed is None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the agency")
        self._session.expire_all()
        for table in (AgencySuccessorRow, AgencyVersionRow):
            self._session.execute(delete(table).where(table.code == agency.code.value))
        self._write_versions([agency])

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends."""
        self._trail.record(event)

    def _write_versions(self, agencies: Sequence[Agency]) -> None:
        versions, successors = [], []
        for agency in agencies:
            for ordinal, one in enumerate(agency.versions):
                place = {"code": agency.code.value, "ordinal": ordinal}
                versions.append(
                    place
                    | {
                        "name": one.name,
                        "short_name": one.short_name,
                        "parent": one.parent.value if one.parent else None,
                        "valid_from": one.valid_from,
                        "valid_to": one.valid_to,
                        "fate": one.fate,
                    }
                )
                successors += [
                    place | {"successor": code.value, "place": index}
                    for index, code in enumerate(one.successors)
                ]
        self._session.execute(insert(AgencyVersionRow), versions)
        if successors:
            self._session.execute(insert(AgencySuccessorRow), successors)


class SqlAgencyStore:
    """Opens units of work on agencies, and shows them.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: tuple[tuple[int, int], AgencyBook] | None = None

    @contextmanager
    def transaction(self) -> Iterator[SqlAgencyTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlAgencyTransaction(session, trail)

    def book(self) -> AgencyBook:
        """Return all agencies as they now stand; read anew only after a change.

        Agencies are never deleted and count their changes, so that number and sum of versions
        tell one state from every other, whichever process made it.
        """
        with self._database.reading() as session:
            count, changes = session.execute(
                select(func.count(), func.coalesce(func.sum(AgencyRow.version), 0)).select_from(
                    AgencyRow
                )
            ).one()
            state = (int(count), int(changes))
            kept = self._kept
            if kept is None or kept[0] != state:
                kept = self._kept = (state, read_book(session))
            return kept[1]


def _key(agency: Agency) -> dict[str, object]:
    return {"code": agency.code.value, "version": agency.version}


def _settings(settings: AgencySettings) -> dict[str, object]:
    return {
        "approver_outside_unit": settings.approver_outside_unit,
        "emblem": settings.emblem,
    }


def read_book(session: Session) -> AgencyBook:
    """Return all agencies as a session sees them.

    Raises:
        StoreError: a code is none (RECORD_CORRUPT).
    """
    became: defaultdict[tuple[str, int], list[AgencyCode]] = defaultdict(list)
    versions: defaultdict[str, list[AgencyVersion]] = defaultdict(list)
    try:
        columns = (
            AgencySuccessorRow.code,
            AgencySuccessorRow.ordinal,
            AgencySuccessorRow.successor,
        )
        for code, ordinal, successor in session.execute(
            select(*columns).order_by(AgencySuccessorRow.place)
        ):
            became[code, ordinal].append(AgencyCode(successor))
        in_order = select(AgencyVersionRow).order_by(
            AgencyVersionRow.code, AgencyVersionRow.ordinal
        )
        for row in session.scalars(in_order.execution_options(populate_existing=True)):
            versions[row.code].append(
                AgencyVersion(
                    name=row.name,
                    short_name=row.short_name,
                    parent=AgencyCode(row.parent) if row.parent else None,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                    fate=row.fate,
                    successors=tuple(became[row.code, row.ordinal]),
                )
            )
        everyone = select(AgencyRow).order_by(AgencyRow.code)
        return AgencyBook(
            [
                Agency(
                    AgencyCode(row.code),
                    tuple(versions[row.code]),
                    AgencySettings(row.approver_outside_unit, row.emblem),
                    row.version,
                )
                for row in session.scalars(everyone.execution_options(populate_existing=True))
            ]
        )
    except Malformed as error:
        raise StoreError(ReasonCode.RECORD_CORRUPT, f"agency: {error.reason}") from None

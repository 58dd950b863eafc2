"""Attendance: people of a unit with their taps, leaves and corrections; corrections themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.orm import Session

from cardsvc.attendance_records import (
    AttendanceTap,
    Correction,
    CorrectionState,
    LeaveLock,
    QueuedCorrection,
    StaffMember,
    StaffRecord,
)
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.audit_encoding import parse_event
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.names import PersonName
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    AttendanceCorrectionRow,
    AttendanceTapRow,
    AuditEventRow,
    CardRow,
    HolderRow,
)
from cardsvc.store.scope import in_scope
from cardsvc.store.unit_of_work import issuing
from cardsvc.terms import SuspensionCause

_AT_ONCE = 400
"""Values of one IN (…)."""

_Value = TypeVar("_Value")


class SqlAttendance:
    """Implements the ports of ``issuance.attendance``.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def staff(
        self,
        agency: AgencyCode,
        unit: str | None,
        *,
        days: tuple[date, date],
        window: tuple[datetime, datetime],
    ) -> Sequence[StaffRecord]:
        """Return the people of an agency who were employed in these days.

        Args:
            agency: the agency's very code.
            unit: the unit's name as in the records; None for all.
            days: the first day and the last.
            window: taps from the first instant on and before the second.
        """
        query = (
            select(HolderRow)
            .where(
                HolderRow.agency_code == agency.value,
                or_(HolderRow.employment_until.is_(None), HolderRow.employment_until >= days[0]),
            )
            .order_by(HolderRow.sort_key, HolderRow.id)
        )
        if unit is not None:
            query = query.where(HolderRow.unit_name == unit)
        with self._database.reading() as session:
            members = [_member(row) for row in session.scalars(query)]
            cards = _cards(session, [one.holder_id for one in members])
            taps = _taps(session, cards, window)
            leaves = _leaves(session, cards, window)
            corrections = _approved(session, [one.holder_id for one in members], days)
        return [
            StaffRecord(
                one,
                tuple(sorted(taps[one.holder_id], key=lambda tap: tap.at)),
                tuple(corrections[one.holder_id]),
                tuple(leaves[one.holder_id]),
            )
            for one in members
        ]

    def record(self, event: AuditEvent) -> None:
        """Append an audit event by itself."""
        with audited(self._database) as (_, trail):
            trail.record(event)

    def add(self, correction: Correction, event: AuditEvent) -> None:
        """Keep a new correction.

        Raises:
            IssuanceError: there is no such person (HOLDER_UNKNOWN).
        """
        with issuing(self._database) as (session, trail):
            if session.get(HolderRow, correction.holder_id) is None:
                raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "no such person")
            session.add(
                AttendanceCorrectionRow(
                    id=correction.id,
                    holder_id=correction.holder_id,
                    kind=correction.kind,
                    first_day=correction.first_day,
                    last_day=correction.last_day,
                    at=correction.at,
                    absence=correction.absence,
                    requested_by=correction.requested_by,
                    requested_at=correction.requested_at,
                    state=correction.state,
                )
            )
            trail.record(event)

    def find(self, correction_id: str) -> Correction:
        """Return a correction.

        Raises:
            IssuanceError: unknown (CORRECTION_UNKNOWN).
        """
        with self._database.reading() as session:
            row = session.get(AttendanceCorrectionRow, correction_id)
            if row is None:
                raise IssuanceError(ReasonCode.CORRECTION_UNKNOWN, "no such correction")
            return _correction(row)

    def change(self, correction: Correction, event: AuditEvent) -> None:
        """Write the decision about a correction that is still open.

        Raises:
            IssuanceError: somebody decided in between (CONCURRENT_CHANGE).
        """
        statement = (
            update(AttendanceCorrectionRow)
            .where(
                AttendanceCorrectionRow.id == correction.id,
                AttendanceCorrectionRow.state == CorrectionState.REQUESTED,
            )
            .values(
                state=correction.state,
                decided_by=correction.decided_by,
                decided_at=correction.decided_at,
            )
            .returning(AttendanceCorrectionRow.id)
        )
        with issuing(self._database) as (session, trail):
            if session.scalar(statement) is None:
                raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "it was decided in between")
            trail.record(event)

    def corrections(
        self, state: CorrectionState, *, after: str = "", limit: int = 100
    ) -> Sequence[Correction]:
        """Return corrections in a state, oldest first, behind the one named by ``after``."""
        rows = AttendanceCorrectionRow
        query = select(rows).where(rows.state == state).order_by(rows.requested_at, rows.id)
        with self._database.reading() as session:
            last = session.get(rows, after) if after else None
            if last is not None:
                place = tuple_(rows.requested_at, rows.id)
                query = query.where(place > tuple_(last.requested_at, last.id))
            return [_correction(row) for row in session.scalars(query.limit(limit))]

    def queue(
        self, state: CorrectionState, agencies: frozenset[str], *, after: str = "", limit: int
    ) -> Sequence[QueuedCorrection]:
        """Return corrections about people of these agencies, oldest first, behind ``after``."""
        rows = AttendanceCorrectionRow
        query = (
            select(rows, HolderRow.name, HolderRow.agency_code)
            .join(HolderRow, HolderRow.id == rows.holder_id)
            .where(rows.state == state, in_scope(HolderRow.agency_code, agencies))
            .order_by(rows.requested_at, rows.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            last = session.get(rows, after) if after else None
            if last is not None:
                place = tuple_(rows.requested_at, rows.id)
                query = query.where(place > tuple_(last.requested_at, last.id))
            return [
                QueuedCorrection(_correction(row), name, code)
                for row, name, code in session.execute(query)
            ]


def _cards(session: Session, holders: Sequence[str]) -> Mapping[CardGuid, str]:
    found: dict[CardGuid, str] = {}
    for some in _batches(holders):
        query = select(CardRow.guid, CardRow.holder_id).where(CardRow.holder_id.in_(some))
        found |= {row.guid: row.holder_id for row in session.execute(query)}
    return found


def _taps(
    session: Session, cards: Mapping[CardGuid, str], window: tuple[datetime, datetime]
) -> Mapping[str, list[AttendanceTap]]:
    found: defaultdict[str, list[AttendanceTap]] = defaultdict(list)
    rows = AttendanceTapRow
    for some in _batches(cards):
        query = select(rows.guid, rows.at, rows.direction, rows.place).where(
            rows.guid.in_(some), rows.at >= window[0], rows.at < window[1]
        )
        for row in session.execute(query):
            found[cards[row.guid]].append(AttendanceTap(row.at, row.direction, row.place))
    return found


def _leaves(
    session: Session, cards: Mapping[CardGuid, str], window: tuple[datetime, datetime]
) -> Mapping[str, list[LeaveLock]]:
    """Return when cards were locked for a leave, as the audit log tells."""
    found: defaultdict[str, list[LeaveLock]] = defaultdict(list)
    by_subject = {str(guid): holder for guid, holder in cards.items()}
    rows = AuditEventRow
    for some in _batches(by_subject):
        query = (
            select(rows.subject, rows.octets)
            .where(
                rows.subject.in_(some),
                rows.action.in_(_LOCKING),
                rows.at < window[1],
            )
            .order_by(rows.subject, rows.seq)
        )
        since: dict[str, datetime] = {}
        for row in session.execute(query):
            event = parse_event(row.octets)
            begins = event.facts.get("cause") == SuspensionCause.LEAVE.value
            if event.action is AuditAction.CARD_SUSPENDED and begins:
                since.setdefault(row.subject, event.at)
            elif row.subject in since:
                lock = LeaveLock(since.pop(row.subject), event.at)
                found[by_subject[row.subject]].append(lock)
        for subject, at in since.items():
            found[by_subject[subject]].append(LeaveLock(at, None))
    return found


_LOCKING = tuple(
    action.value
    for action in (
        AuditAction.CARD_SUSPENDED,
        AuditAction.CARD_RESUMED,
        AuditAction.CARD_REVOKED,
        AuditAction.CARD_REPLACED,
    )
)


def _approved(
    session: Session, holders: Sequence[str], days: tuple[date, date]
) -> Mapping[str, list[Correction]]:
    found: defaultdict[str, list[Correction]] = defaultdict(list)
    rows = AttendanceCorrectionRow
    for some in _batches(holders):
        query = (
            select(rows)
            .where(
                rows.holder_id.in_(some),
                rows.state == CorrectionState.APPROVED,
                rows.first_day <= _day_after(days[1]),
                rows.last_day >= _day_before(days[0]),
            )
            .order_by(rows.requested_at, rows.id)
        )
        for row in session.scalars(query):
            found[row.holder_id].append(_correction(row))
    return found


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)  # a night shift of the last day ends on it


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _member(row: HolderRow) -> StaffMember:
    return StaffMember(
        row.id,
        PersonName(row.name),
        row.position or "",
        row.unit_name or "",
        row.employment_until,
    )


def _correction(row: AttendanceCorrectionRow) -> Correction:
    return Correction(
        id=row.id,
        holder_id=row.holder_id,
        kind=row.kind,
        first_day=row.first_day,
        last_day=row.last_day,
        at=row.at,
        absence=row.absence,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _batches(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some

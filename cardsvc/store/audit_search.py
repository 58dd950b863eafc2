"""Searching the audit log, newest first, within an operator's scope."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, String, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.audit_reading import AuditPlace, AuditSearch, FoundEvents, LoggedEvent
from cardsvc.store.audit_log import read_event
from cardsvc.store.engine import Database
from cardsvc.store.schema import ApplicationRow, AuditEventRow, CardRow, HolderRow
from cardsvc.store.scope import in_scope

WINDOW = 2_000
"""Events that one page looks through at most for those in scope."""
_AT_ONCE = 500


class SqlAuditSearch:
    """Finds events.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, search: AuditSearch, after: AuditPlace | None, limit: int) -> FoundEvents:
        """Return the next events of a search.

        Raises:
            StoreError: an entry is not what we wrote (AUDIT_BROKEN).
            Malformed: a code of the scope is none (MALFORMED_AGENCY_CODE).
        """
        everywhere = ALL_AGENCIES in search.agencies
        wanted = limit + 1 if everywhere else WINDOW + 1
        row = AuditEventRow
        query = (
            select(row.seq, row.at, row.subject)
            .where(*_conditions(search, after))
            .order_by(row.at.desc(), row.seq.desc())
            .limit(wanted)
        )
        with self._database.reading() as session:
            looked_at = session.execute(query).all()
            more = len(looked_at) == wanted
            looked_at = looked_at[: wanted - 1]
            keys = looked_at
            if not everywhere:
                seen = _in_scope(session, {key.subject for key in looked_at}, search.agencies)
                keys = [key for key in looked_at if key.subject in seen]
            last = looked_at[-1] if looked_at else None
            if len(keys) > limit:
                more, keys = True, keys[:limit]
                last = keys[-1]
            events = _events(session, [key.seq for key in keys])
        place = AuditPlace(last.at, last.seq) if more and last is not None else None
        return FoundEvents(events, place)

    def entry(self, seq: int, agencies: frozenset[str]) -> LoggedEvent | None:
        """Return an entry by its place; None where there is none, or it lies outside the scope.

        Raises:
            StoreError: it is not what we wrote (AUDIT_BROKEN).
        """
        with self._database.reading() as session:
            row = session.get(AuditEventRow, seq)
            if row is None:
                return None
            if ALL_AGENCIES not in agencies and not _in_scope(session, {row.subject}, agencies):
                return None
            return LoggedEvent(row.seq, read_event(row))


def _conditions(search: AuditSearch, after: AuditPlace | None) -> Iterator[ColumnElement[bool]]:
    row = AuditEventRow
    if search.actor:
        yield row.actor == search.actor
    if search.action is not None:
        yield row.action == search.action.value
    if search.subject:
        yield row.subject == search.subject
    if search.request_id:
        yield row.request_id == search.request_id
    if search.since is not None:
        yield row.at >= search.since
    if search.before is not None:
        yield row.at < search.before
    if after is not None:
        yield tuple_(row.at, row.seq) < tuple_(after.at, after.seq)


def _in_scope(session: Session, subjects: Collection[str], agencies: frozenset[str]) -> set[str]:
    """Return those subjects that are a person, an application or a card of these agencies."""
    inside = in_scope(HolderRow.agency_code, agencies)
    guid = type_coerce(CardRow.guid, String)
    found: set[str] = set()
    wanted = sorted(subjects)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        people = select(HolderRow.id).where(HolderRow.id.in_(some), inside)
        applications = (
            select(ApplicationRow.id)
            .join(HolderRow, HolderRow.id == ApplicationRow.holder_id)
            .where(ApplicationRow.id.in_(some), inside)
        )
        cards = (
            select(guid)
            .join(HolderRow, HolderRow.id == CardRow.holder_id)
            .where(guid.in_(some), inside)
        )
        for query in (people, applications, cards):
            found.update(session.scalars(query))
    return found


def _events(session: Session, places: Collection[int]) -> list[LoggedEvent]:
    rows = session.scalars(select(AuditEventRow).where(AuditEventRow.seq.in_(places)))
    by_place = {row.seq: row for row in rows}
    return [LoggedEvent(seq, read_event(by_place[seq])) for seq in places]

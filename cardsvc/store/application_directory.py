"""Applications and decisions for the people who work with them: filtered, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.card.guid import CardGuid
from cardsvc.decision_records import ApprovalDecision
from cardsvc.lifecycle import ApplicationState
from cardsvc.operator_key import operator_key
from cardsvc.store.decision_rows import read_decision
from cardsvc.store.engine import Database
from cardsvc.store.schema import ApplicationRow, ApprovalDecisionRow, HolderRow
from cardsvc.store.scope import in_scope
from cardsvc.store.sealed import Sealer
from cardsvc.terms import ApplicationKind, CardType


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """Which applications are listed; what is not said does not filter.

    Args:
        scope: the agencies whose records the operator may see; ``*`` for all.
        states: where they stand.
        kinds: why they were made.
        card_types: what is asked for.
        agency: an agency's code; all below it are included.
        requested_by: the requester's sign-in name.
        holder_id: for whom.
        decision_id: the decision by which they were approved.
    """

    scope: frozenset[str] = frozenset({ALL_AGENCIES})
    states: frozenset[ApplicationState] = frozenset()
    kinds: frozenset[ApplicationKind] = frozenset()
    card_types: frozenset[CardType] = frozenset()
    agency: str | None = None
    requested_by: str | None = None
    holder_id: str | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """A line of the list of applications."""

    id: str
    kind: ApplicationKind
    card_type: CardType
    state: ApplicationState
    holder_id: str
    holder_name: str
    agency_code: str | None
    agency_name: str | None
    unit_name: str | None
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    replaces: CardGuid | None
    decision_id: str | None


@dataclass(frozen=True, slots=True)
class ApplicationCursor:
    """The last line of a page; the next page begins after it."""

    requested_at: datetime
    id: str


class SqlApplicationDirectory:
    """Lists applications, newest first, and decisions.

    Args:
        database: migrated.
        sealer: opens the names of those who signed decisions; no holder's number is opened.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def page(
        self,
        wanted: ApplicationFilter | None = None,
        *,
        after: ApplicationCursor | None = None,
        limit: int = 50,
    ) -> Sequence[ApplicationLine]:
        """Return a page of applications; walks an index, never counts or skips.

        Raises:
            Malformed: a code or sign-in name is none.
        """
        query = (
            select(ApplicationRow)
            .join(ApplicationRow.holder)
            .where(*_conditions(wanted or ApplicationFilter()))
            .order_by(ApplicationRow.requested_at.desc(), ApplicationRow.id.desc())
        )
        if after is not None:
            key = tuple_(ApplicationRow.requested_at, ApplicationRow.id)
            query = query.where(key < tuple_(after.requested_at, after.id))
        with self._database.reading() as session:
            return [_line(row) for row in session.scalars(query.limit(limit))]

    def decisions(
        self, *, after: ApprovalDecision | None = None, limit: int = 50
    ) -> Sequence[ApprovalDecision]:
        """Return decisions, the latest first, those after one that was listed before."""
        query = select(ApprovalDecisionRow).order_by(
            ApprovalDecisionRow.recorded_at.desc(), ApprovalDecisionRow.id.desc()
        )
        if after is not None:
            key = tuple_(ApprovalDecisionRow.recorded_at, ApprovalDecisionRow.id)
            query = query.where(key < tuple_(after.recorded_at, after.id))
        with self._database.reading() as session:
            rows = session.scalars(query.limit(limit))
            return [read_decision(row, self._sealer) for row in rows]

    def decision(self, decision_id: str) -> ApprovalDecision | None:
        """Return a decision, or None."""
        with self._database.reading() as session:
            row = session.get(ApprovalDecisionRow, decision_id)
            return None if row is None else read_decision(row, self._sealer)


def _conditions(wanted: ApplicationFilter) -> list[ColumnElement[bool]]:
    conditions = [in_scope(HolderRow.agency_code, wanted.scope)]
    if wanted.agency is not None:
        conditions.append(in_scope(HolderRow.agency_code, {wanted.agency}))
    if wanted.requested_by is not None:
        conditions.append(ApplicationRow.requested_by == operator_key(wanted.requested_by))
    if wanted.holder_id is not None:
        conditions.append(ApplicationRow.holder_id == wanted.holder_id)
    if wanted.decision_id is not None:
        conditions.append(ApplicationRow.decision_id == wanted.decision_id)
    if wanted.states:
        conditions.append(ApplicationRow.state.in_(wanted.states))
    if wanted.kinds:
        conditions.append(ApplicationRow.kind.in_(wanted.kinds))
    if wanted.card_types:
        conditions.append(ApplicationRow.card_type.in_(wanted.card_types))
    return conditions


def _line(row: ApplicationRow) -> ApplicationLine:
    holder = row.holder
    return ApplicationLine(
        id=row.id,
        kind=row.kind,
        card_type=row.card_type,
        state=row.state,
        holder_id=row.holder_id,
        holder_name=holder.name,
        agency_code=holder.agency_code,
        agency_name=holder.agency_name,
        unit_name=holder.unit_name,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        replaces=row.replaces,
        decision_id=row.decision_id,
    )

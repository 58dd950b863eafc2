"""Figures about all cards: counted in one snapshot, kept, and shown until they are counted anew.

Counting walks over every card, which takes seconds at a million; so it is regular work and no
page waits for it, but for the very first. How often it is done follows from how long it takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, String, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from cardsvc.audit import AuditAction
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.figure_records import (
    EXPIRY_DAYS,
    ISSUE_DAYS,
    CardCount,
    CardFigures,
    ExpiryCount,
    IssueCount,
    OpenCount,
    WaitingCount,
)
from cardsvc.import_records import RowState
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import LossState
from cardsvc.stock_records import BlankState
from cardsvc.store.counted_figures import CountedFigures
from cardsvc.store.engine import Database
from cardsvc.store.figure_json import encode_figures, read_figures
from cardsvc.store.schema import (
    ApplicationRow,
    AuditEventRow,
    CardRow,
    HolderRow,
    ImportRowRow,
    LossCaseRow,
    StockBlankRow,
)

_NAME = "cards"
_RETURNS_AHEAD = timedelta(days=7)
_IN_USE = (CardState.ACTIVE, CardState.SUSPENDED)


class SqlCardFigures:
    """Counts and keeps the figures of one installation.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._figures = CountedFigures(database, _NAME)
        self._copy: CardFigures | None = None

    def current(self, at: datetime) -> CardFigures:
        """Return the figures that were counted last; counts them where nobody has yet.

        Raises:
            StoreError: what was kept is not what we wrote (RECORD_CORRUPT).
        """
        kept_at = self._figures.kept_at()
        if kept_at is not None and self._copy is not None and self._copy.at == kept_at:
            return self._copy
        kept = self._figures.kept()
        if kept is None:
            return self.count(at)
        self._copy = read_figures(kept.octets, kept.at)
        return self._copy

    def count_if_due(self, at: datetime) -> int:
        """Count anew unless that would take more than its share of the time; 1 where it did."""
        if not self._figures.is_due(at):
            return 0
        self.count(at)
        return 1

    def count(self, at: datetime) -> CardFigures:
        """Count all cards now, and keep the figures."""
        return read_figures(self._figures.keep(at, lambda: self._encoded(at)), require_utc(at))

    def _encoded(self, at: datetime) -> bytes:
        with self._database.reading() as session:
            return encode_figures(_count(session, require_utc(at)))


def _count(session: Session, at: datetime) -> CardFigures:
    return CardFigures(
        at=at,
        cards=tuple(_cards(session)),
        expiring=tuple(_expiring(session, at)),
        issued=tuple(_issued(session, at)),
        waiting=tuple(_waiting(session)),
        losses=_open_losses(session),
        returns=_returns(session, at),
        blanks=session.scalar(
            select(func.count()).where(StockBlankRow.state == BlankState.IN_STOCK)
        )
        or 0,
        import_errors=session.scalar(
            select(func.count()).where(ImportRowRow.state == RowState.HELD)
        )
        or 0,
    )


_AGENCY = HolderRow.agency_code


def _cards(session: Session) -> Iterable[CardCount]:
    columns = (_AGENCY, CardRow.card_type, CardRow.state)
    query = (
        select(*columns, func.count())
        .select_from(CardRow)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .group_by(*columns)
    )
    return [
        CardCount(agency or "", card_type, state, cards)
        for agency, card_type, state, cards in session.execute(query)
    ]


def _expiring(session: Session, at: datetime) -> Iterable[ExpiryCount]:
    """Count in steps that don't overlap: 0–30, 30–60 and 60–90 days."""
    begin = at
    for days in EXPIRY_DAYS:
        end = at + timedelta(days=days)
        query = (
            select(_AGENCY, func.count())
            .select_from(CardRow)
            .join(HolderRow, HolderRow.id == CardRow.holder_id)
            .where(
                CardRow.expires_at >= begin, CardRow.expires_at < end, CardRow.state.in_(_IN_USE)
            )
            .group_by(_AGENCY)
        )
        for agency, cards in session.execute(query):
            yield ExpiryCount(agency or "", days, cards)
        begin = end


def _issued(session: Session, at: datetime) -> Iterable[IssueCount]:
    event = AuditEventRow
    query = (
        select(event.at, _AGENCY)
        .select_from(event)
        .join(CardRow, type_coerce(CardRow.guid, String) == event.subject)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .where(event.action == AuditAction.CARD_ISSUED.value)
        .where(event.at >= at - timedelta(days=ISSUE_DAYS))
    )
    days: Counter[tuple[str, date]] = Counter(
        (agency or "", issued_at.astimezone(VIETNAM_TIME).date())
        for issued_at, agency in session.execute(query)
    )
    return [IssueCount(agency, day, cards) for (agency, day), cards in sorted(days.items())]


def _waiting(session: Session) -> Iterable[WaitingCount]:
    query = (
        select(_AGENCY, func.count(), func.min(ApplicationRow.requested_at))
        .select_from(ApplicationRow)
        .join(HolderRow, HolderRow.id == ApplicationRow.holder_id)
        .where(ApplicationRow.state == ApplicationState.REQUESTED)
        .group_by(_AGENCY)
    )
    return [
        WaitingCount(agency or "", applications, oldest_at)
        for agency, applications, oldest_at in session.execute(query)
    ]


def _open_losses(session: Session) -> tuple[OpenCount, ...]:
    return _per_agency(session, LossCaseRow.holder_id, LossCaseRow.state == LossState.OPEN)


def _returns(session: Session, at: datetime) -> tuple[OpenCount, ...]:
    due = CardRow.suspended_until <= at + _RETURNS_AHEAD
    return _per_agency(session, CardRow.holder_id, due)


def _per_agency(
    session: Session, holder_id: InstrumentedAttribute[str], condition: ColumnElement[bool]
) -> tuple[OpenCount, ...]:
    query = (
        select(_AGENCY, func.count())
        .select_from(holder_id.class_)
        .join(HolderRow, HolderRow.id == holder_id)
        .where(condition)
        .group_by(_AGENCY)
    )
    return tuple(OpenCount(agency or "", cases) for agency, cases in session.execute(query))

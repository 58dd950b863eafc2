"""Applications and cards as screens show them: filtered within a scope, page by page; no locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_

from cardsvc.card.guid import CardGuid
from cardsvc.decision_records import ApprovalDecision
from cardsvc.loss_records import LossCase
from cardsvc.queue_records import ApplicationFilter, CardFilter, QueuedApplication, QueuedCard
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.store.card_mapping import read_application, read_card
from cardsvc.store.decision_rows import read_decision
from cardsvc.store.engine import Database
from cardsvc.store.holder_mapping import read_holder
from cardsvc.store.loss_rows import read_loss_case
from cardsvc.store.queue_candidates import MAX_FEW, few_applications, few_cards, page_of
from cardsvc.store.schema import (
    ApplicationRow,
    ApprovalDecisionRow,
    CardRow,
    HolderRow,
    LossCaseRow,
)
from cardsvc.store.scope import in_scope
from cardsvc.store.sealed import Sealer

_LINES: Select[*tuple[Any, ...]] = select(
    CardRow.guid,
    CardRow.card_type,
    HolderRow.id,
    HolderRow.name,
    HolderRow.agency_code,
    HolderRow.agency_name,
    CardRow.application_id,
    CardRow.state,
    CardRow.expires_at,
    CardRow.suspension_cause,
    CardRow.suspended_until,
).outerjoin(HolderRow, HolderRow.id == CardRow.holder_id)

_AGENCY = func.coalesce(HolderRow.agency_code, "")
"""Keeps a list in its own order: by the index on agencies all holders of a large one would be
read and sorted for one page, and for a small one ``few_cards`` has asked that index already.
For the same end the joins are outer ones, though every card has a holder: for an inner one SQLite
reads all holders first, to make a Bloom filter of those that match."""


class SqlIssuanceQueue:
    """Reads what issuance keeps, one record or one page at a time.

    Args:
        database: migrated.
        sealer: opens personal numbers of single records; lists open none.
        most: so many rows are few enough to be fetched and put in order.
    """

    def __init__(self, database: Database, sealer: Sealer, most: int = MAX_FEW) -> None:
        self._database = database
        self._sealer = sealer
        self._most = most

    def application(self, application_id: str) -> Application | None:
        """Return an application, or None."""
        with self._database.reading() as session:
            row = session.get(ApplicationRow, application_id)
            return None if row is None else read_application(row, self._sealer)

    def holder(self, holder_id: str) -> Holder | None:
        """Return a person, or None."""
        with self._database.reading() as session:
            row = session.get(HolderRow, holder_id)
            return None if row is None else read_holder(row, self._sealer)

    def card(self, guid: CardGuid) -> CardRecord | None:
        """Return a card, or None."""
        with self._database.reading() as session:
            row = session.get(CardRow, guid)
            return None if row is None else read_card(row)

    def cards_of_holder(self, holder_id: str) -> Sequence[CardRecord]:
        """Return all cards that a person ever had, those that expire last first."""
        query = select(CardRow).where(CardRow.holder_id == holder_id)
        return self._cards(query.order_by(CardRow.expires_at.desc(), CardRow.guid))

    def cards_of_application(self, application_id: str) -> Sequence[CardRecord]:
        """Return the cards made for an application, oldest first."""
        query = select(CardRow).where(CardRow.application_id == application_id)
        return self._cards(query.order_by(CardRow.ordinal))

    def decision(self, decision_id: str) -> ApprovalDecision | None:
        """Return a decision on paper, or None."""
        with self._database.reading() as session:
            row = session.get(ApprovalDecisionRow, decision_id)
            return None if row is None else read_decision(row, self._sealer)

    def loss_case(self, case_id: str) -> LossCase | None:
        """Return a case of loss, or None."""
        with self._database.reading() as session:
            row = session.get(LossCaseRow, case_id)
            return None if row is None else read_loss_case(row)

    def applications(
        self,
        asked: ApplicationFilter,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[QueuedApplication]:
        """Return a page of applications, the oldest first: who waits longest comes first.

        Args:
            asked: which.
            after: instant of request and identifier of the last one of the page before.
            limit: how many at most.
        """
        row = ApplicationRow
        query = select(row).where(in_scope(_AGENCY, asked.scope))
        query = query.outerjoin(HolderRow, HolderRow.id == row.holder_id)
        query = query.order_by(row.requested_at, row.id).limit(limit)
        for column, wanted in (
            (row.state, asked.state),
            (row.kind, asked.kind),
            (row.card_type, asked.card_type),
            (row.requested_by, asked.requested_by or None),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if asked.agency:
            query = query.where(in_scope(_AGENCY, [asked.agency]))
        with self._database.reading() as session:
            few = few_applications(session, asked, self._most)
            if few is None:
                if after is not None:
                    query = query.where(tuple_(row.requested_at, row.id) > tuple_(*after))
                return [_application(one) for one in session.scalars(query)]

            def ask(keys: Sequence[tuple[datetime, str]]) -> Sequence[ApplicationRow]:
                return session.scalars(query.where(row.id.in_([key for _, key in keys]))).all()

            rest = [key for key in few if after is None or key > after]
            return [_application(one) for one in page_of(rest, ask, limit)]

    def cards(
        self, asked: CardFilter, *, after: CardGuid | None = None, limit: int = 50
    ) -> Sequence[QueuedCard]:
        """Return a page of cards by GUID.

        Args:
            asked: which.
            after: the last card of the page before.
            limit: how many at most.
        """
        row = CardRow
        query = _LINES.where(in_scope(_AGENCY, asked.scope))
        query = query.order_by(row.guid).limit(limit)
        if asked.state is not None:
            query = query.where(row.state == asked.state)
        if asked.card_type is not None:
            query = query.where(row.card_type == asked.card_type)
        if asked.agency:
            query = query.where(in_scope(_AGENCY, [asked.agency]))
        if asked.expires_before is not None:
            query = query.where(row.expires_at < asked.expires_before)
        with self._database.reading() as session:
            few = few_cards(session, asked, self._most)
            if few is None:
                if after is not None:
                    query = query.where(row.guid > after)
                return [_card(one) for one in session.execute(query)]

            def ask(guids: Sequence[CardGuid]) -> Sequence[Any]:
                return session.execute(query.where(row.guid.in_(guids))).all()

            rest = [guid for guid in few if after is None or str(guid) > str(after)]
            return [_card(one) for one in page_of(rest, ask, limit)]

    def returns(self, scope: frozenset[str], limit: int = 200) -> Sequence[QueuedCard]:
        """Return the cards whose lock ends by itself, the earliest first."""
        query = _LINES.where(
            CardRow.suspended_until.is_not(None), in_scope(HolderRow.agency_code, scope)
        )
        query = query.order_by(CardRow.suspended_until, CardRow.guid).limit(limit)
        with self._database.reading() as session:
            return [_card(one) for one in session.execute(query)]

    def _cards(self, query: Select[*tuple[Any, ...]]) -> Sequence[CardRecord]:
        with self._database.reading() as session:
            return [read_card(row) for row in session.scalars(query)]


def _application(row: ApplicationRow) -> QueuedApplication:
    holder = row.holder
    return QueuedApplication(
        id=row.id,
        card_type=row.card_type,
        kind=row.kind,
        holder_id=holder.id,
        holder_name=holder.name,
        agency_name=holder.agency_name or holder.enterprise_name or "",
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        approved_by=row.approved_by,
    )


def _card(found: Any) -> QueuedCard:
    guid, card_type, holder_id, name, code, agency, *rest = found
    return QueuedCard(guid, card_type, holder_id, name, code, agency or "", *rest)

"""Lists of cards and of cases of loss, for the people who work with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import joinedload

from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.loss_records import LossCase, LossState
from cardsvc.store.engine import Database
from cardsvc.store.loss_rows import read_loss_case
from cardsvc.store.schema import CardRow, LossCaseRow
from cardsvc.terms import CardType


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A line of the list of cards."""

    guid: CardGuid
    card_type: CardType
    holder_name: str
    state: CardState
    expires_at: datetime
    application_id: str
    replaced_by: CardGuid | None


class SqlIssuanceDirectory:
    """Lists what issuance keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cards(
        self,
        state: CardState | None = None,
        application_id: str | None = None,
        limit: int = 100,
        *,
        holder_id: str | None = None,
    ) -> Sequence[ListedCard]:
        """Return cards, those that expire last first."""
        query = (
            select(CardRow)
            .options(joinedload(CardRow.holder))
            .order_by(CardRow.expires_at.desc(), CardRow.guid)
        )
        if state is not None:
            query = query.where(CardRow.state == state)
        if application_id is not None:
            query = query.where(CardRow.application_id == application_id)
        if holder_id is not None:
            query = query.where(CardRow.holder_id == holder_id)
        with self._database.reading() as session:
            return [_card(row) for row in session.scalars(query.limit(limit))]

    def due_returns(self, at: datetime, limit: int) -> Sequence[CardGuid]:
        """Return unexpired cards whose day of return has come, the earliest first."""
        query = (
            select(CardRow.guid)
            .where(CardRow.suspended_until <= at, CardRow.expires_at >= at)
            .order_by(CardRow.suspended_until, CardRow.guid)
            .limit(limit)
        )
        with self._database.reading() as session:
            return session.scalars(query).all()

    def loss_cases(
        self,
        state: LossState | None = LossState.OPEN,
        *,
        after: LossCase | None = None,
        limit: int = 50,
    ) -> Sequence[LossCase]:
        """Return cases of loss, the oldest first, those after one that was listed before."""
        query = select(LossCaseRow).order_by(LossCaseRow.reported_at, LossCaseRow.id)
        if state is not None:
            query = query.where(LossCaseRow.state == state)
        if after is not None:
            key = tuple_(LossCaseRow.reported_at, LossCaseRow.id)
            query = query.where(key > tuple_(after.reported_at, after.id))
        with self._database.reading() as session:
            return [read_loss_case(row) for row in session.scalars(query.limit(limit))]


def _card(row: CardRow) -> ListedCard:
    return ListedCard(
        guid=row.guid,
        card_type=row.card_type,
        holder_name=row.holder.name,
        state=row.state,
        expires_at=row.expires_at,
        application_id=row.application_id,
        replaced_by=row.replaced_by,
    )

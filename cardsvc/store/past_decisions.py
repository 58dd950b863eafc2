"""Decisions looked up for two readers: a draft policy's rehearsal, and the holder himself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cardsvc.card.guid import CardGuid
from cardsvc.service_records import DecisionRecord
from cardsvc.store.decision_mapping import read_decision
from cardsvc.store.engine import Database
from cardsvc.store.schema import CardRow, DecisionRow


class SqlPastDecisions:
    """Looks up decisions by service and by holder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_service(
        self, relying_party: str, service: str, since: datetime, limit: int
    ) -> Sequence[DecisionRecord]:
        """Return a service's decisions that came to a policy, newest first."""
        query = (
            select(DecisionRow)
            .where(
                DecisionRow.relying_party == relying_party,
                DecisionRow.service == service,
                DecisionRow.at >= since,
                DecisionRow.card_type.is_not(None),
            )
            .order_by(DecisionRow.at.desc(), DecisionRow.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [read_decision(row) for row in session.scalars(query)]

    def of_holder(
        self, guid: CardGuid, limit: int, *, without: str | None = None
    ) -> Sequence[DecisionRecord]:
        """Return the decisions on all cards of a card's holder, newest first.

        Args:
            guid: one of the cards.
            limit: the most that are returned.
            without: a relying party whose decisions are left out.
        """
        holder = select(CardRow.holder_id).where(CardRow.guid == guid).scalar_subquery()
        cards = select(CardRow.guid).where(CardRow.holder_id == holder)
        query = (
            select(DecisionRow)
            .where(DecisionRow.guid.in_(cards))
            .order_by(DecisionRow.at.desc(), DecisionRow.id)
            .limit(limit)
        )
        if without is not None:
            query = query.where(DecisionRow.relying_party != without)
        with self._database.reading() as session:
            return [read_decision(row) for row in session.scalars(query)]

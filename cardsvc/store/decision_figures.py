"""Decisions counted by service, result and place, between two instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, distinct, func, select

from cardsvc.decision_counts import DENIED, GRANTED, UNREAD_KINDS, CountedBy, DecisionCount
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentEventRow, DecisionRow

_KEYS: dict[CountedBy, ColumnElement[str]] = {
    CountedBy.SERVICE: DecisionRow.relying_party + "/" + DecisionRow.service,
    CountedBy.RESULT: case((DecisionRow.granted.is_(True), GRANTED), else_=DENIED),
    CountedBy.PLACE: DecisionRow.agent.expression,
}


class SqlDecisionFigures:
    """Counts decisions.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, since: datetime, until: datetime, by: CountedBy) -> Sequence[DecisionCount]:
        """Count decisions of services that have a policy; by key.

        Args:
            since: the first instant.
            until: the first instant that is too late.
            by: what they are counted by.
        """
        key = _KEYS[by].label("key")
        query = (
            select(key, func.count(), func.count(distinct(DecisionRow.guid)))
            .where(
                DecisionRow.at >= since,
                DecisionRow.at < until,
                # a caller may have named any service
                DecisionRow.policy_version.is_not(None),
            )
            .group_by(key)
            .order_by(key)
        )
        with self._database.reading() as session:
            return [DecisionCount(*row) for row in session.execute(query)]

    def unread_taps(self, since: datetime, until: datetime) -> int:
        """Count what agents told of cards that could not be read, by the agents' time."""
        event = AgentEventRow
        query = select(func.count()).where(
            event.kind.in_(UNREAD_KINDS), event.at >= since, event.at < until
        )
        with self._database.reading() as session:
            return session.scalar(query) or 0

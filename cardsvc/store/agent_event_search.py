"""Searching agents' events, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, select, tuple_

from cardsvc.agent_event_records import AgentEventSearch, EventPlace, KeptEvent
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.event_chain import parse_agent_event
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentEventRow


class SqlAgentEventSearch:
    """Finds events.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, search: AgentEventSearch, after: EventPlace | None, limit: int
    ) -> Sequence[KeptEvent]:
        """Return the next events of a search, newest first by the agents' time.

        Raises:
            StoreError: a row is not what we wrote (RECORD_CORRUPT).
        """
        row = AgentEventRow
        query = (
            select(row.agent, row.octets, row.received_at)
            .where(*_conditions(search, after))
            .order_by(row.at.desc(), row.seq.desc(), row.chain.desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            found = session.execute(query).all()
        try:
            return [
                KeptEvent(one.agent, parse_agent_event(one.octets), one.received_at)
                for one in found
            ]
        except Malformed:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "not an event") from None


def _conditions(
    search: AgentEventSearch, after: EventPlace | None
) -> Iterator[ColumnElement[bool]]:
    row = AgentEventRow
    yield row.kind.in_(sorted(search.kinds))
    if search.agent:
        yield row.agent == search.agent
    if search.since is not None:
        yield row.at >= search.since
    if search.until is not None:
        yield row.at < search.until
    if after is not None:
        here = tuple_(row.at, row.seq, row.chain)
        yield here < tuple_(after.at, after.seq, after.chain.hex())

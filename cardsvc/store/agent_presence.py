"""Which agents are there, and what they see in their readers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentPresenceRow
from cardsvc.store.upsert import upsert


class SqlAgentPresence:
    """Keeps what each agent last told of itself; a heartbeat is no event of the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, presence: AgentPresence) -> None:
        """Keep what an enrolled agent tells.

        Raises:
            StoreError: there is no such agent (CONCURRENT_CHANGE).
        """
        values = {
            "version": presence.version,
            "pcsc": presence.pcsc,
            "readers": [[name, state.value] for name, state in presence.readers],
            "health": None if presence.health is None else dict(presence.health),
            "seen_at": presence.seen_at,
        }
        with self._database.writing() as session:
            statement = upsert(session, AgentPresenceRow).values(agent=presence.agent, **values)
            session.execute(statement.on_conflict_do_update(index_elements=["agent"], set_=values))

    def all(self) -> Sequence[AgentPresence]:
        """Return what every agent last told, by agent.

        Raises:
            StoreError: a row is not what we wrote (RECORD_CORRUPT).
        """
        query = select(AgentPresenceRow).order_by(AgentPresenceRow.agent)
        with self._database.reading() as session:
            return [_presence(row) for row in session.scalars(query)]


def _presence(row: AgentPresenceRow) -> AgentPresence:
    try:
        readers = tuple((name, ReaderState(state)) for name, state in row.readers)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "not a reader's state") from None
    return AgentPresence(row.agent, row.version, row.pcsc, readers, row.seen_at, row.health)

"""The report on offline decisions, over the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cardsvc.offline_records import DECIDED_OFFLINE
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.card_history import SqlCardHistory
from cardsvc.store.engine import Database
from verification.reconcile import Reconciled, reconcile


def offline_decisions(
    database: Database, since: datetime, until: datetime, agent: str | None = None
) -> Iterator[Reconciled]:
    """Compare what agents decided offline with what was known here, oldest first.

    Args:
        database: the service's.
        since: from this instant on, by the agents' time.
        until: before this instant.
        agent: of one agent only.
    """
    events = SqlAgentEvents(database).events(
        kind=DECIDED_OFFLINE, agent=agent, since=since, until=until
    )
    return reconcile(events, SqlCardHistory(database))

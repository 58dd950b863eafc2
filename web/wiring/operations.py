"""The screen of the operations centre, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.decision_figures import SqlDecisionFigures
from cardsvc.store.engine import Database
from verification.policy.evaluate import compiled
from web.metrics.instruments import Instruments
from web.operations.board import BoardSources, OperationsBoard


def operations_board(
    database: Database,
    access: SqlAccessStore,
    presence: SqlAgentPresence,
    instruments: Instruments,
) -> OperationsBoard:
    """Return what counts for the screen."""
    return OperationsBoard(
        BoardSources(
            SqlDecisionFigures(database),
            access.agents,
            presence.all,
            _titles(access),
            instruments.recent_decision_seconds,
        )
    )


def _titles(access: SqlAccessStore) -> Callable[[datetime], Mapping[str, str]]:
    def titles(at: datetime) -> Mapping[str, str]:
        return {
            f"{one.relying_party}/{one.service}": compiled(one.document).title.vi
            for one in access.policies(at)
        }

    return titles

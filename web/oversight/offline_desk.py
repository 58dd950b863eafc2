"""Offline decisions held against what was known, page by page, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cardsvc.agent_event_records import AgentEventFinder, AgentEventSearch, EventPlace
from cardsvc.offline_records import DECIDED_OFFLINE
from verification.reconcile import CardHistory, Finding, Reconciled, reconcile

LOOKED_AT = 1_000
"""Decisions that one page looks at: nobody waits for a night of all doors."""


@dataclass(frozen=True, slots=True)
class FoundDecisions:
    """A page of the report.

    Args:
        rows: what was found, newest first.
        looked_at: how many decisions it looked at.
        next_place: behind which the next page looks on; None where nothing is left.
    """

    rows: Sequence[Reconciled]
    looked_at: int
    next_place: EventPlace | None


@dataclass(frozen=True, slots=True)
class OfflineDesk:
    """Makes the report.

    Args:
        finder: finds events of agents.
        history: how cards stood.
    """

    finder: AgentEventFinder
    history: CardHistory

    def page(
        self,
        search: AgentEventSearch,
        after: EventPlace | None,
        limit: int,
        *,
        everything: bool = False,
    ) -> FoundDecisions:
        """Return the next decisions that a newer list would have made otherwise.

        Args:
            search: agent and time; the kind is that of offline decisions.
            after: behind which to look on.
            limit: how many rows at most.
            everything: also decisions that agree.
        """
        wanted = replace(search, kinds=frozenset({DECIDED_OFFLINE}))
        events = self.finder.find(wanted, after, LOOKED_AT + 1)
        batch, rows, looked_at = events[:LOOKED_AT], list[Reconciled](), 0
        for one in reconcile(batch, self.history):
            looked_at += 1
            if everything or one.finding is not Finding.AGREES:
                rows.append(one)
            if len(rows) == limit:
                break
        place = EventPlace.of(events[looked_at - 1]) if looked_at < len(events) else None
        return FoundDecisions(rows, looked_at, place)
